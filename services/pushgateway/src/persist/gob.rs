//! As much of Go's gob encoding as a snapshot needs: numbers, byte strings, type definitions, and stepping over values.
//!
//! Every length is checked against the bytes that are there; nothing is allocated by what the input says.
//!
//! Source: Go encoding/gob package documentation, "Encoding Details".

use std::collections::HashMap;

/// Why a gob stream cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum GobError {
    #[error("unexpected EOF")]
    Truncated,
    #[error("gob: malformed number")]
    Number,
    #[error("gob: field out of range")]
    Field,
    #[error("gob: bad data: undefined type {0}")]
    UndefinedType(i64),
    #[error("gob: type mismatch: expected {0}")]
    Mismatch(&'static str),
    #[error("gob: types nested too deeply")]
    Depth,
    #[error("gob: no value in the stream")]
    NoValue,
}

/// Deepest nesting of types that is followed; snapshots have four.
const DEPTH_MAX: u32 = 32;

const BOOL: i64 = 1;
const INT: i64 = 2;
const UINT: i64 = 3;
const FLOAT: i64 = 4;
const BYTES: i64 = 5;
const STRING: i64 = 6;
const COMPLEX: i64 = 7;

/// Reads the primitive values of a message.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads an unsigned number: one byte below 128, or the negated count of the big-endian bytes that follow.
    pub(crate) fn uint(&mut self) -> Result<u64, GobError> {
        let first = self.take(1)?[0];
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        let count = usize::from(first.wrapping_neg());
        if count > 8 {
            return Err(GobError::Number);
        }
        Ok(self
            .take(count)?
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Reads a signed number: the lowest bit says whether the rest is complemented.
    pub(crate) fn int(&mut self) -> Result<i64, GobError> {
        let number = self.uint()?;
        let half = (number >> 1).cast_signed();
        Ok(if number & 1 == 0 { half } else { !half })
    }

    /// Reads a byte string, which is also how strings and marshalled values are written.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], GobError> {
        let length = self.uint()?;
        self.take(usize::try_from(length).map_err(|_| GobError::Truncated)?)
    }

    /// Reads the number of the next field of a struct after `field`; `None` at the end of the struct.
    pub(crate) fn field_after(&mut self, field: i64) -> Result<Option<i64>, GobError> {
        match i64::try_from(self.uint()?).map_err(|_| GobError::Field)? {
            0 => Ok(None),
            delta => field.checked_add(delta).map(Some).ok_or(GobError::Field),
        }
    }

    /// Reads the next message of a stream: a length and that many bytes.
    pub(crate) fn message(&mut self) -> Result<Self, GobError> {
        self.bytes().map(Self::new)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], GobError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(GobError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// A type as the stream defines it.
#[derive(Clone, Debug)]
pub(crate) enum Type {
    /// Slice or array.
    List {
        element: i64,
    },
    Map {
        key: i64,
        element: i64,
    },
    /// Field names and types in order.
    Struct {
        fields: Vec<(String, i64)>,
    },
    /// A value that marshalled itself to bytes.
    Marshalled,
}

/// The types defined so far. Their numbers differ between writers, so nothing is assumed of them.
#[derive(Debug, Default)]
pub(crate) struct Types {
    defined: HashMap<i64, Type>,
}

impl Types {
    /// Reads definitions up to the first value; returns its type and where it starts.
    pub(crate) fn read_until_value<'a>(
        &mut self,
        stream: &mut Reader<'a>,
    ) -> Result<(i64, Reader<'a>), GobError> {
        while !stream.is_at_end() {
            let mut message = stream.message()?;
            let id = message.int()?;
            if id >= 0 {
                return Ok((id, message));
            }
            let definition = definition(&mut message)?;
            self.defined
                .insert(id.checked_neg().ok_or(GobError::Number)?, definition);
        }
        Err(GobError::NoValue)
    }

    pub(crate) fn get(&self, id: i64) -> Result<&Type, GobError> {
        self.defined.get(&id).ok_or(GobError::UndefinedType(id))
    }

    /// Returns the element type of a map whose keys are strings.
    pub(crate) fn string_map(&self, id: i64) -> Result<i64, GobError> {
        match self.get(id)? {
            Type::Map {
                key: STRING,
                element,
            } => Ok(*element),
            _ => Err(GobError::Mismatch("a map of strings")),
        }
    }

    /// Fails unless the type is a string.
    pub(crate) const fn expect_string(id: i64) -> Result<(), GobError> {
        if id == STRING {
            Ok(())
        } else {
            Err(GobError::Mismatch("a string"))
        }
    }

    /// Fails unless the type marshals itself.
    pub(crate) fn expect_marshalled(&self, id: i64) -> Result<(), GobError> {
        match self.get(id)? {
            Type::Marshalled => Ok(()),
            _ => Err(GobError::Mismatch("a marshalled value")),
        }
    }

    /// Steps over a value.
    pub(crate) fn skip(&self, reader: &mut Reader<'_>, id: i64) -> Result<(), GobError> {
        self.skip_nested(reader, id, 0)
    }

    fn skip_nested(&self, reader: &mut Reader<'_>, id: i64, depth: u32) -> Result<(), GobError> {
        if depth > DEPTH_MAX {
            return Err(GobError::Depth);
        }
        match id {
            BOOL | INT | UINT | FLOAT => reader.uint().map(drop),
            BYTES | STRING => reader.bytes().map(drop),
            COMPLEX => reader.uint().and_then(|_| reader.uint()).map(drop),
            _ => match self.get(id)? {
                Type::Marshalled => reader.bytes().map(drop),
                Type::List { element } => self.skip_elements(reader, &[*element], depth),
                Type::Map { key, element } => self.skip_elements(reader, &[*key, *element], depth),
                Type::Struct { fields } => {
                    let mut field = -1;
                    while let Some(next) = reader.field_after(field)? {
                        let (_, id) = field_of(fields, next)?;
                        self.skip_nested(reader, *id, depth + 1)?;
                        field = next;
                    }
                    Ok(())
                }
            },
        }
    }

    fn skip_elements(
        &self,
        reader: &mut Reader<'_>,
        parts: &[i64],
        depth: u32,
    ) -> Result<(), GobError> {
        for _ in 0..reader.uint()? {
            for id in parts {
                self.skip_nested(reader, *id, depth + 1)?;
            }
        }
        Ok(())
    }
}

/// Returns a field of a struct by its number.
pub(crate) fn field_of(fields: &[(String, i64)], number: i64) -> Result<&(String, i64), GobError> {
    usize::try_from(number)
        .ok()
        .and_then(|number| fields.get(number))
        .ok_or(GobError::Field)
}

/// Reads a type definition: a struct with one field set, whose number says what kind of type it is.
fn definition(message: &mut Reader<'_>) -> Result<Type, GobError> {
    let mut read = None;
    let mut field = -1;
    while let Some(next) = message.field_after(field)? {
        field = next;
        let kind = match field {
            0 | 1 => list_definition(message)?,
            2 => struct_definition(message)?,
            3 => map_definition(message)?,
            4..=6 => {
                numbered_fields(message, |_, _| Err(GobError::Field))?;
                Type::Marshalled
            }
            _ => return Err(GobError::Field),
        };
        read = Some(kind);
    }
    read.ok_or(GobError::Mismatch("a type definition"))
}

fn list_definition(message: &mut Reader<'_>) -> Result<Type, GobError> {
    let mut element = 0;
    numbered_fields(message, |reader, field| {
        let number = reader.int()?;
        match field {
            1 => element = number,
            2 => {} // the length of an array
            _ => return Err(GobError::Field),
        }
        Ok(())
    })?;
    Ok(Type::List { element })
}

fn map_definition(message: &mut Reader<'_>) -> Result<Type, GobError> {
    let (mut key, mut element) = (0, 0);
    numbered_fields(message, |reader, field| {
        match field {
            1 => key = reader.int()?,
            2 => element = reader.int()?,
            _ => return Err(GobError::Field),
        }
        Ok(())
    })?;
    Ok(Type::Map { key, element })
}

fn struct_definition(message: &mut Reader<'_>) -> Result<Type, GobError> {
    let mut fields = Vec::new();
    numbered_fields(message, |reader, field| {
        if field != 1 {
            return Err(GobError::Field);
        }
        for _ in 0..reader.uint()? {
            fields.push(field_definition(reader)?);
        }
        Ok(())
    })?;
    Ok(Type::Struct { fields })
}

fn field_definition(reader: &mut Reader<'_>) -> Result<(String, i64), GobError> {
    let (mut name, mut id) = (String::new(), 0);
    let mut field = -1;
    while let Some(next) = reader.field_after(field)? {
        field = next;
        match field {
            0 => name = String::from_utf8_lossy(reader.bytes()?).into_owned(),
            1 => id = reader.int()?,
            _ => return Err(GobError::Field),
        }
    }
    Ok((name, id))
}

/// Reads a definition's own struct: field 0 is the common part (name and number), which is of no use; the others are for `other`.
fn numbered_fields<'a>(
    reader: &mut Reader<'a>,
    mut other: impl FnMut(&mut Reader<'a>, i64) -> Result<(), GobError>,
) -> Result<(), GobError> {
    let mut field = -1;
    while let Some(next) = reader.field_after(field)? {
        field = next;
        if field == 0 {
            field_definition(reader)?;
        } else {
            other(reader, field)?;
        }
    }
    Ok(())
}

/// Appends an unsigned number.
pub(crate) fn put_uint(out: &mut Vec<u8>, number: u64) {
    match u8::try_from(number) {
        Ok(small @ 0..0x80) => out.push(small),
        _ => {
            let bytes = number.to_be_bytes();
            let skipped = bytes.iter().take_while(|byte| **byte == 0).count();
            let bytes = &bytes[skipped..];
            let count = u8::try_from(bytes.len()).expect("a number has eight bytes");
            out.push(count.wrapping_neg());
            out.extend_from_slice(bytes);
        }
    }
}

/// Appends a byte string.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_uint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests;
