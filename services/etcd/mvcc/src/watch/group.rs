//! Watchers by what they watch: a key, or an interval.
//!
//! Source: etcd v3.7 server/storage/mvcc/watcher_group.go.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;

use super::intervals::Intervals;

/// What a watcher watches.
#[derive(Clone, Debug)]
pub(super) enum Watched {
    /// One key.
    Key(Bytes),
    /// All keys from one on, before another if there is one.
    Interval(Bytes, Option<Bytes>),
}

/// Watchers by what they watch.
#[derive(Debug, Default)]
pub(super) struct Group {
    keys: HashMap<Bytes, BTreeSet<u32>>,
    intervals: Intervals,
}

impl Group {
    pub(super) fn add(&mut self, watched: &Watched, watcher: u32) {
        match watched {
            Watched::Key(key) => {
                self.keys.entry(key.clone()).or_default().insert(watcher);
            }
            Watched::Interval(from, end) => self.intervals.add(from, end.as_ref(), watcher),
        }
    }

    pub(super) fn remove(&mut self, watched: &Watched, watcher: u32) {
        match watched {
            Watched::Key(key) => {
                if let Some(watchers) = self.keys.get_mut(key) {
                    watchers.remove(&watcher);
                    if watchers.is_empty() {
                        self.keys.remove(key);
                    }
                }
            }
            Watched::Interval(from, end) => self.intervals.remove(from, end.as_deref(), watcher),
        }
    }

    /// Visits everybody who watches the key.
    pub(super) fn watchers(&self, key: &[u8], visit: &mut impl FnMut(u32)) {
        if let Some(watchers) = self.keys.get(key) {
            watchers.iter().copied().for_each(&mut *visit);
        }
        self.intervals.stab(key, visit);
    }
}
