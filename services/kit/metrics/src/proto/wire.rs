//! The protobuf wire format: varints, tags, fixed numbers, length-delimited fields, and skipping what is not known.
//! Which field means what is left to `value` and `family`.
//!
//! Source: google.golang.org/protobuf v1.36 encoding/protowire.

mod read;

pub(super) use self::read::{Field, Reader};

const WIRE_VARINT: u64 = 0;
const WIRE_FIXED64: u64 = 1;
const WIRE_BYTES: u64 = 2;
const WIRE_START_GROUP: u64 = 3;
const WIRE_END_GROUP: u64 = 4;
const WIRE_FIXED32: u64 = 5;

/// Appends a base-128 number.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(low_byte(number) | 0x80);
        number >>= 7;
    }
    out.push(low_byte(number));
}

/// Appends a number field; negative numbers come as their two's complement.
pub(super) fn put_uint(out: &mut Vec<u8>, field: u32, number: u64) {
    put_tag(out, field, WIRE_VARINT);
    put_varint(out, number);
}

/// Appends a zigzag number field.
pub(super) fn put_sint(out: &mut Vec<u8>, field: u32, number: i64) {
    put_uint(out, field, zigzag(number));
}

/// Appends a double field.
pub(super) fn put_double(out: &mut Vec<u8>, field: u32, number: f64) {
    put_tag(out, field, WIRE_FIXED64);
    out.extend_from_slice(&number.to_le_bytes());
}

/// Appends a string or bytes field.
pub(super) fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    put_tag(out, field, WIRE_BYTES);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a message field whose payload `write` appends.
pub(super) fn put_message(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    put_tag(out, field, WIRE_BYTES);
    put_prefixed(out, write);
}

/// Appends what `write` appends, with its length in front.
///
/// The length is known last, so it is written behind the payload and rotated before it: no second buffer, and payloads are short.
pub(super) fn put_prefixed(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.push(0);
    write(out);
    let length = out.len() - start - 1;
    if length < 0x80 {
        out[start] = low_byte(length as u64);
        return;
    }
    let end = out.len();
    put_varint(out, length as u64);
    let prefix = out.len() - end;
    out[start..].rotate_right(prefix);
    // The byte kept for the length stands now between the prefix and the payload.
    out.remove(start + prefix);
}

fn put_tag(out: &mut Vec<u8>, field: u32, wire_type: u64) {
    put_varint(out, u64::from(field) << 3 | wire_type);
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the low byte is what is asked for"
)]
const fn low_byte(number: u64) -> u8 {
    number as u8
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}
