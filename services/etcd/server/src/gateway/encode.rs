//! Messages as JSON: the names of the .proto files, 64-bit numbers as texts, bytes in base64, what is zero left out.
//!
//! Source: protobuf-go encoding/protojson encode.go, with `UseProtoNames`.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::{Buf as _, Bytes};
use prost::encoding::{WireType, decode_key, decode_varint};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

/// The bytes are not those of the message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Malformed;

impl From<prost::DecodeError> for Malformed {
    fn from(_: prost::DecodeError) -> Self {
        Self
    }
}

/// A value as it is on the wire.
enum Value {
    Integer(u64),
    Bytes(Bytes),
}

/// Appends a message.
///
/// # Errors
/// [`Malformed`] when the bytes are not those of the message.
pub(super) fn encode(
    message: &MessageDescriptor,
    bytes: Bytes,
    out: &mut String,
) -> Result<(), Malformed> {
    let mut values = split(bytes)?;
    values.sort_by_key(|(number, _)| *number); // stable: lists keep their order
    out.push('{');
    let mut is_first = true;
    for group in values.chunk_by(|(a, _), (b, _)| a == b) {
        let Some(field) = group
            .first()
            .and_then(|(number, _)| message.get_field(*number))
        else {
            continue;
        };
        if !std::mem::take(&mut is_first) {
            out.push(',');
        }
        put_text(field.name(), out);
        out.push(':');
        if field.is_list() {
            list(&field, group, out)?;
        } else if let Some((_, value)) = group.last() {
            single(&field, value, out)?;
        }
    }
    out.push('}');
    Ok(())
}

fn split(mut bytes: Bytes) -> Result<Vec<(u32, Value)>, Malformed> {
    let mut values = Vec::new();
    while bytes.has_remaining() {
        let (number, wire_type) = decode_key(&mut bytes)?;
        let value = match wire_type {
            WireType::Varint => Value::Integer(decode_varint(&mut bytes)?),
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut bytes)?).map_err(|_| Malformed)?;
                if length > bytes.len() {
                    return Err(Malformed);
                }
                Value::Bytes(bytes.split_to(length))
            }
            // No message of etcd has such fields.
            _ => return Err(Malformed),
        };
        values.push((number, value));
    }
    Ok(values)
}

fn list(
    field: &FieldDescriptor,
    values: &[(u32, Value)],
    out: &mut String,
) -> Result<(), Malformed> {
    out.push('[');
    let mut is_first = true;
    let mut put = |value: &Value, out: &mut String| {
        if !std::mem::take(&mut is_first) {
            out.push(',');
        }
        single(field, value, out)
    };
    for (_, value) in values {
        match value {
            Value::Bytes(packed) if field.is_packed() => {
                let mut packed = packed.clone();
                while packed.has_remaining() {
                    put(&Value::Integer(decode_varint(&mut packed)?), out)?;
                }
            }
            value => put(value, out)?,
        }
    }
    out.push(']');
    Ok(())
}

fn single(field: &FieldDescriptor, value: &Value, out: &mut String) -> Result<(), Malformed> {
    match (field.kind(), value) {
        (Kind::Message(message), Value::Bytes(bytes)) => {
            return encode(&message, bytes.clone(), out);
        }
        (Kind::Bytes, Value::Bytes(bytes)) => {
            out.push('"');
            STANDARD.encode_string(bytes, out);
            out.push('"');
        }
        (Kind::String, Value::Bytes(text)) => {
            put_text(std::str::from_utf8(text).map_err(|_| Malformed)?, out);
        }
        (Kind::Bool, Value::Integer(value)) => {
            out.push_str(if *value == 0 { "false" } else { "true" })
        }
        (Kind::Int64, Value::Integer(value)) => {
            put(out, format_args!("\"{}\"", value.cast_signed()))
        }
        (Kind::Uint64, Value::Integer(value)) => put(out, format_args!("\"{value}\"")),
        (Kind::Uint32, Value::Integer(value)) => put(out, format_args!("{value}")),
        (Kind::Enum(names), Value::Integer(value)) => {
            let number = i32::try_from(value.cast_signed()).map_err(|_| Malformed)?;
            match names.get_value(number) {
                Some(known) => put_text(known.name(), out),
                None => put(out, format_args!("{number}")),
            }
        }
        _ => return Err(Malformed),
    }
    Ok(())
}

fn put(out: &mut String, value: std::fmt::Arguments<'_>) {
    out.write_fmt(value).expect("a string takes all text");
}

/// Appends a text in quotes.
pub(super) fn put_text(text: &str, out: &mut String) {
    // Both escape what has to be, and nothing else.
    out.push_str(&serde_json::Value::from(text).to_string());
}
