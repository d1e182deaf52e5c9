//! A store in a folder of its own, driven as the engine drives it: one batch for each change.

use std::{path::Path, time::Duration};

use bytes::{Bytes, BytesMut};
use etcd_api::{
    etcdserverpb::{RangeRequest, RangeResponse},
    mvccpb::KeyValue,
};
use etcd_backend::{Backend, Batch, Options};
use etcd_mvcc::{
    Changes, Compacted, Compaction, Error, HashKv, KeyValueHash, Ranged, Restored, Store, Txn,
};
use prost::Message as _;
use tempfile::TempDir;

pub(crate) struct Rig {
    pub(crate) store: Store,
    folder: TempDir,
    pub(crate) leases: Vec<(Vec<u8>, i64)>,
    /// A compaction that was resumed at the last start.
    pub(crate) resumed: Option<Compaction>,
}

fn options(folder: &Path) -> Options {
    Options {
        // Nothing is committed before a test says so, or the store is closed.
        batch_interval: Duration::from_secs(3600),
        batch_limit: usize::MAX,
        ..Options::new(folder)
    }
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap())
    }

    fn open(folder: TempDir) -> Self {
        let backend = Backend::open(&options(folder.path())).unwrap();
        let Restored {
            store,
            leases,
            compaction,
        } = Store::open(&backend).unwrap();
        Self {
            store,
            folder,
            leases: leases.into_iter().collect(),
            resumed: compaction,
        }
    }

    pub(crate) fn restart(self) -> Self {
        drop(self.resumed);
        drop(self.store);
        Self::open(self.folder)
    }

    pub(crate) fn write(&mut self, change: impl FnOnce(&mut Txn<'_>)) -> Option<Changes> {
        let mut batch = Batch::new();
        let mut txn = self.store.write(&mut batch);
        change(&mut txn);
        let changes = txn.finish();
        self.store.backend().write(batch);
        changes
    }

    pub(crate) fn put(&mut self, key: &str, value: &str) -> i64 {
        let key = Bytes::copy_from_slice(key.as_bytes());
        self.write(|txn| {
            txn.put(&key, value.as_bytes(), 0);
        });
        self.store.revision()
    }

    pub(crate) fn delete(&mut self, key: &str) -> i64 {
        self.write(|txn| {
            txn.delete_range(key.as_bytes(), b"");
        });
        self.store.revision()
    }

    pub(crate) fn range(&mut self, request: &RangeRequest) -> Result<RangeResponse, Error> {
        let mut out = BytesMut::new();
        if let Ranged::Large(mut scan) = self.store.range(request, &mut out)? {
            assert!(out.is_empty());
            let measure = scan.measure()?;
            let found = loop {
                if let Some(found) = scan.page(usize::MAX, 1000, &mut out)? {
                    break found;
                }
            };
            assert_eq!(found, measure.found);
            assert_eq!(out.len(), measure.bytes);
        }
        Ok(RangeResponse::decode(out).unwrap())
    }

    pub(crate) fn get(&mut self, key: &str, revision: i64) -> Result<Option<KeyValue>, Error> {
        let request = RangeRequest {
            key: Bytes::copy_from_slice(key.as_bytes()),
            revision,
            ..RangeRequest::default()
        };
        Ok(self.range(&request)?.kvs.pop())
    }

    /// Accepts a compaction.
    pub(crate) fn accept(&mut self, revision: i64) -> Result<Compaction, Error> {
        let mut batch = Batch::new();
        let compaction = self.store.compact(revision, &mut batch);
        self.store.backend().write(batch);
        compaction
    }

    /// Runs a compaction to its end.
    pub(crate) fn run(&mut self, mut compaction: Compaction) -> Compacted {
        let compacted = loop {
            if let Some(compacted) = compaction.step(3).unwrap() {
                break compacted;
            }
        };
        self.store.compacted(&compacted);
        while self.store.sweep() {}
        compacted
    }

    pub(crate) fn compact(&mut self, revision: i64) -> Result<Compacted, Error> {
        let compaction = self.accept(revision)?;
        Ok(self.run(compaction))
    }

    pub(crate) fn hash(&self, revision: i64) -> Result<KeyValueHash, Error> {
        match self.store.hash_kv(revision)? {
            HashKv::Known(hash) => Ok(hash),
            HashKv::Unknown(job) => job.run(),
        }
    }
}
