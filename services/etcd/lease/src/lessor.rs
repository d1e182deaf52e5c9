//! The lessor: granting, revoking, renewing, and the keys of leases.
//!
//! `expiry` finds what is over, `checkpoint` keeps what is left of long leases, `promote` begins and ends the counting.
//!
//! Source: etcd server/lease/lessor.go.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use etcd_api::{Error, leasepb};
use etcd_backend::{Batch, Bucket};
use prost::Message as _;

use crate::{LeaseError, expiry::Queue, keys::Keys};

/// How leases are kept.
#[derive(Clone, Copy, Debug)]
pub struct LeaseConfig {
    /// Shortest time to live, in seconds ([`ttl_seconds_min`]); shorter ones are raised to it.
    pub ttl_seconds_min: i64,
    /// Whether what is left of long leases is written into the log (feature gate `LeaseCheckpoint`).
    pub checkpoints: bool,
    /// Whether it is stored although the cluster's version is below 3.6 (feature gate `LeaseCheckpointPersist`).
    pub checkpoints_persist: bool,
}

/// All leases.
#[derive(Debug)]
pub struct Lessor {
    pub(crate) config: LeaseConfig,
    /// The zero of [`Moment`].
    start: Instant,
    pub(crate) primary: bool,
    pub(crate) leases: BTreeMap<i64, Lease>,
    pub(crate) holders: BTreeMap<Arc<[u8]>, i64>,
    pub(crate) ends: Queue,
    pub(crate) checkpoints: Queue,
}

/// Nanoseconds since the lessor was made; half the size of an [`Instant`], of which there is one for each lease and more.
pub(crate) type Moment = u64;

/// The end of a lease whose time nobody counts.
pub(crate) const FOREVER: Moment = Moment::MAX;

#[derive(Debug)]
pub(crate) struct Lease {
    /// Time to live, in seconds.
    pub(crate) ttl: i64,
    /// What was left of it at the last checkpoint, in seconds; 0 when there was none.
    pub(crate) remaining_ttl: i64,
    pub(crate) end: Moment,
    /// When the queue of ends has this lease. It comes up then, and goes back if the end has moved.
    pub(crate) queued: Moment,
    pub(crate) keys: Keys,
}

/// What renewing a lease came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Renewal {
    /// It lives for this many seconds again.
    Renewed(i64),
    /// A checkpoint says that less is left of it: one of 0 must be applied first, and renewing be tried again.
    ClearCheckpoint,
    /// It is over and about to be revoked: answer when it is gone, or when this member stops counting.
    Over,
}

/// How long a lease lives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeToLive {
    /// What it was granted, in seconds.
    pub granted: i64,
    /// What is left, in whole seconds towards zero; negative when it is over; `None` when this member does not count.
    pub remaining: Option<i64>,
}

impl Lessor {
    /// Returns a lessor without leases that does not count.
    #[must_use]
    pub fn new(config: LeaseConfig, now: Instant) -> Self {
        Self {
            config,
            start: now,
            primary: false,
            leases: BTreeMap::new(),
            holders: BTreeMap::new(),
            ends: Queue::default(),
            checkpoints: Queue::default(),
        }
    }

