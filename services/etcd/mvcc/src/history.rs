//! The versions of a key before its newest one: as many as were not compacted, cheap to share and to add to.
//!
//! Upstream keeps generations, each a life of the key with its own revisions. Here a life is what lies between two
//! tombstones in one row of versions.
//!
//! Source: etcd v3.7 server/storage/mvcc/key_index.go.

use std::sync::Arc;

use crate::{Record, Revision};

/// A key at one of its changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Version {
    /// When the change was.
    pub revision: Revision,
    /// Revision at which this life of the key began.
    pub create_revision: i64,
    /// Number of the change in this life, from 1; 0 where the life ends.
    pub version: i64,
    /// Length of the encoded `KeyValue`.
    pub record_bytes: u32,
}

impl Version {
    /// The version a record is of, when its encoding has so many bytes.
    pub(crate) fn new(
        revision: Revision,
        deleted: bool,
        record: &Record<'_>,
        bytes: usize,
    ) -> Self {
        Self {
            revision,
            create_revision: record.create_revision,
            version: if deleted { 0 } else { record.version },
            record_bytes: u32::try_from(bytes)
                .expect("a record came in a request, which is far below 4 GiB"),
        }
    }

    /// Returns whether the key's life ends here.
    #[must_use]
    pub fn is_tombstone(&self) -> bool {
        self.version == 0
    }
}

/// Versions that go together when a history is shared and changed: few enough to copy, many enough to be few.
const CHUNK: usize = 128;

/// Versions of a key, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    full: Vec<Arc<[Version; CHUNK]>>,
    tail: Vec<Version>,
    /// Versions at the front that are compacted.
    skip: usize,
}

impl History {
    pub(crate) fn push(&mut self, version: Version) {
        debug_assert!(
            self.last()
                .is_none_or(|last| last.revision < version.revision)
        );
        self.tail.push(version);
        if let Ok(chunk) = <[Version; CHUNK]>::try_from(self.tail.as_slice()) {
            self.full.push(Arc::new(chunk));
            self.tail = Vec::new();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.full.len() * CHUNK + self.tail.len() - self.skip
    }

    pub(crate) fn last(&self) -> Option<Version> {
        self.get(self.len().checked_sub(1)?)
    }

    fn get(&self, index: usize) -> Option<Version> {
        let index = index + self.skip;
        match self.full.get(index / CHUNK) {
            Some(chunk) => Some(chunk[index % CHUNK]),
            None => self.tail.get(index - self.full.len() * CHUNK).copied(),
        }
    }

    /// How many versions are not after the change `main`.
    fn count_until(&self, main: i64) -> usize {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            if self
                .get(middle)
                .is_some_and(|version| version.revision.main <= main)
            {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }

    /// The newest version that is not after the change `main`.
    pub(crate) fn at(&self, main: i64) -> Option<Version> {
        self.get(self.count_until(main).checked_sub(1)?)
    }

    /// Forgets what a compaction at `main` removes.
    pub(crate) fn compact(&mut self, main: i64) {
        let until = self.count_until(main);
        let Some(kept) = until.checked_sub(1).and_then(|index| self.get(index)) else {
            return;
        };
        let gone = if is_kept(kept, main) {
            until - 1
        } else {
            until
        };
        self.skip += gone;
        self.full.drain(..self.skip / CHUNK);
        self.skip %= CHUNK;
        if self.full.is_empty() {
            self.tail.drain(..self.skip);
            self.skip = 0;
            self.tail.shrink_to_fit();
        }
    }
}

/// Whether a compaction at `main` keeps the version, which is its key's newest up to there: a tombstone only where the
/// compaction is exactly at it, so that a watch from there still sees it.
pub(crate) fn is_kept(newest: Version, main: i64) -> bool {
    !newest.is_tombstone() || newest.revision.main == main
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(count: i64) -> History {
        let mut history = History::default();
        for main in 1..=count {
            history.push(Version {
                revision: Revision::start(main * 10),
                create_revision: 10,
                version: if main % 5 == 0 { 0 } else { main % 5 },
                record_bytes: 1,
            });
        }
        history
    }

    #[test]
    fn the_version_at_any_revision_is_found_after_any_compaction() {
        for count in [1, 2, 127, 128, 129, 400] {
            for compacted in [0, 9, 10, 15, 49, 50, 51, 1280, 1285, 1290, 3333, 4000, 5000] {
                let mut history = history(count);
                history.compact(compacted);
                for main in compacted.max(1)..=count * 10 + 5 {
                    let newest = (main / 10).min(count);
                    let tombstone = newest % 5 == 0;
                    let gone = newest == 0 || (tombstone && newest * 10 < compacted);
                    let expected = (!gone).then_some(newest * 10);
                    let found = history.at(main).map(|version| version.revision.main);
                    assert_eq!(
                        found, expected,
                        "{count} versions, compacted at {compacted}, read at {main}"
                    );
                }
            }
        }
    }
}
