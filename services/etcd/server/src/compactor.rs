//! Compaction by the clock: which revision is to be compacted, and when. Proposing it is the engine's.
//!
//! Source: etcd v3.7 server/etcdserver/api/v3compactor/{periodic,revision}.go.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// What is kept (`--auto-compaction-mode`, `--auto-compaction-retention`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retention {
    /// Everything.
    All,
    /// What was there in this time.
    Period(Duration),
    /// So many revisions.
    Revisions(i64),
}

/// Decides when to compact.
#[derive(Debug)]
pub(crate) struct Compactor {
    retention: Retention,
    /// Revisions of the past, one for each look; as many as the period has looks.
    past: VecDeque<i64>,
    look_at: Instant,
    /// The last time something was compacted, or the start.
    compacted_at: Instant,
    compacted: i64,
    has_compacted: bool,
}

impl Compactor {
    pub(crate) fn new(retention: Retention, now: Instant, revision: i64) -> Self {
        let mut compactor = Self {
            retention,
            past: VecDeque::from([revision]),
            look_at: now,
            compacted_at: now,
            compacted: 0,
            has_compacted: false,
        };
        compactor.look_at = now + compactor.pause();
        compactor
    }

    /// Returns the revision that is to be compacted now, if any. Only the leader compacts; the others look on.
    pub(crate) fn due(&mut self, now: Instant, revision: i64, is_leader: bool) -> Option<i64> {
        if self.retention == Retention::All || now < self.look_at {
            return None;
        }
        self.look_at = now + self.pause();
        let due = match self.retention {
            Retention::All => None,
            Retention::Revisions(kept) => Some(revision - kept).filter(|due| *due > 0),
            Retention::Period(period) => {
                let oldest = self.past.front().copied();
                let wait = if self.has_compacted {
                    period.min(HOUR)
                } else {
                    period
                };
                let is_time = now.duration_since(self.compacted_at) >= wait;
                self.past.push_back(revision);
                if self.past.len() > self.looks(period) {
                    self.past.pop_front();
                }
                oldest.filter(|_| is_time)
            }
        };
        let due = due.filter(|due| is_leader && *due != self.compacted)?;
        self.compacted = due;
        self.compacted_at = now;
        self.has_compacted = true;
        Some(due)
    }

    /// Time between two looks.
    fn pause(&self) -> Duration {
        match self.retention {
            Retention::Period(period) => period.min(HOUR) / LOOKS,
            Retention::All | Retention::Revisions(_) => REVISION_PAUSE,
        }
    }

    /// Revisions of the past that are kept.
    fn looks(&self, period: Duration) -> usize {
        let looks = period.as_nanos() / self.pause().as_nanos().max(1);
        usize::try_from(looks)
            .unwrap_or(usize::MAX)
            .saturating_add(1)
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const LOOKS: u32 = 10;

/// Source: etcd v3.7 v3compactor/revision.go `revInterval`.
const REVISION_PAUSE: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks once a minute for so many minutes while a revision comes each minute, and returns when what was due.
    fn run(retention: Retention, minutes: u64, is_leader: bool) -> Vec<(u64, i64)> {
        let start = Instant::now();
        let mut compactor = Compactor::new(retention, start, 1);
        let at = |minute: u64| start + Duration::from_secs(60 * minute);
        let due = |minute: u64| {
            let revision = 1 + i64::try_from(minute).unwrap();
            compactor
                .due(at(minute), revision, is_leader)
                .map(|due| (minute, due))
        };
        (1..=minutes).filter_map(due).collect()
    }

    #[test]
    fn a_period_is_kept_and_compacted_at_its_end_and_then_each_hour() {
        let two_hours = Retention::Period(Duration::from_secs(7200));
        assert_eq!(run(two_hours, 250, true), [(120, 1), (180, 55), (240, 115)]);
        assert_eq!(run(two_hours, 250, false), []);
    }

    #[test]
    fn a_short_period_is_looked_at_ten_times() {
        let ten_minutes = Retention::Period(Duration::from_secs(600));
        assert_eq!(run(ten_minutes, 35, true), [(10, 1), (20, 10), (30, 20)]);
    }

    #[test]
    fn so_many_revisions_are_kept() {
        assert_eq!(run(Retention::Revisions(7), 16, true), [(10, 4), (15, 9)]);
        assert_eq!(run(Retention::All, 100, true), []);
    }
}
