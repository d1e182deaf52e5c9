//! One key of a block: its newest version in few bytes, and the versions before.

use crate::{
    Revision, Version,
    history::{History, is_kept},
};

/// A key: where its rest ends, its newest version, and the versions before. There are as many as keys, so every byte counts.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// The newest change.
    pub(super) main: i64,
    create_revision: i64,
    /// Boxed: most keys have one version.
    past: Option<Box<Past>>,
    /// The lower half of the number of the change in this life.
    version: u32,
    sub: u32,
    record_bytes: u32,
    /// End of the key in the block's bytes.
    pub(super) end: u32,
}

/// What few keys have.
#[derive(Clone, Debug, Default)]
struct Past {
    older: History,
    /// The upper half of the number of the newest change: not 0 after four billion changes.
    version_high: u32,
}

impl Slot {
    pub(super) fn new(version: Version, end: u32) -> Self {
        let mut slot = Self {
            main: 0,
            create_revision: 0,
            past: None,
            version: 0,
            sub: 0,
            record_bytes: 0,
            end,
        };
        slot.set(version);
        slot
    }

    pub(super) fn newest(&self) -> Version {
        let high = self.past.as_ref().map_or(0, |past| past.version_high);
        Version {
            revision: Revision {
                main: self.main,
                sub: self.sub,
            },
            create_revision: self.create_revision,
            version: i64::from(high) << 32 | i64::from(self.version),
            record_bytes: self.record_bytes,
        }
    }

    /// Adds a version newer than all others.
    pub(super) fn push(&mut self, version: Version) {
        let before = self.newest();
        self.past.get_or_insert_default().older.push(before);
        self.set(version);
    }

    /// Takes the versions before the newest from another slot of the same key.
    pub(super) fn take_past(&mut self, from: Self) {
        self.past = from.past;
    }

    fn set(&mut self, version: Version) {
        self.main = version.revision.main;
        self.sub = version.revision.sub;
        self.create_revision = version.create_revision;
        self.record_bytes = version.record_bytes;
        let [a, b, c, d, low @ ..] = version.version.to_be_bytes();
        let high = u32::from_be_bytes([a, b, c, d]);
        self.version = u32::from_be_bytes(low);
        if high > 0 || self.past.is_some() {
            self.past.get_or_insert_default().version_high = high;
        }
    }

    pub(super) fn at(&self, main: i64) -> Option<Version> {
        if self.main <= main {
            return Some(self.newest());
        }
        self.past.as_ref()?.older.at(main)
    }

    pub(super) fn has_garbage(&self, main: i64) -> bool {
        let has_older = self.past.as_ref().is_some_and(|past| past.older.len() > 0);
        has_older || (self.version == 0 && self.newest().is_tombstone() && self.main < main)
    }

    /// Forgets what a compaction at `main` removes; `false` when that is everything.
    pub(super) fn compact(&mut self, main: i64) -> bool {
        if self.main <= main {
            self.forget_older();
            return is_kept(self.newest(), main);
        }
        if let Some(past) = &mut self.past {
            past.older.compact(main);
            if past.older.len() == 0 {
                self.forget_older();
            }
        }
        true
    }

    fn forget_older(&mut self) {
        match &mut self.past {
            Some(past) if past.version_high > 0 => past.older = History::default(),
            past => *past = None,
        }
    }
}
