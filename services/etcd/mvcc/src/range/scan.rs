//! A large range, walked page by page over a moment of the store, on whatever thread has the time.

use bytes::BytesMut;
use etcd_backend::{Bucket, Value, View};

use super::{Found, Records, Reply, Row, Selection};
use crate::{
    Error, Revision,
    index::{Cursor, Index},
};

/// A range over a moment of the store. It holds on to that moment, so it should not be kept for long.
#[derive(Debug)]
pub struct Scan {
    index: Index,
    pages: Pages,
    selection: Selection,
    rows: Rows,
    position: Position,
    found: Option<Found>,
}

/// The records of the moment.
#[derive(Debug)]
struct Pages(View);

impl Records for Pages {
    fn record_at(&mut self, revision: Revision) -> Result<Value<'_>, Error> {
        let record = self.0.get(Bucket::Key, &revision.to_bytes())?;
        record.ok_or(Error::Damaged(revision))
    }
}

/// The rows of the reply.
#[derive(Debug)]
enum Rows {
    /// As the index has them.
    Walked,
    /// In another order.
    Sorted(Reply),
    /// In another order, which nobody asked for so far.
    Unsorted,
}

/// How far the reply is written.
#[derive(Clone, Debug)]
struct Position {
    cursor: Cursor,
    rows: usize,
}

/// How long a reply will be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Measure {
    /// Bytes that [`Scan::page`] writes in all.
    pub bytes: usize,
    /// What is found.
    pub found: Found,
}

impl Scan {
    pub(super) fn new(index: Index, view: View, selection: Selection) -> Self {
        let rows = if selection.order.is_index_order() {
            Rows::Walked
        } else {
            Rows::Unsorted
        };
        Self {
            position: Position {
                cursor: index.cursor(&selection.key),
                rows: 0,
            },
            index,
            pages: Pages(view),
            selection,
            rows,
            found: None,
        }
    }

    /// Returns the revision that is read.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.selection.revision
    }

    /// Finds out how long the reply will be: a message's length comes before the message. It reads no
    /// records, unless the reply is sorted by value.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Damaged`] when the store is not as it must be.
    pub fn measure(&mut self) -> Result<Measure, Error> {
        let found = self.found()?;
        let mut bytes = found.encoded_len();
        let mut position = Position {
            cursor: self.index.cursor(&self.selection.key),
            rows: 0,
        };
        while let Some(row) = self.row(&mut position) {
            bytes += self.selection.row_len(&mut self.pages, &row)?;
        }
        Ok(Measure { bytes, found })
    }

    /// Writes fields `kvs` of a `RangeResponse`, until there are so many of them or of bytes; at least one. Returns what is
    /// found, after writing the fields `more` and `count`, when that was all.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Damaged`] when the store is not as it must be.
    pub fn page(
        &mut self,
        rows_max: usize,
        bytes_max: usize,
        out: &mut BytesMut,
    ) -> Result<Option<Found>, Error> {
        let found = self.found()?;
        let mut position = self.position.clone();
        let mut rows = Vec::new();
        let mut bytes = 0;
        let mut is_last = true;
        while let Some(row) = self.row(&mut position) {
            bytes += self.selection.row_bytes(&row);
            rows.push(row);
            if rows.len() >= rows_max || bytes >= bytes_max {
                // The one after it says whether this was the last.
                is_last = self.row(&mut position.clone()).is_none();
                break;
            }
        }
        out.reserve(bytes);
        self.selection.write_rows(&mut self.pages, &rows, out)?;
        self.position = position;
        if !is_last {
            return Ok(None);
        }
        found.encode(out);
        Ok(Some(found))
    }

    /// The next row.
    fn row(&self, position: &mut Position) -> Option<Row> {
        let row = match &self.rows {
            Rows::Sorted(reply) => reply.rows.get(position.rows)?.clone(),
            _ if self.selection.count_only || position.rows >= self.selection.limit => return None,
            _ => {
                let mut single = Vec::new();
                let end = self.selection.interval().end(&mut single);
                loop {
                    let (key, version) =
                        position
                            .cursor
                            .next(&self.index, end, self.selection.revision)?;
                    if let Some(version) = version {
                        break self.selection.row(key, version);
                    }
                }
            }
        };
        position.rows += 1;
        Some(row)
    }

    /// Counts, and sorts where the order is not the index's; once.
    fn found(&mut self) -> Result<Found, Error> {
        if let Some(found) = self.found {
            return Ok(found);
        }
        let found = if matches!(self.rows, Rows::Unsorted) {
            let gathered = self.selection.gather(&self.index, usize::MAX);
            let gathered = gathered.expect("without a bound everything is gathered");
            let reply = gathered.finish(&mut self.pages, &self.selection)?;
            let found = reply.found;
            self.rows = Rows::Sorted(reply);
            found
        } else {
            let mut single = Vec::new();
            let end = self.selection.interval().end(&mut single);
            let count = self
                .index
                .count(&self.selection.key, end, self.selection.revision);
            Found {
                count,
                more: !self.selection.count_only && count > self.selection.limit,
            }
        };
        self.found = Some(found);
        Ok(found)
    }
}
