//! The store at a start: the index made anew from the records.
//!
//! Source: etcd v3.7 server/storage/mvcc/kvstore.go (restore).

use std::collections::BTreeMap;

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
        let mut leases = BTreeMap::new();
        let mut newest = Revision::start(1);
        for entry in view.revisions(&Revision::default().to_bytes())? {
            let (key, bytes) = entry?;
            let (revision, deleted) = Revision::parse(key).ok_or(Error::Damaged(newest))?;
            let record = Record::parse(&bytes).ok_or(Error::Damaged(revision))?;
            newest = revision;
            index.push(record.key, version(revision, deleted, &record));
            if record.lease != 0 {
                leases.insert(record.key.to_vec(), record.lease);
            } else if !leases.is_empty() {
                leases.remove(record.key);
            }
        }
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

fn version(revision: Revision, deleted: bool, record: &Record<'_>) -> Version {
    Version {
        revision,
        create_revision: record.create_revision,
        version: if deleted { 0 } else { record.version },
    }
}
