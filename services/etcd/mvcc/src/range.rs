//! What a range asks for and finds: keys from the index in order, filtered and sorted, records copied from the store's
//! pages straight into the reply.
//!
//! A small range is answered at once; a large one becomes a [`Scan`], which another thread walks page by page.
//!
//! Source: etcd v3.7 server/etcdserver/txn/range.go; server/storage/mvcc/kvstore_txn.go.

mod order;
mod scan;

use bytes::{BufMut as _, Bytes, BytesMut};
use etcd_api::etcdserverpb::RangeRequest;
use etcd_backend::Value;

use self::order::Order;
pub use self::scan::{Measure, Scan};
use crate::{
    Error, Record, Revision, Store, Version,
    index::Index,
    interval::Interval,
    record::{message_len, put_message, put_message_head, put_number},
};

/// Keys a range may look at before it becomes a [`Scan`]. It bounds how long the engine is held, well below a millisecond.
const INLINE_KEYS: usize = 512;

/// Bytes of records a range may copy before it becomes a [`Scan`]. One record more than this is copied all the same.
const INLINE_BYTES: usize = 256 << 10;

/// What a row of keys only takes beside the key, about.
const KEY_ROW_BYTES: usize = 24;

/// Where records are read.
pub(crate) trait Records {
    fn record_at(&mut self, revision: Revision) -> Result<Value<'_>, Error>;
}

/// What a range found, beside the records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Found {
    /// Keys of the interval at the revision, whatever the limit.
    pub count: usize,
    /// Whether the limit left records out.
    pub more: bool,
}

/// The answer to a range.
#[derive(Debug)]
pub enum Ranged {
    /// It is written.
    Done(Found),
    /// Nothing is written: it is large, and is to be walked on another thread.
    Large(Box<Scan>),
}

impl Store {
    /// Writes what a range finds into `out`: the fields `kvs`, `more` and `count` of a `RangeResponse`. The revision of the
    /// header is [`Store::revision`].
    ///
    /// # Errors
    /// [`Error::InvalidSort`], [`Error::FutureRevision`] and [`Error::Compacted`] by the request; [`Error::Read`] and
    /// [`Error::Damaged`] by the store.
    pub fn range(&mut self, request: &RangeRequest, out: &mut BytesMut) -> Result<Ranged, Error> {
        let selection = Selection::new(request, self.revision, self.compact_revision())?;
        if let Some(gathered) = selection.gather(&self.index, INLINE_KEYS) {
            let found = gathered.finish(self, &selection)?;
            if let Some(found) = found.write(self, &selection, INLINE_BYTES, out)? {
                return Ok(Ranged::Done(found));
            }
        }
        Ok(Ranged::Large(Box::new(self.scan_of(selection)?)))
    }

    /// Returns a range as a [`Scan`], however small it is: for replies that are streamed.
    ///
    /// # Errors
    /// As [`Store::range`].
    pub fn scan(&self, request: &RangeRequest) -> Result<Scan, Error> {
        let selection = Selection::new(request, self.revision, self.compact_revision())?;
        self.scan_of(selection)
    }

    fn scan_of(&self, selection: Selection) -> Result<Scan, Error> {
        Ok(Scan::new(
            self.index.clone(),
            self.backend.view()?,
            selection,
        ))
    }
}

/// A range request that can be answered.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    key: Bytes,
    range_end: Bytes,
    /// The revision to read at.
    pub(crate) revision: i64,
    /// Most records in the reply.
    limit: usize,
    order: Order,
    count_only: bool,
    keys_only: bool,
}

impl Selection {
    /// Checks a request, when `newest` is the newest revision.
    pub(crate) fn new(request: &RangeRequest, newest: i64, compacted: i64) -> Result<Self, Error> {
        let order = Order::new(request)?;
        let revision = match request.revision {
            revision if revision > newest => return Err(Error::FutureRevision),
            ..=0 => newest,
            revision => revision,
        };
        if revision < compacted {
            return Err(Error::Compacted);
        }
        Ok(Self {
            key: request.key.clone(),
            range_end: request.range_end.clone(),
            revision,
            limit: usize::try_from(request.limit)
                .ok()
                .filter(|limit| *limit > 0)
                .unwrap_or(usize::MAX),
            order,
            count_only: request.count_only,
            keys_only: request.keys_only,
        })
    }