    /// Says whether this member counts the time of leases.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        self.primary
    }

    /// Grants a lease, and returns the seconds it lives.
    ///
    /// # Errors
    /// [`Error::LeaseExists`]; [`Error::LeaseTtlTooLarge`] beyond [`TTL_SECONDS_MAX`]; [`Error::LeaseNotFound`] for the
    /// id 0, which is none.
    pub fn grant(
        &mut self,
        id: i64,
        ttl: i64,
        now: Instant,
        batch: &mut Batch,
    ) -> Result<i64, LeaseError> {
        if id == 0 {
            return Err(Error::LeaseNotFound.into());
        }
        if ttl > TTL_SECONDS_MAX {
            return Err(Error::LeaseTtlTooLarge.into());
        }
        if self.leases.contains_key(&id) {
            return Err(Error::LeaseExists.into());
        }
        let now = self.moment(now);
        let mut lease = Lease::new(ttl.max(self.config.ttl_seconds_min), 0);
        lease.put(id, batch);
        if self.primary {
            lease.end = lease.end_after(now, Duration::ZERO);
            lease.queued = lease.end;
            self.ends.push(lease.queued, id);
            self.checkpoints.plan(self.config, id, &lease, now);
        }
        let ttl = lease.ttl;
        self.leases.insert(id, lease);
        Ok(ttl)
    }

    /// Ends a lease, and returns its keys in byte order: the caller deletes them under one revision, in the same batch.
    /// They belong to no lease any more.
    ///
    /// # Errors
    /// [`Error::LeaseNotFound`].
    pub fn revoke(&mut self, id: i64, batch: &mut Batch) -> Result<Vec<Arc<[u8]>>, LeaseError> {
        let lease = self.leases.remove(&id).ok_or(Error::LeaseNotFound)?;
        batch.delete(Bucket::Lease, Bytes::copy_from_slice(&id.to_be_bytes()));
        let keys: Vec<_> = lease.keys.iter().cloned().collect();
        for key in &keys {
            self.holders.remove(key);
        }
        Ok(keys)
    }

    /// Lets the time of a lease begin anew.
    ///
    /// # Errors
    /// [`LeaseError::NotPrimary`]; [`Error::LeaseNotFound`].
    pub fn renew(&mut self, id: i64, now: Instant) -> Result<Renewal, LeaseError> {
        if !self.primary {
            return Err(LeaseError::NotPrimary);
        }
        let now = self.moment(now);
        let lease = self.leases.get_mut(&id).ok_or(Error::LeaseNotFound)?;
        if lease.end <= now {
            return Ok(Renewal::Over);
        }
        if self.config.checkpoints && lease.remaining_ttl > 0 {
            return Ok(Renewal::ClearCheckpoint);
        }
        lease.end = lease.end_after(now, Duration::ZERO);
        if lease.end < lease.queued {
            // It had an extension; where it was in the queue is passed over.
            lease.queued = lease.end;
            self.ends.push(lease.queued, id);
        }
        Ok(Renewal::Renewed(lease.ttl))
    }

    /// Returns how long a lease lives; nothing for one that does not exist.
    #[must_use]
    pub fn time_to_live(&self, id: i64, now: Instant) -> Option<TimeToLive> {
        let lease = self.leases.get(&id)?;
        let left = i128::from(lease.end) - i128::from(self.moment(now));
        let remaining = (lease.end != FOREVER).then(|| {
            i64::try_from(left / i128::from(NANOS_PER_SECOND))
                .expect("a moment has 2^64 nanoseconds")
        });
        Some(TimeToLive {
            granted: lease.ttl,
            remaining,
        })
    }

    /// Says whether a lease exists, over or not.
    #[must_use]
    pub fn contains(&self, id: i64) -> bool {
        self.leases.contains_key(&id)
    }

    /// Returns the number of leases.
    #[must_use]
    pub fn len(&self) -> usize {
        self.leases.len()
    }

    /// Says whether there is no lease.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.leases.is_empty()
    }

    /// Returns the ids of all leases, those that end first before the others. It sorts them: a tenth of a second for a
    /// million.
    #[must_use]
    pub fn ids_by_end(&self) -> Vec<i64> {
        let mut ends: Vec<_> = self
            .leases
            .iter()
            .map(|(id, lease)| (lease.end, *id))
            .collect();
        ends.sort_unstable();
        ends.into_iter().map(|(_, id)| id).collect()
    }

    /// Returns the keys of a lease in byte order; none for one that does not exist.
    pub fn keys(&self, id: i64) -> impl Iterator<Item = &[u8]> {
        let lease = self.leases.get(&id);
        lease
            .into_iter()
            .flat_map(|lease| lease.keys.iter().map(AsRef::as_ref))
    }

    /// Returns the lease that holds a key; 0 for none.
    #[must_use]
    pub fn holder(&self, key: &[u8]) -> i64 {
        self.holders.get(key).copied().unwrap_or(0)
    }

    /// Hangs a key on a lease, and takes it from the one it hung on before.
    ///
    /// # Errors
    /// [`Error::LeaseNotFound`]; the key then hangs where it did.
    pub fn attach(&mut self, id: i64, key: &[u8]) -> Result<(), LeaseError> {
        let held = self.holders.get_key_value(key);
        if held.is_some_and(|(_, holder)| *holder == id) {
            return Ok(());
        }
        let key: Arc<[u8]> = held.map_or_else(|| key.into(), |(key, _)| Arc::clone(key));
        let lease = self.leases.get_mut(&id).ok_or(Error::LeaseNotFound)?;
        lease.keys.insert(Arc::clone(&key));
        if let Some(before) = self.holders.insert(Arc::clone(&key), id) {
            self.take_key(before, &key);
        }
        Ok(())
    }

    /// Takes a key from the lease it hangs on, if there is one.
    pub fn detach(&mut self, key: &[u8]) {
        if let Some(holder) = self.holders.remove(key) {
            self.take_key(holder, key);
        }
    }

    fn take_key(&mut self, holder: i64, key: &[u8]) {
        let lease = self.leases.get_mut(&holder);
        lease
            .expect("a lease takes its keys along when it goes")
            .keys
            .remove(key);
    }

    pub(crate) fn moment(&self, now: Instant) -> Moment {
        nanos(now.saturating_duration_since(self.start))
    }
}

