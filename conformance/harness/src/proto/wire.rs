//! Wire bytes to text form, and the small pieces both directions share.

use std::fmt::Write as _;

use super::schema::{FAMILY, Kind, Message, TYPES};

/// Decodes families with lengths before them, one text line each.
///
/// # Errors
/// A text that says where the bytes stop making sense.
pub fn decode_delimited(mut bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    while !bytes.is_empty() {
        let message = take_bytes(&mut bytes)?;
        let mut line = String::new();
        write_message(&FAMILY, message, &mut line)?;
        lines.push(line);
    }
    Ok(lines)
}

fn write_message(message: &Message, mut bytes: &[u8], text: &mut String) -> Result<(), String> {
    while !bytes.is_empty() {
        let tag = take_varint(&mut bytes)?;
        let number = u32::try_from(tag >> 3).map_err(|_| "field number out of range")?;
        let separator = if text.is_empty() || text.ends_with('{') {
            ""
        } else {
            " "
        };
        let (name, kind) = message
            .by_number(number)
            .ok_or_else(|| format!("unknown field {number}"))?;
        if let Kind::Message(inner) = kind {
            let _ = write!(text, "{separator}{name}{{");
            write_message(inner, take_bytes(&mut bytes)?, text)?;
            text.push('}');
            continue;
        }
        if tag & 7 == 2 && !matches!(kind, Kind::Text) {
            let mut packed = take_bytes(&mut bytes)?;
            while !packed.is_empty() {
                let value = scalar(kind, &mut packed)?;
                let separator = if text.ends_with('{') { "" } else { " " };
                let _ = write!(text, "{separator}{name}:{value}");
            }
            continue;
        }
        let value = scalar(kind, &mut bytes)?;
        let _ = write!(text, "{separator}{name}:{value}");
    }
    Ok(())
}

fn scalar(kind: Kind, bytes: &mut &[u8]) -> Result<String, String> {
    Ok(match kind {
        Kind::Text => quote(take_bytes(bytes)?),
        Kind::Double => {
            let (head, rest) = bytes
                .split_first_chunk::<8>()
                .ok_or("a double is cut off")?;
            *bytes = rest;
            format_double(f64::from_le_bytes(*head))
        }
        Kind::Unsigned => take_varint(bytes)?.to_string(),
        Kind::Signed => take_varint(bytes)?.cast_signed().to_string(),
        Kind::ZigZag => {
            let value = take_varint(bytes)?;
            ((value >> 1).cast_signed() ^ -(value & 1).cast_signed()).to_string()
        }
        Kind::Type => {
            let value = take_varint(bytes)?;
            let name = usize::try_from(value)
                .ok()
                .and_then(|value| TYPES.get(value));
            name.map_or_else(|| value.to_string(), |name| (*name).to_owned())
        }
        Kind::Message(_) => return Err("a message is no scalar".to_owned()),
    })
}

/// Writes a double so that it reads back the same: `NaN`, `+Inf`, `-Inf`, else the shortest digits.
#[must_use]
pub fn format_double(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = value.abs();
    if value != 0.0 && !(1e-5..1e15).contains(&magnitude) && !value.is_nan() {
        return format!("{value:e}");
    }
    value.to_string()
}

fn quote(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                _ => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text.push('"');
    text
}

pub(super) fn put_varint(bytes: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
    }
}

pub(super) fn put_tag(bytes: &mut Vec<u8>, number: u32, wire_type: u32) {
    put_varint(bytes, u64::from(number << 3 | wire_type));
}

pub(super) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn take_varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or("a number is cut off")?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("a number is too long".to_owned())
}

fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let length = take_varint(bytes)?;
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= bytes.len())
        .ok_or("a field is cut off")?;
    let (taken, rest) = bytes.split_at(length);
    *bytes = rest;
    Ok(taken)
}
