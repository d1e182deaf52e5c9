//! What is left of long leases, written into the log now and then, so that a new leader does not begin from the start.
//!
//! Source: etcd server/lease/lessor.go `Checkpoint`, `findDueScheduledCheckpoints`.

use std::time::{Duration, Instant};

use etcd_api::etcdserverpb::LeaseCheckpoint;
use etcd_backend::Batch;

use crate::{
    LeaseConfig, Lessor,
    expiry::Queue,
    lessor::{Lease, Moment, NANOS_PER_SECOND, nanos},
};

impl Lessor {
    /// Takes what an entry says is left of leases. Those that are gone are passed over. `is_3_6` says whether the cluster's
    /// version is at least that, when it is always stored.
    pub fn checkpoint(
        &mut self,
        checkpoints: &[LeaseCheckpoint],
        is_3_6: bool,
        now: Instant,
        batch: &mut Batch,
    ) {
        let now = self.moment(now);
        for checkpoint in checkpoints {
            let id = checkpoint.id;
            let Some(lease) = self.leases.get_mut(&id) else {
                continue;
            };
            lease.remaining_ttl = checkpoint.remaining_ttl;
            if is_3_6 || self.config.checkpoints_persist {
                lease.put(id, batch);
            }
            if self.primary {
                self.checkpoints.plan(self.config, id, lease, now);
            }
        }
    }

    /// Returns checkpoints that are due, at most [`CHECKPOINT_BATCH_MAX`]: one entry's. To be asked every 500 ms, again at
    /// once after a full batch. None without the gate `LeaseCheckpoint`, and on a member that does not count.
    pub fn due_checkpoints(&mut self, now: Instant) -> Vec<LeaseCheckpoint> {
        let now = self.moment(now);
        let mut due = Vec::new();
        while due.len() < CHECKPOINT_BATCH_MAX
            && let Some((_, id)) = self.checkpoints.pop_due(now)
        {
            let Some(lease) = self.leases.get(&id) else {
                continue;
            };
            if lease.end <= now {
                continue; // over
            }
            let remaining_ttl = (lease.end - now).div_ceil(NANOS_PER_SECOND);
            let remaining_ttl =
                i64::try_from(remaining_ttl).expect("2^64 nanoseconds are fewer seconds");
            if remaining_ttl < lease.ttl {
                due.push(LeaseCheckpoint { id, remaining_ttl });
            } else {
                // Just renewed. Upstream forgets it here for good; the next one would be due like this one.
                self.checkpoints.plan(self.config, id, lease, now);
            }
        }
        due
    }
}

impl Queue {
    /// Puts down when a lease is to have its next checkpoint, if it is to have any.
    pub(crate) fn plan(&mut self, config: LeaseConfig, id: i64, lease: &Lease, now: Moment) {
        let left = u64::try_from(lease.left_at_start()).unwrap_or(0);
        if config.checkpoints && left > CHECKPOINT_INTERVAL.as_secs() {
            self.push(now.saturating_add(nanos(CHECKPOINT_INTERVAL)), id);
        }
    }
}

/// Time between two checkpoints of a lease. Shorter leases have none.
pub const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(5 * 60);

/// Most checkpoints in one entry.
pub const CHECKPOINT_BATCH_MAX: usize = 1000;
