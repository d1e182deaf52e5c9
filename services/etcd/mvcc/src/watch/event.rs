//! An event of a key, encoded once for all who watch it.

use bytes::{Bytes, BytesMut};

use crate::{
    Error, Record, Revision, Store, Version,
    record::{message_len, put_message, put_number},
};

/// A change that watchers are told of.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) revision: Revision,
    pub(super) key: &'a [u8],
    /// The encoded `KeyValue`; of a deletion it has the key alone.
    pub(super) record: &'a [u8],
    pub(super) deleted: bool,
    /// The version before, where it is not compacted.
    pub(super) previous: Option<Version>,
    plain: Option<Bytes>,
    with_previous: Option<Bytes>,
}

const EVENTS: u8 = 11 << 3 | 2;
const TYPE: u8 = 1 << 3;
const KV: u8 = 2 << 3 | 2;
const PREV_KV: u8 = 3 << 3 | 2;
const DELETE: i64 = 1;

impl<'a> Event<'a> {
    pub(super) fn new(
        revision: Revision,
        key: &'a [u8],
        record: &'a [u8],
        deleted: bool,
        previous: Option<Version>,
    ) -> Self {
        Self {
            revision,
            key,
            record,
            deleted,
            previous,
            plain: None,
            with_previous: None,
        }
    }

    /// The field `events`.
    pub(super) fn encoded(
        &mut self,
        store: &mut Store,
        with_previous: bool,
    ) -> Result<Bytes, Error> {
        let previous = self.previous.filter(|_| with_previous);
        let cached = if previous.is_some() {
            &self.with_previous
        } else {
            &self.plain
        };
        if let Some(encoded) = cached {
            return Ok(encoded.clone());
        }
        let encoded = match previous {
            Some(previous) => {
                let record = store.record(previous)?;
                self.encode(Some(&record))
            }
            None => self.encode(None),
        };
        let cached = if previous.is_some() {
            &mut self.with_previous
        } else {
            &mut self.plain
        };
        Ok(cached.insert(encoded).clone())
    }

    fn encode(&self, previous: Option<&[u8]>) -> Bytes {
        let tombstone;
        let record = if self.deleted {
            tombstone = Record {
                key: self.key,
                mod_revision: self.revision.main,
                ..Record::default()
            }
            .to_bytes();
            &tombstone[..]
        } else {
            self.record
        };
        let mut event =
            BytesMut::with_capacity(16 + record.len() + previous.map_or(0, <[u8]>::len));
        put_number(&mut event, TYPE, if self.deleted { DELETE } else { 0 });
        put_message(&mut event, KV, record);
        if let Some(previous) = previous {
            put_message(&mut event, PREV_KV, previous);
        }
        let mut out = BytesMut::with_capacity(message_len(event.len()));
        put_message(&mut out, EVENTS, &event);
        out.freeze()
    }
}
