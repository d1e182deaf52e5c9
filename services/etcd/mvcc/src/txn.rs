//! A change to the store: puts and deletions that become one revision, in order, and reads that see them.
//!
//! Source: etcd v3.7 server/storage/mvcc/kvstore_txn.go.

use bytes::{Bytes, BytesMut};
use etcd_api::etcdserverpb::RangeRequest;
use etcd_backend::{Batch, Bucket, Value};

use crate::{
    Change, Changes, Error, Found, Record, Revision, Store, Version,
    index::Place,
    interval::Interval,
    range::{Records, Selection},
    revision::{REVISION_BYTES, TOMBSTONE_MARK},
};

/// A change that is being made. What it writes is in the index at once; [`Txn::finish`] makes it the newest revision.
#[derive(Debug)]
pub struct Txn<'a> {
    store: &'a mut Store,
    batch: &'a mut Batch,
    changes: Vec<Change>,
}

impl<'a> Txn<'a> {
    pub(crate) fn new(store: &'a mut Store, batch: &'a mut Batch) -> Self {
        Self {
            store,
            batch,
            changes: Vec::new(),
        }
    }

    /// Returns the revision that a reader in the change is at: the next one as soon as something changed.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.store.revision + i64::from(!self.changes.is_empty())
    }

    /// Returns what changed so far.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Returns the newest version of a key that exists.
    #[must_use]
    pub fn current(&self, key: &[u8]) -> Option<Version> {
        self.store.current(key)
    }

    /// Returns the encoded `KeyValue` of a version.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Damaged`] when it is not there as it must be.
    pub fn record(&mut self, version: Version) -> Result<Value<'_>, Error> {
        self.record_at(version.revision)
    }

    /// Sets a key, and returns the version it had before.
    pub fn put(&mut self, key: &Bytes, value: &[u8], lease: i64) -> Option<Version> {
        let revision = self.next_revision();
        let found = self.store.index.find(key);
        let previous = found
            .ok()
            .and_then(|place| self.store.index.at_place(place, i64::MAX));
        let create_revision = previous.map_or(revision.main, |previous| previous.create_revision);
        let version = previous.map_or(1, |previous| previous.version + 1);
        let record = Record {
            key,
            create_revision,
            mod_revision: revision.main,
            version,
            value,
            lease,
        };
        self.write(found, key.clone(), &record, revision, previous);
        previous
    }

    /// Removes the keys of an interval (of one key when `range_end` is empty), and returns how many there were.
    pub fn delete_range(&mut self, key: &[u8], range_end: &[u8]) -> usize {
        let mut keys = Vec::new();
        self.each(key, range_end, |key, version| {
            keys.push((Bytes::copy_from_slice(key), version))
        });
        let count = keys.len();
        for (key, previous) in keys {
            let record = Record {
                key: &key,
                ..Record::default()
            };
            let found = self.store.index.find(&key);
            self.write(
                found,
                key.clone(),
                &record,
                self.next_revision(),
                Some(previous),
            );
        }
        count
    }

    /// Visits the keys of an interval that exist, in order.
    pub fn each(&self, key: &[u8], range_end: &[u8], mut visit: impl FnMut(&[u8], Version)) {
        let mut single = Vec::new();
        let end = Interval::new(key, range_end).end(&mut single);
        let mut cursor = self.store.index.cursor(key);
        while let Some((key, version)) = cursor.next(&self.store.index, end, i64::MAX) {
            if let Some(version) = version {
                visit(key, version);
            }
        }
    }

    /// Writes what a range finds into `out`: the fields `kvs`, `more` and `count` of a `RangeResponse`. It is all done here,
    /// however large it is.
    ///
    /// # Errors
    /// As [`Store::range`].
    pub fn range(&mut self, request: &RangeRequest, out: &mut BytesMut) -> Result<Found, Error> {
        let revision = self.revision();
        let selection = Selection::new(request, revision, self.store.compact_revision())?;
        let gathered = selection.gather(&self.store.index, usize::MAX);
        let gathered = gathered.expect("without a bound everything is gathered");
        let found = gathered.finish(self, &selection)?;
        found
            .write(self, &selection, usize::MAX, out)
            .map(|found| found.expect("without a bound everything is written"))
    }

    /// Makes what was written the newest revision. Nothing when nothing was.
    pub fn finish(self) -> Option<Changes> {
        if self.changes.is_empty() {
            return None;
        }
        self.store.revision += 1;
        Some(Changes {
            revision: self.store.revision,
            changes: self.changes,
        })
    }

    fn next_revision(&self) -> Revision {
        Revision {
            main: self.store.revision + 1,
            sub: u32::try_from(self.changes.len()).expect("as many changes do not fit in memory"),
        }
    }

    /// Puts the record in the index, where the key was found, and in the batch, and remembers the change.
    fn write(
        &mut self,
        found: Result<Place, Place>,
        key: Bytes,
        record: &Record<'_>,
        revision: Revision,
        previous: Option<Version>,
    ) {
        let deleted = record.version == 0;
        // The key in the store and the record are one allocation.
        let mut out = BytesMut::with_capacity(REVISION_BYTES + 1 + record.encoded_len());
        revision.write(&mut out);
        if deleted {
            out.extend_from_slice(&[TOMBSTONE_MARK]);
        }
        let stored_key = out.split().freeze();
        record.encode(&mut out);
        let encoded = out.freeze();
        let version = Version::new(revision, deleted, record, encoded.len());
        self.store.index.push(found, &key, version);
        self.batch.put(Bucket::Key, stored_key, encoded.clone());
        self.changes.push(Change {
            revision,
            key,
            record: encoded,
            lease: record.lease,
            deleted,
            previous,
        });
    }
}

impl Records for Txn<'_> {
    fn record_at(&mut self, revision: Revision) -> Result<Value<'_>, Error> {
        if revision.main > self.store.revision {
            let change = self.changes.get(revision.sub as usize);
            return change
                .map(|change| Value::Queued(change.record.clone()))
                .ok_or(Error::Damaged(revision));
        }
        self.store.record_at(revision)
    }
}

impl Records for Store {
    fn record_at(&mut self, revision: Revision) -> Result<Value<'_>, Error> {
        let record = self.reader.value(&revision.to_bytes())?;
        record.ok_or(Error::Damaged(revision))
    }
}