impl Lease {
    /// Returns a lease whose time nobody counts.
    pub(crate) fn new(ttl: i64, remaining_ttl: i64) -> Self {
        Self {
            ttl,
            remaining_ttl,
            end: FOREVER,
            queued: FOREVER,
            keys: Keys::default(),
        }
    }

    /// When it ends if its time begins `extension` after now.
    pub(crate) fn end_after(&self, now: Moment, extension: Duration) -> Moment {
        let left = u64::try_from(self.left_at_start()).unwrap_or(0);
        let end = now
            .saturating_add(nanos(extension))
            .saturating_add(left.saturating_mul(NANOS_PER_SECOND));
        end.min(FOREVER - 1)
    }

    /// The seconds it has when a member begins to count.
    pub(crate) fn left_at_start(&self) -> i64 {
        if self.remaining_ttl > 0 {
            self.remaining_ttl
        } else {
            self.ttl
        }
    }

    pub(crate) fn put(&self, id: i64, batch: &mut Batch) {
        let stored = leasepb::Lease {
            id,
            ttl: self.ttl,
            remaining_ttl: self.remaining_ttl,
        };
        batch.put(
            Bucket::Lease,
            Bytes::copy_from_slice(&id.to_be_bytes()),
            stored.encode_to_vec(),
        );
    }
}

pub(crate) fn nanos(duration: Duration) -> Moment {
    Moment::try_from(duration.as_nanos()).unwrap_or(FOREVER)
}

/// Returns the shortest time to live, in seconds: one and a half election timeouts, rounded up.
///
/// Source: etcd server/etcdserver/server.go `NewServer` (`minTTL`).
#[must_use]
pub fn ttl_seconds_min(election_ticks: u32, tick: Duration) -> i64 {
    let shortest = tick.saturating_mul(election_ticks.saturating_mul(3) / 2);
    let seconds = shortest.as_secs() + u64::from(shortest.subsec_nanos() > 0);
    i64::try_from(seconds).unwrap_or(TTL_SECONDS_MAX)
}

/// Longest time to live, in seconds.
pub const TTL_SECONDS_MAX: i64 = 9_000_000_000;

pub(crate) const NANOS_PER_SECOND: u64 = 1_000_000_000;

#[cfg(test)]
mod tests;
