//! The store at a start: the index made anew from the records.
//!
//! Source: etcd v3.7 server/storage/mvcc/kvstore.go (restore).

use std::{collections::BTreeMap, ops::Range};

use etcd_backend::{Backend, Batch};

use crate::{
    Compaction, Error, Record, Revision, Store, Version, compact::Compactions, index::Index,
};

/// A store that was opened.
#[derive(Debug)]
pub struct Restored {
    /// The store.
    pub store: Store,
    /// The keys that have a lease, with it.
    pub leases: BTreeMap<Vec<u8>, i64>,
    /// A compaction that was accepted and not finished. It is to be run, as [`Store::compact`] says.
    pub compaction: Option<Compaction>,
}

impl Store {
    /// Opens the store that the backend has, which may be empty.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Damaged`] when there is something else in it than revisions.
    pub fn open(backend: &Backend) -> Result<Restored, Error> {
        let view = backend.view()?;
        let compactions = Compactions::restore(&view)?;
        let mut index = Index::default();
        let mut chunk = Chunk::default();
        let mut leases = BTreeMap::new();
        let mut newest = Revision::start(1);
        for entry in view.revisions(&Revision::default().to_bytes())? {
            let (key, bytes) = entry?;
            let (revision, deleted) = Revision::parse(key).ok_or(Error::Damaged(newest))?;
            let record = Record::parse(&bytes).ok_or(Error::Damaged(revision))?;
            newest = revision;
            let version = Version::new(revision, deleted, &record, bytes.len());
            chunk.push(record.key, version, &mut index);
            if record.lease != 0 {
                leases.insert(record.key.to_vec(), record.lease);
            } else if !leases.is_empty() {
                leases.remove(record.key);
            }
        }
        chunk.flush(&mut index);
        drop(view);
        // The newest revisions may be compacted and gone (upstream's issue 17780): revisions never go back.
        let revision = newest.main.max(compactions.least_revision());
        let unfinished = compactions.unfinished();
        let mut store = Self {
            reader: backend.reader(),
            backend: backend.clone(),
            index,
            revision,
            compactions,
        };
        let compaction = unfinished.map(|revision| {
            let mut batch = Batch::new();
            let compaction = store.compact(revision, &mut batch);
            backend.write(batch);
            compaction
        });
        Ok(Restored {
            store,
            leases,
            compaction: compaction.transpose()?,
        })
    }
}

/// Versions on their way into the index. In order of their keys many find the same block at hand, in order of their revisions
/// each another.
#[derive(Debug, Default)]
struct Chunk {
    keys: Vec<u8>,
    /// Where the key is, and its version.
    versions: Vec<(Range<usize>, Version)>,
}

/// Versions in a chunk: a few MiB.
const CHUNK_VERSIONS: usize = 1 << 16;

impl Chunk {
    fn push(&mut self, key: &[u8], version: Version, index: &mut Index) {
        let start = self.keys.len();
        self.keys.extend_from_slice(key);
        self.versions.push((start..self.keys.len(), version));
        if self.versions.len() == CHUNK_VERSIONS {
            self.flush(index);
        }
    }

    fn flush(&mut self, index: &mut Index) {
        let keys = &self.keys;
        // Those of one key stay in order.
        self.versions
            .sort_by(|(a, _), (b, _)| keys[a.clone()].cmp(&keys[b.clone()]));
        for (key, version) in self.versions.drain(..) {
            index.push(&keys[key], version);
        }
        self.keys.clear();
    }
}
