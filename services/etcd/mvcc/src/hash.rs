//! Hashes that members compare: of the keys up to a revision, equal to upstream's bit for bit, and of the whole store.
//!
//! Source: etcd v3.7 server/storage/mvcc/hash.go; server/storage/backend/backend.go (Hash); schema.DefaultIgnores.

use std::vec;

use crc32c::crc32c_append;
use etcd_backend::{Backend, Bucket, View};

use crate::{Error, Revision, Store, index::Index};

/// A hash of the keys, and of what it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyValueHash {
    /// CRC-32C.
    pub hash: u32,
    /// What was compacted when it was made, or -1. Hashes are comparable when this is equal.
    pub compact_revision: i64,
    /// The revision up to which keys are in it.
    pub revision: i64,
}

/// The answer to a request for a hash.
#[derive(Debug)]
pub enum HashKv {
    /// A compaction made it.
    Known(KeyValueHash),
    /// It is to be made, on another thread.
    Unknown(Box<HashJob>),
}

/// A hash that is to be made, of a moment of the store.
#[derive(Debug)]
pub struct HashJob {
    index: Index,
    view: View,
    compact_revision: i64,
    revision: i64,
}

impl Store {
    /// Returns the hash of the keys up to a revision, 0 for the newest.
    ///
    /// # Errors
    /// [`Error::Compacted`], [`Error::FutureRevision`]; [`Error::Read`] when no moment of the store is to be had.
    pub fn hash_kv(&self, revision: i64) -> Result<HashKv, Error> {
        let mut hashes = self.compaction_hashes().iter();
        if let Some(known) = hashes.find(|hash| hash.revision == revision) {
            return Ok(HashKv::Known(*known));
        }
        if revision > 0 && revision < self.compact_revision() {
            return Err(Error::Compacted);
        }
        if revision > self.revision {
            return Err(Error::FutureRevision);
        }
        let revision = if revision == 0 {
            self.revision
        } else {
            revision
        };
        Ok(HashKv::Unknown(Box::new(HashJob {
            index: self.index.clone(),
            view: self.backend.view()?,
            compact_revision: self.compact_revision(),
            revision,
        })))
    }
}

impl HashJob {
    /// Makes the hash: it reads the whole store.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Damaged`] when the store is not as it must be.
    pub fn run(self) -> Result<KeyValueHash, Error> {
        let mut hasher = Hasher::new(self.compact_revision, self.revision);
        hasher.set_kept(self.index.kept(self.revision, true));
        drop(self.index);
        for entry in self.view.revisions(&Revision::default().to_bytes())? {
            let (key, record) = entry?;
            let (revision, _) =
                Revision::parse(key).ok_or(Error::Damaged(Revision::start(self.revision)))?;
            if revision.main > self.revision {
                break;
            }
            hasher.write(key, revision, &record);
        }
        Ok(hasher.finish())
    }
}

/// Makes a hash of records that come in order.
#[derive(Debug)]
pub(crate) struct Hasher {
    hash: u32,
    compact_revision: i64,
    revision: i64,
    /// Revisions that a compaction keeps, those ahead.
    kept: vec::IntoIter<Revision>,
    /// Whether there were any at all.
    any_kept: bool,
}

impl Hasher {
    pub(crate) fn new(compact_revision: i64, revision: i64) -> Self {
        Self {
            hash: crc32c_append(0, Bucket::Key.name().as_bytes()),
            compact_revision,
            revision,
            kept: Vec::new().into_iter(),
            any_kept: false,
        }
    }

    pub(crate) fn set_kept(&mut self, kept: Vec<Revision>) {
        self.any_kept = !kept.is_empty();
        self.kept = kept.into_iter();
    }

    /// Takes a record up to the hash's revision, and returns whether it is one of those that are kept.
    pub(crate) fn write(&mut self, key: &[u8], revision: Revision, record: &[u8]) -> bool {
        while self
            .kept
            .as_slice()
            .first()
            .is_some_and(|kept| *kept < revision)
        {
            self.kept.next();
        }
        let is_kept = self.kept.as_slice().first() == Some(&revision);
        // Whether it is removed already must make no difference.
        if revision.main <= self.compact_revision && self.any_kept && !is_kept {
            return false;
        }
        // Versions before 3.5.16 removed the tombstone at the compaction's own revision.
        let is_tombstone = key.len() > crate::revision::REVISION_BYTES;
        if !is_tombstone || revision.main != self.compact_revision {
            self.hash = crc32c_append(crc32c_append(self.hash, key), record);
        }
        is_kept
    }

    pub(crate) fn finish(&self) -> KeyValueHash {
        KeyValueHash {
            hash: self.hash,
            compact_revision: self.compact_revision,
            revision: self.revision,
        }
    }
}

/// Returns the hash of the whole store: every bucket with every key, but for what a member writes by itself.
///
/// # Errors
/// [`Error::Commit`], and [`Error::Read`] when the store is not as it must be.
pub fn hash_store(backend: &Backend) -> Result<u32, Error> {
    backend.commit()?;
    let view = backend.view()?;
    let mut hash = 0;
    for bucket in Bucket::BY_NAME {
        hash = crc32c_append(hash, bucket.name().as_bytes());
        if bucket == Bucket::Key {
            for entry in view.revisions(&Revision::default().to_bytes())? {
                let (key, record) = entry?;
                hash = crc32c_append(crc32c_append(hash, key), &record);
            }
            continue;
        }
        for entry in view.iter(bucket)? {
            let (key, value) = entry?;
            if bucket != Bucket::Meta || !IGNORED.contains(&&key[..]) {
                hash = crc32c_append(crc32c_append(hash, &key), &value);
            }
        }
    }
    Ok(hash)
}

/// Keys of bucket `meta` that are in no hash.
const IGNORED: [&[u8]; 3] = [b"consistent_index", b"term", b"storageVersion"];
