//! Fields read one after the other, and skipping of what is not known.

use super::{
    super::ProtoError, WIRE_BYTES, WIRE_END_GROUP, WIRE_FIXED32, WIRE_FIXED64, WIRE_START_GROUP,
    WIRE_VARINT,
};

/// How deep groups, which no message of ours has, may nest before they count as an attack. Upstream: 10,000 as well.
const GROUP_DEPTH_MAX: usize = 10_000;

/// The value of one field as the wire type gives it. A field of a wire type that its definition does not have is unknown, as upstream.
#[derive(Clone, Copy, Debug)]
pub(in crate::proto) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    /// A group or a 32-bit number, which no message of ours has.
    Other,
}

impl<'a> Field<'a> {
    pub(in crate::proto) const fn uint(self) -> Option<u64> {
        if let Self::Varint(number) = self {
            Some(number)
        } else {
            None
        }
    }

    pub(in crate::proto) const fn double(self) -> Option<f64> {
        if let Self::Fixed64(bits) = self {
            Some(f64::from_bits(bits))
        } else {
            None
        }
    }

    pub(in crate::proto) const fn bytes(self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self {
            Some(bytes)
        } else {
            None
        }
    }

    pub(in crate::proto) fn int64(self) -> Option<i64> {
        self.uint().map(|number| number as i64)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "protobuf cuts a number that is too large for its field"
    )]
    pub(in crate::proto) fn uint32(self) -> Option<u32> {
        self.uint().map(|number| number as u32)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "protobuf cuts a number that is too large for its field"
    )]
    pub(in crate::proto) fn int32(self) -> Option<i32> {
        self.uint().map(|number| number as i32)
    }

    pub(in crate::proto) fn sint64(self) -> Option<i64> {
        self.uint().map(unzigzag)
    }

    pub(in crate::proto) fn sint32(self) -> Option<i32> {
        self.uint32()
            .map(|number| (number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// Calls `add` for each number of a repeated zigzag field, packed or not.
    pub(in crate::proto) fn each_sint(
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
    pub(in crate::proto) fn each_double(
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
pub(in crate::proto) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(in crate::proto) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(in crate::proto) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the next field with its number, `None` at the end of the message.
    pub(in crate::proto) fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, ProtoError> {
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
    pub(in crate::proto) const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    #[inline]
    pub(in crate::proto) fn varint(&mut self) -> Result<u64, ProtoError> {
        // Nearly all tags and lengths are one byte.
        if let [byte @ 0..0x80, rest @ ..] = self.bytes {
            self.bytes = rest;
            return Ok(u64::from(*byte));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64, ProtoError> {
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

    pub(in crate::proto) fn take(&mut self, length: u64) -> Result<&'a [u8], ProtoError> {
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

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}
