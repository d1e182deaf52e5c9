//! The keys and all their revisions: the index in memory, the records in the backend.
//!
//! The engine owns it and changes it through [`Txn`]. Nothing here takes long: what does (large ranges, compactions, hashes)
//! is handed out as a value of its own, to be run on another thread.
//!
//! Source: etcd v3.7 server/storage/mvcc/kvstore.go.

use bytes::Bytes;
use etcd_backend::{Backend, Batch, Reader, Value};

use crate::{Error, KeyValueHash, Revision, Txn, Version, compact::Compactions, index::Index};

/// Keys and all their revisions that were not compacted.
#[derive(Debug)]
pub struct Store {
    pub(crate) backend: Backend,
    pub(crate) reader: Reader,
    pub(crate) index: Index,
    /// The newest revision.
    pub(crate) revision: i64,
    pub(crate) compactions: Compactions,
}

impl Store {
    /// Returns the newest revision; 1 before the first change.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// Returns the revision that was compacted last, also when that is not done yet; -1 when none was.
    #[must_use]
    pub fn compact_revision(&self) -> i64 {
        self.compactions.revision
    }

    /// Returns how many keys exist now.
    #[must_use]
    pub fn key_count(&self) -> usize {
        self.index.live()
    }

    /// Returns the backend the records are in.
    #[must_use]
    pub fn backend(&self) -> &Backend {
        &self.backend
    }

    /// Begins a change, whose durable part goes to `batch`.
    #[must_use]
    pub fn write<'a>(&'a mut self, batch: &'a mut Batch) -> Txn<'a> {
        Txn::new(self, batch)
    }

    /// Returns the newest version of a key that exists.
    #[must_use]
    pub fn current(&self, key: &[u8]) -> Option<Version> {
        self.index.at(key, i64::MAX)
    }

    /// Returns the encoded `KeyValue` of a version.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Damaged`] when it is not there as it must be.
    pub fn record(&mut self, version: Version) -> Result<Value<'_>, Error> {
        let record = self.reader.value(&version.revision.to_bytes())?;
        record.ok_or(Error::Damaged(version.revision))
    }

    /// Checks that a revision can be read. 0 is the newest, and so is what is below for a range outside a transaction.
    ///
    /// # Errors
    /// [`Error::FutureRevision`], [`Error::Compacted`].
    pub fn check_revision(&self, revision: i64) -> Result<(), Error> {
        self.readable(revision, self.revision)
    }

    /// The checks of a revision, in upstream's order, when `newest` is the newest there is.
    pub(crate) fn readable(&self, revision: i64, newest: i64) -> Result<(), Error> {
        if revision == 0 {
            Ok(())
        } else if revision > newest {
            Err(Error::FutureRevision)
        } else if revision < self.compactions.revision {
            Err(Error::Compacted)
        } else {
            Ok(())
        }
    }

    /// Lets go of what the store keeps open between reads. To be called every 100 ms or so.
    pub fn refresh(&mut self) {
        self.reader.refresh();
    }

    /// Returns the hashes of the newest compactions, oldest first.
    #[must_use]
    pub fn compaction_hashes(&self) -> &[KeyValueHash] {
        self.compactions.hashes()
    }
}

/// What a change did.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The revision that came to be.
    pub revision: i64,
    /// Each change of a key, in order.
    pub changes: Vec<Change>,
}

/// A key that changed.
#[derive(Clone, Debug)]
pub struct Change {
    /// When.
    pub revision: Revision,
    /// The key.
    pub key: Bytes,
    /// The encoded `KeyValue`, as it is stored; of a deletion it has the key alone.
    pub record: Bytes,
    /// The lease the key has now; whether it had another before is for the lessor to know.
    pub lease: i64,
    /// Whether the key is gone.
    pub deleted: bool,
    /// The version before, when the key existed.
    pub previous: Option<Version>,
}
