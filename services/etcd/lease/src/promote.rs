//! Beginning to count the time of leases, with leadership, and ending it.
//!
//! Source: etcd server/lease/lessor.go `Promote`, `Demote`.

use std::time::{Duration, Instant};

use crate::lessor::{FOREVER, Lessor, Moment, NANOS_PER_SECOND};

impl Lessor {
    /// Begins to count: every lease ends when its time is over, counted from `extension` after now (an election timeout,
    /// in which nobody could renew). Where too many would end together they are spread, so that not more do than can be
    /// revoked.
    pub fn promote(&mut self, extension: Duration, now: Instant) {
        self.primary = true;
        let moment = self.moment(now);
        for lease in self.leases.values_mut() {
            lease.end = lease.end_after(moment, extension);
        }
        if self.leases.len() >= REVOKED_PER_SECOND {
            self.spread(extension, moment);
        }
        self.ends = self
            .leases
            .iter_mut()
            .map(|(id, lease)| {
                lease.queued = lease.end;
                (lease.end, *id)
            })
            .collect();
        self.checkpoints.clear();
        for (id, lease) in &self.leases {
            self.checkpoints.plan(self.config, *id, lease, moment);
        }
    }

    /// Moves ends apart, earliest first: behind each window of a second in which three quarters of what can be revoked
    /// end already, by as much as there are more.
    fn spread(&mut self, extension: Duration, now: Moment) {
        let mut ends: Vec<_> = self
            .leases
            .iter()
            .map(|(id, lease)| (lease.end, *id))
            .collect();
        ends.sort_unstable();
        let mut window = ends[0].0;
        let mut window_end = window.saturating_add(NANOS_PER_SECOND);
        let mut count = 0_u64;
        for (end, id) in ends {
            if end > window_end {
                window = end;
                window_end = window.saturating_add(NANOS_PER_SECOND);
                count = 1;
                continue;
            }
            count += 1;
            if count <= ENDS_PER_SECOND {
                continue;
            }
            // A lease that ends some time into the window is moved by so much less.
            let delay = (NANOS_PER_SECOND * count / ENDS_PER_SECOND).saturating_sub(end - window);
            window_end = window.saturating_add(delay);
            let lease = self.leases.get_mut(&id).expect("of this map");
            lease.end = lease.end_after(now, extension + Duration::from_nanos(delay));
        }
    }

    /// Stops counting: no lease ends here any more.
    pub fn demote(&mut self) {
        self.primary = false;
        for lease in self.leases.values_mut() {
            lease.end = FOREVER;
            lease.queued = FOREVER;
        }
        self.ends.clear();
        self.checkpoints.clear();
    }
}

/// Leases that can be revoked in a second.
const REVOKED_PER_SECOND: usize = 1000;

/// Leases that are to end in a second: fewer than can be revoked, so that others can be, too.
const ENDS_PER_SECOND: u64 = 750;