    fn interval(&self) -> Interval<'_> {
        Interval::new(&self.key, &self.range_end)
    }

    /// Rows that are worth looking at: one more than the limit says whether there are more.
    fn rows_max(&self) -> usize {
        match (self.count_only, self.order.takes_all()) {
            (true, _) => 0,
            (false, true) => usize::MAX,
            (false, false) => self.limit.saturating_add(1),
        }
    }

    /// Collects the rows, if that takes looking at no more than so many keys.
    pub(crate) fn gather(&self, index: &Index, keys_max: usize) -> Option<Gathered> {
        let mut single = Vec::new();
        let end = self.interval().end(&mut single);
        let mut cursor = index.cursor(&self.key);
        let mut gathered = Gathered::default();
        let rows_max = self.rows_max();
        let mut looked_at = 0;
        while gathered.rows.len() < rows_max {
            let Some((key, version)) = cursor.next(index, end, self.revision) else {
                break;
            };
            gathered
                .rows
                .extend(version.map(|version| self.row(key, version)));
            looked_at += 1;
            if looked_at > keys_max {
                return None;
            }
        }
        let rest = cursor.count(index, end, self.revision, keys_max)?;
        gathered.count = gathered.rows.len() + rest;
        Some(gathered)
    }

    fn row(&self, key: &[u8], version: Version) -> Row {
        Row {
            key: if self.keys_only {
                key.into()
            } else {
                Box::default()
            },
            version,
        }
    }

    /// The length of a row as a field `kvs`.
    fn row_len(&self, records: &mut impl Records, row: &Row) -> Result<usize, Error> {
        if !self.keys_only {
            return Ok(message_len(row.version.record_bytes as usize));
        }
        let mut out = BytesMut::new();
        self.write_row(records, row, &mut out)?;
        Ok(out.len())
    }

    /// About how many bytes a row takes in a reply; exactly, unless the reply is made of keys only.
    fn row_bytes(&self, row: &Row) -> usize {
        match self.keys_only {
            true => row.key.len() + KEY_ROW_BYTES,
            false => message_len(row.version.record_bytes as usize),
        }
    }

    /// Writes rows as fields `kvs`. Records are read in the order in which they lie in the file, whatever the order of the rows, so
    /// that each of its pages is looked at once.
    fn write_rows(
        &self,
        records: &mut impl Records,
        rows: &[Row],
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        if self.keys_only {
            return rows
                .iter()
                .try_for_each(|row| self.write_row(records, row, out));
        }
        let mut places = Vec::with_capacity(rows.len());
        for Row { version, .. } in rows {
            let length = version.record_bytes as usize;
            put_message_head(out, KVS, length);
            places.push((version.revision, out.len()..out.len() + length));
            out.put_bytes(0, length);
        }
        places.sort_unstable_by_key(|(revision, _)| *revision);
        for (revision, place) in places {
            let record = records.record_at(revision)?;
            if record.len() != place.len() {
                return Err(Error::Damaged(revision));
            }
            out[place].copy_from_slice(&record);
        }
        Ok(())
    }

    /// Writes a row as a field `kvs`.
    fn write_row(
        &self,
        records: &mut impl Records,
        row: &Row,
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        let record = match self.keys_only {
            false => &*records.record_at(row.version.revision)?,
            true if self.order.by_value() => {
                // Upstream reads the records for this order, and then the lease is in the reply.
                let record = records.record_at(row.version.revision)?;
                let parsed = Record::parse(&record).ok_or(Error::Damaged(row.version.revision))?;
                &Record {
                    value: &[],
                    ..parsed
                }
                .to_bytes()
            }
            true => &row.key_record().to_bytes(),
        };
        put_message(out, KVS, record);
        Ok(())
    }
}

/// A key of the reply.
#[derive(Clone, Debug)]
struct Row {
    /// The key, where the reply is made of keys only.
    key: Box<[u8]>,
    version: Version,
}

impl Row {
    /// What a reply of keys only has: all that the index knows, so no lease.
    fn key_record(&self) -> Record<'_> {
        Record {
            key: &self.key,
            create_revision: self.version.create_revision,
            mod_revision: self.version.revision.main,
            version: self.version.version,
            ..Record::default()
        }
    }
}

/// Rows in order of their keys, before they are filtered and sorted.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    rows: Vec<Row>,
    count: usize,
}

impl Gathered {
    /// Filters, sorts and cuts.
    pub(crate) fn finish(
        self,
        records: &mut impl Records,
        selection: &Selection,
    ) -> Result<Reply, Error> {
        let mut rows = self.rows;
        selection.order.apply(&mut rows, records)?;
        let more = rows.len() > selection.limit;
        rows.truncate(selection.limit);
        Ok(Reply {
            rows,
            found: Found {
                count: self.count,
                more,
            },
        })
    }
}

/// Rows of the reply, in its order.
#[derive(Debug)]
pub(crate) struct Reply {
    rows: Vec<Row>,
    found: Found,
}

impl Reply {
    /// Writes the reply; nothing when it would be more bytes than that.
    pub(crate) fn write(
        &self,
        records: &mut impl Records,
        selection: &Selection,
        bytes_max: usize,
        out: &mut BytesMut,
    ) -> Result<Option<Found>, Error> {
        let start = out.len();
        for row in &self.rows {
            if out.len() - start > bytes_max {
                out.truncate(start);
                return Ok(None);
            }
            if let Err(error) = selection.write_row(records, row, out) {
                out.truncate(start);
                return Err(error);
            }
        }
        self.found.encode(out);
        Ok(Some(self.found))
    }
}

/// Tags of `RangeResponse`.
const KVS: u8 = 2 << 3 | 2;
const MORE: u8 = 3 << 3;
const COUNT: u8 = 4 << 3;

impl Found {
    /// Writes the fields `more` and `count`.
    fn encode(self, out: &mut BytesMut) {
        put_number(out, MORE, i64::from(self.more));
        put_number(out, COUNT, i64::try_from(self.count).unwrap_or(i64::MAX));
    }

    fn encoded_len(self) -> usize {
        let mut out = BytesMut::new();
        self.encode(&mut out);
        out.len()
    }
}
