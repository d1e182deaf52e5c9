//! Compaction: revisions up to one go, except the newest of every key.
//!
//! The engine accepts it ([`Store::compact`]), and from then on nobody reads below. What is to be removed is found and
//! removed by a [`Compaction`], step by step on another thread; the index follows in steps of its own
//! ([`Store::sweep`]).
//!
//! Source: etcd v3.7 server/storage/mvcc/kvstore.go (compact), kvstore_compaction.go, store.go.

use bytes::Bytes;
use etcd_backend::{Backend, Batch, Bucket, View};

use crate::{
    Error, KeyValueHash, Revision, Store,
    hash::Hasher,
    index::{Index, Sweep},
};

/// Keys of bucket `meta`.
const SCHEDULED: &[u8] = b"scheduledCompactRev";
const FINISHED: &[u8] = b"finishedCompactRev";

/// Hashes of compactions that are kept.
const HASHES_MAX: usize = 10;

/// What the store knows of its compactions.
#[derive(Debug)]
pub(crate) struct Compactions {
    /// The last one that was accepted, or -1.
    pub(crate) revision: i64,
    scheduled: Option<i64>,
    finished: Option<i64>,
    /// What of the index is to be swept next.
    sweep: Option<Sweep>,
    /// By revision.
    hashes: Vec<KeyValueHash>,
}

impl Compactions {
    /// What an earlier run left behind.
    pub(crate) fn restore(view: &View) -> Result<Self, Error> {
        let read = |key| {
            let value = view.get(Bucket::Meta, key)?;
            let revision = value.and_then(|value| Revision::parse(&value));
            Ok::<_, Error>(revision.map(|(revision, _)| revision.main))
        };
        let finished = read(FINISHED)?;
        Ok(Self {
            revision: finished.unwrap_or(-1),
            scheduled: read(SCHEDULED)?,
            finished,
            sweep: None,
            hashes: Vec::new(),
        })
    }

    /// The newest revision that must have been there, whatever is left of it.
    pub(crate) fn least_revision(&self) -> i64 {
        self.scheduled.max(self.finished).unwrap_or(0)
    }

    /// The compaction that an earlier run did not finish.
    pub(crate) fn unfinished(&self) -> Option<i64> {
        self.scheduled
            .filter(|scheduled| *scheduled > self.revision)
    }

    pub(crate) fn hashes(&self) -> &[KeyValueHash] {
        &self.hashes
    }

    fn keep_hash(&mut self, hash: KeyValueHash) {
        self.hashes.push(hash);
        self.hashes.sort_by_key(|hash| hash.revision);
        let excess = self.hashes.len().saturating_sub(HASHES_MAX);
        self.hashes.drain(..excess);
    }
}

impl Store {
    /// Accepts a compaction: nobody reads below the revision any more. What it returns is to be run, in the order in which
    /// compactions were accepted, after the batch was written.
    ///
    /// # Errors
    /// [`Error::Compacted`] when that much is compacted already, [`Error::FutureRevision`].
    pub fn compact(&mut self, revision: i64, batch: &mut Batch) -> Result<Compaction, Error> {
        if revision <= self.compactions.revision {
            return Err(Error::Compacted);
        }
        if revision > self.revision {
            return Err(Error::FutureRevision);
        }
        let compactions = &mut self.compactions;
        let previous = std::mem::replace(&mut compactions.revision, revision);
        // Otherwise the hash would not be of every revision since the last compaction.
        let hash_counts = compactions.scheduled == compactions.finished;
        compactions.scheduled = Some(revision);
        batch.put(
            Bucket::Meta,
            SCHEDULED,
            Revision::start(revision).to_bytes().to_vec(),
        );
        Ok(Compaction {
            backend: self.backend.clone(),
            revision,
            hash_counts,
            hasher: Hasher::new(previous, revision),
            index: Some(self.index.clone()),
            next: Revision::default(),
            removed: 0,
        })
    }

    /// Takes note of a compaction that is done: its hash is kept, and the index is to be swept.
    pub fn compacted(&mut self, compacted: &Compacted) {
        self.compactions.finished = Some(compacted.hash.revision);
        if compacted.hash_counts {
            self.compactions.keep_hash(compacted.hash);
        }
        self.compactions.sweep = Some(Sweep::default());
    }

    /// Forgets compacted versions in a part of the index, of some hundred keys; `false` when there is nothing left to do.
    pub fn sweep(&mut self) -> bool {
        if let Some(sweep) = self.compactions.sweep {
            // Not further than what is done: a compaction that is under way looks at the index first.
            let revision = self.compactions.finished.unwrap_or(-1);
            self.compactions.sweep = self.index.compact(sweep, revision);
        }
        self.compactions.sweep.is_some()
    }
}

/// A compaction that is under way. It may be dropped at any time: the next start resumes it.
#[derive(Debug)]
pub struct Compaction {
    backend: Backend,
    revision: i64,
    hash_counts: bool,
    hasher: Hasher,
    /// The index as it was, until it is known what stays.
    index: Option<Index>,
    /// The first revision that was not looked at.
    next: Revision,
    removed: usize,
}

/// A compaction that is done.
#[derive(Clone, Copy, Debug)]
pub struct Compacted {
    /// The hash of what was there and of what stays, at the compaction's revision.
    pub hash: KeyValueHash,
    /// Whether the hash is one that members compare: not when the compaction before was interrupted.
    pub hash_counts: bool,
    /// Revisions that were removed.
    pub removed: usize,
}

impl Compaction {
    /// Returns the revision.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// Looks at the next revisions, so many at most, and removes those that do not stay. The removal is durable with the
    /// backend's next commit; upstream commits and rests 10 ms after every 1000.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Damaged`] when the store is not as it must be.
    pub fn step(&mut self, revisions_max: usize) -> Result<Option<Compacted>, Error> {
        if let Some(index) = self.index.take() {
            self.hasher.set_kept(index.kept(self.revision, false));
        }
        let view = self.backend.view()?;
        let mut batch = Batch::new();
        let mut looked_at = 0;
        for entry in view
            .revisions(&self.next.to_bytes())?
            .take(revisions_max.max(1))
        {
            let (key, record) = entry?;
            let (revision, _) = Revision::parse(key).ok_or(Error::Damaged(self.next))?;
            if revision.main > self.revision {
                break;
            }
            looked_at += 1;
            self.next = Revision {
                sub: revision.sub + 1,
                ..revision
            };
            if !self.hasher.write(key, revision, &record) {
                batch.delete(Bucket::Key, Bytes::copy_from_slice(key));
                self.removed += 1;
            }
        }
        let done = looked_at < revisions_max.max(1);
        if done {
            batch.put(
                Bucket::Meta,
                FINISHED,
                Revision::start(self.revision).to_bytes().to_vec(),
            );
        }
        self.backend.write(batch);
        Ok(done.then(|| Compacted {
            hash: self.hasher.finish(),
            hash_counts: self.hash_counts,
            removed: self.removed,
        }))
    }
}
