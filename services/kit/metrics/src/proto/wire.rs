//! The protobuf wire format: varints, tags, fixed numbers, length-delimited fields, and skipping what is not known.
//! Which field means what is left to `value` and `family`.
//!
//! Source: google.golang.org/protobuf v1.36 encoding/protowire.

use super::ProtoError;

/// How deep groups, which no message of ours has, may nest before they count as an attack. Upstream: 10,000 as well.
const GROUP_DEPTH_MAX: usize = 10_000;

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

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// The value of one field as the wire type gives it. A field of a wire type that its definition does not have is unknown, as upstream.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    /// A group or a 32-bit number, which no message of ours has.
    Other,
}

impl<'a> Field<'a> {
    pub(super) const fn uint(self) -> Option<u64> {
        if let Self::Varint(number) = self {
            Some(number)
        } else {
            None
        }
    }

    pub(super) const fn double(self) -> Option<f64> {
        if let Self::Fixed64(bits) = self {
            Some(f64::from_bits(bits))
        } else {
            None
        }
    }

    pub(super) const fn bytes(self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self {
            Some(bytes)
        } else {
            None
        }
    }

    pub(super) fn int64(self) -> Option<i64> {
        self.uint().map(|number| number as i64)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "protobuf cuts a number that is too large for its field"
    )]
    pub(super) fn uint32(self) -> Option<u32> {
        self.uint().map(|number| number as u32)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "protobuf cuts a number that is too large for its field"
    )]
    pub(super) fn int32(self) -> Option<i32> {
        self.uint().map(|number| number as i32)
    }

    pub(super) fn sint64(self) -> Option<i64> {
        self.uint().map(unzigzag)
    }

    pub(super) fn sint32(self) -> Option<i32> {
        self.uint32()
            .map(|number| (number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// Calls `add` for each number of a repeated zigzag field, packed or not.
    pub(super) fn each_sint(
        self,
        mut add: impl FnMut(i64) -> Result<(), ProtoError>,
    ) -> Result<(), ProtoError> {
        match self {
            Self::Varint(number) => add(unzigzag(number)),
            Self::Bytes(bytes) => {
                let mut reader = Reader::new(bytes);
                while !reader.is_empty() {
                    add(unzigzag(reader.varint()?))?;
                }
                Ok(())
            }
            Self::Fixed64(_) | Self::Other => Ok(()),
        }
    }

    /// Calls `add` for each number of a repeated double field, packed or not.
    pub(super) fn each_double(
        self,
        mut add: impl FnMut(f64) -> Result<(), ProtoError>,
    ) -> Result<(), ProtoError> {
        match self {
            Self::Fixed64(bits) => add(f64::from_bits(bits)),
            Self::Bytes(bytes) => {
                let (numbers, rest) = bytes.as_chunks::<8>();
                if !rest.is_empty() {
                    return Err(ProtoError::InvalidWireFormat);
                }
                numbers
                    .iter()
                    .try_for_each(|number| add(f64::from_le_bytes(*number)))
            }
            Self::Varint(_) | Self::Other => Ok(()),
        }
    }
}

/// Reads the fields of one message, in the order they stand.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the next field with its number, `None` at the end of the message.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, ProtoError> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let (number, wire_type) = self.tag()?;
        let field = match wire_type {
            WIRE_START_GROUP => self.skip_group(number)?,
            _ => self.field(wire_type)?,
        };
        Ok(Some((number, field)))
    }

    /// Returns what was not read yet.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn varint(&mut self) -> Result<u64, ProtoError> {
        let mut number = 0;
        for (index, byte) in self.bytes.iter().take(10).enumerate() {
            if index == 9 && *byte > 1 {
                break;
            }
            number |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.bytes = &self.bytes[index + 1..];
                return Ok(number);
            }
        }
        Err(ProtoError::InvalidWireFormat)
    }

    fn tag(&mut self) -> Result<(u32, u64), ProtoError> {
        const NUMBER_MAX: u32 = (1 << 29) - 1;
        let tag = self.varint()?;
        match u32::try_from(tag >> 3) {
            Ok(number @ 1..=NUMBER_MAX) => Ok((number, tag & 7)),
            _ => Err(ProtoError::InvalidWireFormat),
        }
    }

    fn field(&mut self, wire_type: u64) -> Result<Field<'a>, ProtoError> {
        match wire_type {
            WIRE_VARINT => self.varint().map(Field::Varint),
            WIRE_FIXED64 => self.take(8).map(|bytes| {
                Field::Fixed64(u64::from_le_bytes(
                    bytes.try_into().expect("eight bytes taken"),
                ))
            }),
            WIRE_FIXED32 => self.take(4).map(|_| Field::Other),
            WIRE_BYTES => {
                let length = self.varint()?;
                self.take(length).map(Field::Bytes)
            }
            _ => Err(ProtoError::InvalidWireFormat),
        }
    }

    pub(super) fn take(&mut self, length: u64) -> Result<&'a [u8], ProtoError> {
        let split = usize::try_from(length)
            .ok()
            .and_then(|length| self.bytes.split_at_checked(length));
        let (bytes, rest) = split.ok_or(ProtoError::InvalidWireFormat)?;
        self.bytes = rest;
        Ok(bytes)
    }

    /// Skips to the end of a group, whose start was just read. Open groups are kept in a list, not on the stack of this thread.
    fn skip_group(&mut self, number: u32) -> Result<Field<'a>, ProtoError> {
        let mut open = vec![number];
        while let Some(innermost) = open.last() {
            let (number, wire_type) = self.tag()?;
            match wire_type {
                WIRE_START_GROUP if open.len() < GROUP_DEPTH_MAX => open.push(number),
                WIRE_END_GROUP if number == *innermost => drop(open.pop()),
                _ => drop(self.field(wire_type)?),
            }
        }
        Ok(Field::Other)
    }
}
