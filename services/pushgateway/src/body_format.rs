//! In which format a push body is written, and what it says.
//!
//! Source: pushgateway handler/push.go.

use http::{HeaderMap, header};
use kit_http::body::{DecodeError, Decoded};
use kit_metrics::{
    model::Family,
    name::NameScheme,
    proto::{self, ProtoError},
    text::{self, ParseError},
};

/// Why a body holds no metrics. The texts are upstream's; clients see them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyFormatError {
    #[error(transparent)]
    Text(#[from] ParseError),
    #[error(transparent)]
    Proto(#[from] ProtoError),
    #[error(transparent)]
    Encoding(#[from] DecodeError),
}

/// Reads the families of a body: protobuf if the content type says exactly that, text otherwise, whatever it says.
///
/// # Errors
/// [`BodyFormatError`] with upstream's text. A fault of the compression counts only if what came before it is in order.
pub(crate) fn families(
    headers: &HeaderMap,
    body: &Decoded,
    scheme: NameScheme,
) -> Result<Vec<Family>, BodyFormatError> {
    let is_protobuf = is_delimited_protobuf(headers);
    let parse = |bytes: &[u8]| -> Result<Vec<Family>, BodyFormatError> {
        Ok(if is_protobuf {
            proto::decode(bytes)?
        } else {
            text::parse(bytes, scheme)?
        })
    };
    let Some(fault) = body.fault else {
        return parse(&body.bytes);
    };
    let whole_lines = body
        .bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    match parse(if is_protobuf {
        &body.bytes
    } else {
        &body.bytes[..whole_lines]
    }) {
        Ok(_) | Err(BodyFormatError::Proto(ProtoError::UnexpectedEof)) => Err(fault.into()),
        Err(error) => Err(error),
    }
}

const PROTOBUF: &str = "application/vnd.google.protobuf";

fn is_delimited_protobuf(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type
        .and_then(media_type)
        .is_some_and(|(kind, parameters)| {
            let has =
                |name: &str, value: &str| parameters.iter().any(|(n, v)| n == name && v == value);
            kind == PROTOBUF
                && has("encoding", "delimited")
                && has("proto", "io.prometheus.client.MetricFamily")
        })
}

/// Splits a media type from its parameters; names become lower case, values stay. `None` if it is malformed.
///
/// Source: Go mime `ParseMediaType`.
fn media_type(text: &str) -> Option<(String, Vec<(String, String)>)> {
    let (kind, mut rest) = text.split_once(';').unwrap_or((text, ""));
    let mut parameters: Vec<(String, String)> = Vec::new();
    while !rest.trim().is_empty() {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let (value, after) = parameter_value(after)?;
        if parameters.iter().any(|(known, _)| *known == name) {
            return None;
        }
        parameters.push((name, value));
        rest = match after.trim_start() {
            "" => "",
            after => after.strip_prefix(';')?,
        };
    }
    Some((kind.trim().to_ascii_lowercase(), parameters))
}

/// Reads a token or a quoted string; returns it and what follows.
fn parameter_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content_type: &str, expected: bool) {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type.parse().unwrap())]);
        assert_eq!(is_delimited_protobuf(&headers), expected, "{content_type}");
    }

    #[test]
    fn protobuf_is_what_says_so_completely() {
        check(
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
            true,
        );
        check(
            "APPLICATION/vnd.google.protobuf;Encoding=delimited;PROTO=\"io.prometheus.client.MetricFamily\"",
            true,
        );
        check(
            "application/vnd.google.protobuf; encoding=delimited; proto=io.prometheus.client.MetricFamily; x=y",
            true,
        );
        check("application/vnd.google.protobuf; encoding=delimited", false);
        check(
            "application/vnd.google.protobuf; encoding=text; proto=io.prometheus.client.MetricFamily",
            false,
        );
        check(
            "application/vnd.google.protobuf; encoding=Delimited; proto=io.prometheus.client.MetricFamily",
            false,
        );
        check(
            "application/x-protobuf; encoding=delimited; proto=io.prometheus.client.MetricFamily",
            false,
        );
        check(
            "application/vnd.google.protobuf; encoding=delimited; proto",
            false,
        );
        check("text/plain; version=0.0.4", false);
        check("", false);
    }
}
