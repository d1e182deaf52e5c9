//! A `KeyValue` as the store keeps it and as replies carry it: the same bytes, made once, in the one canonical form that
//! every member makes (fields in order, zero ones left out), because members compare hashes of them.
//!
//! Source: etcd v3.7 api/mvccpb/kv.proto.

use bytes::{BufMut, Bytes, BytesMut};
use prost::encoding::{decode_varint, encode_varint, encoded_len_varint};

/// A `KeyValue` whose parts are slices of its encoding.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Record<'a> {
    /// The key.
    pub key: &'a [u8],
    /// Revision at which this life of the key began.
    pub create_revision: i64,
    /// Revision of this change.
    pub mod_revision: i64,
    /// Number of changes in this life, from 1.
    pub version: i64,
    /// The value.
    pub value: &'a [u8],
    /// The lease, or 0.
    pub lease: i64,
}

const KEY: u8 = 1 << 3 | 2;
const CREATE_REVISION: u8 = 2 << 3;
const MOD_REVISION: u8 = 3 << 3;
const VERSION: u8 = 4 << 3;
const VALUE: u8 = 5 << 3 | 2;
const LEASE: u8 = 6 << 3;

impl<'a> Record<'a> {
    /// Returns the length of the encoding, in bytes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let bytes = |field: &[u8]| match field.len() {
            0 => 0,
            length => 1 + encoded_len_varint(length as u64) + length,
        };
        let number = |field: i64| match field {
            0 => 0,
            field => 1 + encoded_len_varint(field.cast_unsigned()),
        };
        let numbers = [
            self.create_revision,
            self.mod_revision,
            self.version,
            self.lease,
        ];
        bytes(self.key) + bytes(self.value) + numbers.into_iter().map(number).sum::<usize>()
    }

    /// Writes the canonical encoding.
    pub fn encode(&self, out: &mut BytesMut) {
        put_bytes(out, KEY, self.key);
        put_number(out, CREATE_REVISION, self.create_revision);
        put_number(out, MOD_REVISION, self.mod_revision);
        put_number(out, VERSION, self.version);
        put_bytes(out, VALUE, self.value);
        put_number(out, LEASE, self.lease);
    }

    /// Returns the canonical encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(self.encoded_len());
        self.encode(&mut out);
        out.freeze()
    }

    /// Reads an encoding. Nothing when it is none.
    #[must_use]
    pub fn parse(mut bytes: &'a [u8]) -> Option<Self> {
        let mut record = Self::default();
        while let Some((tag, rest)) = bytes.split_first() {
            bytes = rest;
            let number = decode_varint(&mut bytes).ok()?;
            if matches!(*tag, KEY | VALUE) {
                let (field, rest) = bytes.split_at_checked(usize::try_from(number).ok()?)?;
                bytes = rest;
                *(if *tag == KEY {
                    &mut record.key
                } else {
                    &mut record.value
                }) = field;
                continue;
            }
            *(match *tag {
                CREATE_REVISION => &mut record.create_revision,
                MOD_REVISION => &mut record.mod_revision,
                VERSION => &mut record.version,
                LEASE => &mut record.lease,
                _ => return None,
            }) = number.cast_signed();
        }
        Some(record)
    }
}

/// Writes a field of bytes, unless it is empty.
pub(crate) fn put_bytes(out: &mut BytesMut, tag: u8, field: &[u8]) {
    if !field.is_empty() {
        put_message(out, tag, field);
    }
}

/// Writes an embedded message, also an empty one.
pub(crate) fn put_message(out: &mut BytesMut, tag: u8, message: &[u8]) {
    put_message_head(out, tag, message.len());
    out.put_slice(message);
}

/// Writes what comes before an embedded message of this length.
pub(crate) fn put_message_head(out: &mut BytesMut, tag: u8, length: usize) {
    out.put_u8(tag);
    encode_varint(length as u64, out);
}

/// Writes a number, unless it is 0.
pub(crate) fn put_number(out: &mut BytesMut, tag: u8, field: i64) {
    if field != 0 {
        out.put_u8(tag);
        encode_varint(field.cast_unsigned(), out);
    }
}

/// The length of an embedded message with its tag.
pub(crate) fn message_len(length: usize) -> usize {
    1 + encoded_len_varint(length as u64) + length
}

#[cfg(test)]
mod tests {
    use etcd_api::mvccpb::KeyValue;
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    proptest! {
        #[test]
        fn the_encoding_is_prosts_and_reads_back(
            key in proptest::collection::vec(any::<u8>(), 0..200),
            value in proptest::collection::vec(any::<u8>(), 0..200),
            (create_revision, mod_revision, version, lease) in any::<(i64, i64, i64, i64)>(),
            zeros in any::<[bool; 4]>(),
        ) {
            let number = |index: usize, number: i64| if zeros[index] { 0 } else { number };
            let record = Record {
                key: &key,
                create_revision: number(0, create_revision),
                mod_revision: number(1, mod_revision),
                version: number(2, version),
                value: &value,
                lease: number(3, lease),
            };
            let expected = KeyValue {
                key: key.clone().into(),
                create_revision: record.create_revision,
                mod_revision: record.mod_revision,
                version: record.version,
                value: value.clone().into(),
                lease: record.lease,
            };
            let bytes = record.to_bytes();
            prop_assert_eq!(&bytes[..], &expected.encode_to_vec()[..]);
            prop_assert_eq!(bytes.len(), record.encoded_len());
            prop_assert_eq!(Record::parse(&bytes), Some(record));
            for end in 0..bytes.len() {
                // Cut anywhere it is another record or none, never a panic.
                prop_assert_ne!(Record::parse(&bytes[..end]), Some(record));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Record::parse(&bytes);
        }
    }
}
