//! Protobuf text, as error messages show a metric and as `encoding=text` answers show a family.
//!
//! Works on the wire bytes with the table of fields below, which stands in the order of the definition, not of the numbers.
//!
//! Source: google.golang.org/protobuf v1.36 encoding/prototext; its unstable spacing is always one space here.

use super::{
    encode,
    wire::{Field, Reader},
};
use crate::{
    float::format_float,
    model::{Label, MetricType, Value},
};

/// Returns a metric on one line: `label:{name:"job" value:"a"} gauge:{value:1}`.
#[must_use]
pub fn metric<'a>(labels: impl IntoIterator<Item = Label<'a>>, value: &Value) -> String {
    let mut bytes = Vec::new();
    encode::put_metric_payload(&mut bytes, labels, value);
    print(&bytes, METRIC, None)
}

/// Returns a family, given as the payload that [`encode::family`] wrote, on one line.
#[must_use]
pub fn family_on_one_line(payload: &[u8]) -> String {
    print(payload, FAMILY, None)
}

/// Returns a family, given as the payload that [`encode::family`] wrote, one field a line, indented by two spaces. The last line
/// ends too; exposition puts an empty one behind it.
#[must_use]
pub fn family_indented(payload: &[u8]) -> String {
    print(payload, FAMILY, Some(0)) + "\n"
}

