//! Metric families in protobuf, as a push sends them and a scrape may return them: written in text form in the cases,
//! turned into wire bytes and back by the judge's own code.
//!
//! One family per line: `name:"m" type:GAUGE metric{label{name:"job" value:"a"} gauge{value:1}}`. A list in brackets
//! (`positive_delta:[1,-1]`) is sent packed, a repeated field unpacked.

mod schema;
mod text;
mod wire;

pub use text::encode_line;
pub use wire::{decode_delimited, format_double};

/// Encodes one family per line, each with its length before it.
///
/// # Errors
/// A text that names the line and what is wrong with it.
pub fn encode_delimited(lines: &[String]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for line in lines {
        let message = encode_line(line).map_err(|error| format!("`{line}`: {error}"))?;
        wire::put_varint(&mut bytes, message.len() as u64);
        bytes.extend_from_slice(&message);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode_delimited, encode_delimited};

    #[track_caller]
    fn round_trip(line: &str) {
        let bytes = encode_delimited(&[line.to_owned()]).unwrap();
        assert_eq!(decode_delimited(&bytes).unwrap(), [line.to_owned()]);
    }

    #[test]
    fn every_kind_of_field_survives_the_wire() {
        round_trip(
            r#"name:"m" help:"a \"b\"\n" type:GAUGE metric{label{name:"l" value:"\xff"} gauge{value:1.5}} unit:"s""#,
        );
        round_trip(
            r#"name:"h" type:HISTOGRAM metric{histogram{sample_count:3 schema:-2 zero_threshold:1e-128 positive_span{offset:-1 length:2} positive_delta:1 positive_delta:-1}}"#,
        );
        round_trip(
            r#"name:"c" type:COUNTER metric{counter{value:NaN exemplar{value:+Inf timestamp{seconds:5 nanos:6}}} timestamp_ms:-7}"#,
        );
    }

    #[test]
    fn the_bytes_are_those_of_the_protocol() {
        let bytes = encode_delimited(&[r#"name:"m" type:GAUGE metric{gauge{value:1}}"#.to_owned()])
            .unwrap();
        assert_eq!(
            bytes,
            b"\x12\x0a\x01m\x18\x01\x22\x0b\x12\x09\x09\0\0\0\0\0\0\xf0\x3f"
        );
        let packed =
            encode_delimited(&["metric{histogram{positive_delta:[1,-1]}}".to_owned()]).unwrap();
        assert_eq!(packed, b"\x08\x22\x06\x3a\x04\x6a\x02\x02\x01");
    }

    #[test]
    fn mistakes_are_named() {
        assert!(
            encode_delimited(&["nmae:\"x\"".to_owned()])
                .unwrap_err()
                .contains("no field `nmae`")
        );
        assert!(decode_delimited(b"\x05\x0a").is_err());
    }
}
