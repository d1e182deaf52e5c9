//! Messages from their JSON: names of either spelling, numbers as numbers or texts, bytes in base64; what is not known is passed over.
//!
//! The text is one value that [`Values`](super::value::Values) has found to be JSON, so only its meaning can be wrong here.
//!
//! Source: protobuf-go encoding/protojson decode.go.

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::token::{Reader, Token};

/// Makes the bytes of a message.
///
/// # Errors
/// Upstream's words for what is wrong.
pub(super) fn decode(message: &MessageDescriptor, json: &[u8]) -> Result<Vec<u8>, String> {
    let mut reader = Reader::new(json);
    let mut bytes = Vec::with_capacity(json.len());
    object(&mut reader, message, &mut bytes)?;
    Ok(bytes)
}

fn object(
    reader: &mut Reader<'_>,
    message: &MessageDescriptor,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let (at, first) = reader.next();
    if !matches!(first, Token::ObjectBegin) {
        return Err(reader.unexpected(at, &first));
    }
    let mut seen: Vec<u32> = Vec::new();
    loop {
        let (at, token) = reader.next();
        let name = match token {
            Token::ObjectEnd => return Ok(()),
            Token::Comma => continue,
            Token::Text(raw) => raw,
            other => return Err(reader.unexpected(at, &other)),
        };
        reader.next(); // the colon
        let text = reader.text(at, name)?;
        let field = message
            .get_field_by_json_name(&text)
            .or_else(|| message.get_field_by_name(&text));
        let Some(field) = field else {
            reader.skip_value();
            continue;
        };
        if matches!(reader.peek(), Token::Null) {
            reader.skip_value();
            continue;
        }
        if seen.contains(&field.number()) {
            return Err(reader.fault(
                at,
                &format!("duplicate field {}", String::from_utf8_lossy(name)),
            ));
        }
        let union = field.containing_oneof();
        let union_fields = union
            .iter()
            .flat_map(|union| union.fields().collect::<Vec<_>>());
        if union_fields
            .into_iter()
            .any(|other| seen.contains(&other.number()))
        {
            let union = union
                .map(|it| it.full_name().to_owned())
                .unwrap_or_default();
            let name = String::from_utf8_lossy(name);
            return Err(reader.fault(
                at,
                &format!("error parsing {name}, oneof {union} is already set"),
            ));
        }
        seen.push(field.number());
        value(reader, &field, out)?;
    }
}

/// Reads the value of a field, and writes it with its key.
fn value(
    reader: &mut Reader<'_>,
    field: &FieldDescriptor,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    if !field.is_list() {
        return single(reader, field, out, field.supports_presence());
    }
    let (at, first) = reader.next();
    if !matches!(first, Token::ArrayBegin) {
        return Err(reader.unexpected(at, &first));
    }
    loop {
        match reader.peek() {
            Token::ArrayEnd => {
                reader.next();
                return Ok(());
            }
            Token::Comma => {
                reader.next();
            }
            _ => single(reader, field, out, true)?,
        }
    }
}