/// What a field holds.
#[derive(Clone, Copy)]
enum Kind {
    Double,
    Uint,
    Int,
    Sint,
    Text,
    Type,
    Message(&'static [FieldOf]),
}

/// Name, number and kind of a field.
type FieldOf = (&'static str, u32, Kind);

const FAMILY: &[FieldOf] = &[
    ("name", 1, Kind::Text),
    ("help", 2, Kind::Text),
    ("type", 3, Kind::Type),
    ("metric", 4, Kind::Message(METRIC)),
    ("unit", 5, Kind::Text),
];
const METRIC: &[FieldOf] = &[
    ("label", 1, Kind::Message(LABEL)),
    ("gauge", 2, Kind::Message(NUMBER)),
    ("counter", 3, Kind::Message(COUNTER)),
    ("summary", 4, Kind::Message(SUMMARY)),
    ("untyped", 5, Kind::Message(NUMBER)),
    ("histogram", 7, Kind::Message(HISTOGRAM)),
];
const LABEL: &[FieldOf] = &[("name", 1, Kind::Text), ("value", 2, Kind::Text)];
const NUMBER: &[FieldOf] = &[("value", 1, Kind::Double)];
const COUNTER: &[FieldOf] = &[
    ("value", 1, Kind::Double),
    ("exemplar", 2, Kind::Message(EXEMPLAR)),
    ("created_timestamp", 3, Kind::Message(TIMESTAMP)),
];
const SUMMARY: &[FieldOf] = &[
    ("sample_count", 1, Kind::Uint),
    ("sample_sum", 2, Kind::Double),
    (
        "quantile",
        3,
        Kind::Message(&[("quantile", 1, Kind::Double), ("value", 2, Kind::Double)]),
    ),
    ("created_timestamp", 4, Kind::Message(TIMESTAMP)),
];
const HISTOGRAM: &[FieldOf] = &[
    ("sample_count", 1, Kind::Uint),
    ("sample_count_float", 4, Kind::Double),
    ("sample_sum", 2, Kind::Double),
    ("bucket", 3, Kind::Message(BUCKET)),
    ("created_timestamp", 15, Kind::Message(TIMESTAMP)),
    ("schema", 5, Kind::Sint),
    ("zero_threshold", 6, Kind::Double),
    ("zero_count", 7, Kind::Uint),
    ("zero_count_float", 8, Kind::Double),
    ("negative_span", 9, Kind::Message(SPAN)),
    ("negative_delta", 10, Kind::Sint),
    ("negative_count", 11, Kind::Double),
    ("positive_span", 12, Kind::Message(SPAN)),
    ("positive_delta", 13, Kind::Sint),
    ("positive_count", 14, Kind::Double),
    ("exemplars", 16, Kind::Message(EXEMPLAR)),
];
const BUCKET: &[FieldOf] = &[
    ("cumulative_count", 1, Kind::Uint),
    ("cumulative_count_float", 4, Kind::Double),
    ("upper_bound", 2, Kind::Double),
    ("exemplar", 3, Kind::Message(EXEMPLAR)),
];
const SPAN: &[FieldOf] = &[("offset", 1, Kind::Sint), ("length", 2, Kind::Uint)];
const EXEMPLAR: &[FieldOf] = &[
    ("label", 1, Kind::Message(LABEL)),
    ("value", 2, Kind::Double),
    ("timestamp", 3, Kind::Message(TIMESTAMP)),
];
const TIMESTAMP: &[FieldOf] = &[("seconds", 1, Kind::Int), ("nanos", 2, Kind::Int)];

fn print(payload: &[u8], fields: &'static [FieldOf], indent: Option<usize>) -> String {
    let mut out = Vec::new();
    print_message(&mut out, payload, fields, indent);
    // Text is escaped, so that only a value that is UTF-8 stands unescaped.
    String::from_utf8_lossy(&out).into_owned()
}

/// Writes the fields of a message in the order of its table; `indent` is the depth when each gets a line of its own.
fn print_message(
    out: &mut Vec<u8>,
    payload: &[u8],
    fields: &'static [FieldOf],
    indent: Option<usize>,
) {
    let mut is_first = true;
    for (name, number, kind) in fields {
        let mut reader = Reader::new(payload);
        while let Ok(Some((found, field))) = reader.next() {
            if found != *number {
                continue;
            }
            match indent {
                Some(depth) if !is_first || depth > 0 => new_line(out, depth),
                None if !is_first => out.push(b' '),
                _ => {}
            }
            is_first = false;
            out.extend_from_slice(name.as_bytes());
            out.push(b':');
            if indent.is_some() {
                out.push(b' ');
            }
            print_field(out, field, *kind, indent);
        }
    }
    if let Some(depth) = indent.filter(|depth| *depth > 0 && !is_first) {
        new_line(out, depth - 1);
    }
}

fn print_field(out: &mut Vec<u8>, field: Field<'_>, kind: Kind, indent: Option<usize>) {
    match kind {
        Kind::Message(fields) => {
            out.push(b'{');
            print_message(
                out,
                field.bytes().unwrap_or_default(),
                fields,
                indent.map(|depth| depth + 1),
            );
            out.push(b'}');
        }
        Kind::Double => put_double(out, field.double().unwrap_or_default()),
        Kind::Uint => {
            out.extend_from_slice(field.uint().unwrap_or_default().to_string().as_bytes())
        }
        Kind::Int => {
            out.extend_from_slice(field.int64().unwrap_or_default().to_string().as_bytes())
        }
        Kind::Sint => {
            out.extend_from_slice(field.sint64().unwrap_or_default().to_string().as_bytes())
        }
        Kind::Type => out.extend_from_slice(
            MetricType::from_number(field.int32().unwrap_or_default())
                .name()
                .as_bytes(),
        ),
        Kind::Text => put_text(out, field.bytes().unwrap_or_default()),
    }
}

fn new_line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.extend(std::iter::repeat_n(b' ', 2 * depth));
}

fn put_double(out: &mut Vec<u8>, number: f64) {
    match number {
        number if number.is_nan() => out.extend_from_slice(b"nan"),
        f64::INFINITY => out.extend_from_slice(b"inf"),
        f64::NEG_INFINITY => out.extend_from_slice(b"-inf"),
        number => format_float(out, number),
    }
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '"' | '\\' => out.extend([b'\\', character as u8]),
                '\n' => out.extend_from_slice(b"\\n"),
                '\r' => out.extend_from_slice(b"\\r"),
                '\t' => out.extend_from_slice(b"\\t"),
                '\0'..' ' | '\u{7f}' => {
                    out.extend_from_slice(format!("\\x{:02x}", u32::from(character)).as_bytes())
                }
                '\u{80}'..='\u{9f}' => {
                    out.extend_from_slice(format!("\\u{:04x}", u32::from(character)).as_bytes())
                }
                other => out.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        for byte in chunk.invalid() {
            out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        }
    }
    out.push(b'"');
}
