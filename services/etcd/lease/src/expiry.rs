//! Which leases are over.
//!
//! Every lease is in the queue once, at an end it had. Renewing moves the end and leaves the queue alone, so that it costs
//! the same with a million leases; a lease that comes up too early goes back to where its end is now.
//!
//! Source: etcd server/lease/lease_queue.go; lessor.go `findExpiredLeases`.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    time::{Duration, Instant},
};

use crate::lessor::{Lessor, Moment, nanos};

/// Moments and the leases that have them, the earliest first.
#[derive(Debug, Default)]
pub(crate) struct Queue(BinaryHeap<Reverse<(Moment, i64)>>);

impl Queue {
    pub(crate) fn push(&mut self, moment: Moment, id: i64) {
        self.0.push(Reverse((moment, id)));
    }

    /// Takes the first if its moment has come.
    pub(crate) fn pop_due(&mut self, now: Moment) -> Option<(Moment, i64)> {
        let Reverse((moment, _)) = self.0.peek()?;
        if *moment > now {
            return None;
        }
        self.0.pop().map(|Reverse(first)| first)
    }

    pub(crate) fn clear(&mut self) {
        self.0 = BinaryHeap::new(); // a million entries are given back
    }
}

impl FromIterator<(Moment, i64)> for Queue {
    fn from_iter<I: IntoIterator<Item = (Moment, i64)>>(entries: I) -> Self {
        Self(entries.into_iter().map(Reverse).collect())
    }
}

impl Lessor {
    /// Returns leases that are over and are to be revoked, at most [`EXPIRED_MAX`]. One that is still there after
    /// [`RETRY_INTERVAL`] comes again. To be asked every 500 ms; a member that does not count has none.
    pub fn expired(&mut self, now: Instant) -> Vec<i64> {
        let now = self.moment(now);
        let mut expired = Vec::new();
        while expired.len() < EXPIRED_MAX
            && let Some((queued, id)) = self.ends.pop_due(now)
        {
            let Some(lease) = self.leases.get_mut(&id) else {
                continue; // revoked
            };
            if lease.queued != queued {
                continue; // of a lease that had this id before
            }
            if lease.end <= now {
                expired.push(id);
                lease.queued = now.saturating_add(nanos(RETRY_INTERVAL));
            } else {
                lease.queued = lease.end;
            }
            self.ends.push(lease.queued, id);
        }
        expired
    }
}

/// Most leases that are returned as over at a time: half of what may be revoked in a second.
pub const EXPIRED_MAX: usize = 500;

/// How long a revocation may take before it is asked for again.
pub const RETRY_INTERVAL: Duration = Duration::from_secs(3);