/// Reads one value. Without `keeps_zero` a value that is the field's default is left out, as encoders do.
fn single(
    reader: &mut Reader<'_>,
    field: &FieldDescriptor,
    out: &mut Vec<u8>,
    keeps_zero: bool,
) -> Result<(), String> {
    let number = field.number();
    if let Kind::Message(message) = field.kind() {
        let mut inner = Vec::new();
        object(reader, &message, &mut inner)?;
        put_bytes(out, number, &inner);
        return Ok(());
    }
    let (at, token) = reader.next();
    match (field.kind(), &token) {
        (Kind::Bytes, Token::Text(raw)) => {
            if let Some(bytes) = base64(&reader.text(at, raw)?) {
                if keeps_zero || !bytes.is_empty() {
                    put_bytes(out, number, &bytes);
                }
                return Ok(());
            }
        }
        (Kind::String, Token::Text(raw)) => {
            let text = reader.text(at, raw)?;
            if keeps_zero || !text.is_empty() {
                put_bytes(out, number, text.as_bytes());
            }
            return Ok(());
        }
        (Kind::Enum(names), Token::Text(raw)) => {
            let text = reader.text(at, raw)?;
            // Upstream passes over names it does not know.
            if let Some(known) = names.get_value_by_name(&text) {
                put_integer(
                    out,
                    number,
                    i64::from(known.number()).cast_unsigned(),
                    keeps_zero,
                );
            }
            return Ok(());
        }
        (Kind::Bool, Token::True | Token::False) => {
            let value = u64::from(matches!(token, Token::True));
            put_integer(out, number, value, keeps_zero);
            return Ok(());
        }
        (kind, Token::Number(raw)) => {
            if let Some(integer) = integer(&kind, raw) {
                put_integer(out, number, integer, keeps_zero);
                return Ok(());
            }
        }
        (kind, Token::Text(raw)) => {
            if let Some(integer) = integer(&kind, reader.text(at, raw)?.as_bytes()) {
                put_integer(out, number, integer, keeps_zero);
                return Ok(());
            }
        }
        _ => {}
    }
    let kind = kind_name(&field.kind());
    let text = format!(
        "invalid value for {kind} field {}: {}",
        field.json_name(),
        token.raw()
    );
    Err(reader.fault(at, &text))
}

fn put_integer(out: &mut Vec<u8>, number: u32, value: u64, keeps_zero: bool) {
    if keeps_zero || value != 0 {
        encode_key(number, WireType::Varint, out);
        encode_varint(value, out);
    }
}

fn put_bytes(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Reads an integer of a kind from a JSON number, which may be written with a fraction or exponent as long as it is whole.
fn integer(kind: &Kind, raw: &[u8]) -> Option<u64> {
    let value = whole(std::str::from_utf8(raw).ok()?)?;
    match kind {
        Kind::Int64 => i64::try_from(value).ok().map(i64::cast_unsigned),
        Kind::Uint64 => u64::try_from(value).ok(),
        Kind::Uint32 => u32::try_from(value).ok().map(u64::from),
        Kind::Int32 | Kind::Enum(_) => i32::try_from(value)
            .ok()
            .map(|it| i64::from(it).cast_unsigned()),
        _ => None,
    }
}

fn whole(text: &str) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_negative = integer.starts_with('-');
    let digits = [integer.trim_start_matches('-'), fraction].concat();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let trimmed = digits.trim_start_matches('0').trim_end_matches('0');
    let tens = shift.checked_add(i32::try_from(trailing_zeros(&digits)).ok()?)?;
    if !is_number || (tens < 0 && !trimmed.is_empty()) || trimmed.len() > 38 {
        return None;
    }
    let value = match trimmed {
        "" => 0,
        _ => trimmed
            .parse::<i128>()
            .ok()?
            .checked_mul(10_i128.checked_pow(u32::try_from(tens).ok()?)?)?,
    };
    Some(if is_negative { -value } else { value })
}

fn trailing_zeros(digits: &str) -> usize {
    digits.len() - digits.trim_end_matches('0').len()
}

/// Reads base64 of either alphabet, with or without padding; line ends within do not count, as in Go.
fn base64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) {
        &URL_SAFE
    } else {
        &STANDARD
    };
    let is_padded = text.len().is_multiple_of(4);
    if !is_padded && text.contains('=') {
        return None;
    }
    let text: String = text
        .chars()
        .filter(|it| !matches!(it, '\r' | '\n'))
        .collect();
    GeneralPurpose::new(alphabet, config).decode(text).ok()
}

fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Int64 => "int64",
        Kind::Uint64 => "uint64",
        Kind::Int32 => "int32",
        Kind::Uint32 => "uint32",
        Kind::Bool => "bool",
        Kind::String => "string",
        Kind::Bytes => "bytes",
        Kind::Enum(_) => "enum",
        _ => "message",
    }
}
