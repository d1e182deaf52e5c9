//! The page of `/metrics`.
//!
//! Source: client_golang v1.23.2 prometheus/promhttp/http.go.

use std::io::Write as _;

use flate2::{Compression as Level, write::GzEncoder};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE},
};
use kit_http::{Body, Response, error_response};
use kit_metrics::{
    model::Family,
    negotiate::{Compression, Exposition, Format},
    proto,
    text::encode::{self, EncodeError},
};

use super::Metrics;

/// Answers a scrape in the format and compression that the client prefers.
pub(crate) fn page(metrics: &Metrics, headers: &HeaderMap) -> Response {
    let scrapes = &metrics.scrapes;
    scrapes.in_flight.add(1.0);
    let response = answer(metrics, headers);
    scrapes.in_flight.add(-1.0);
    scrapes.total.with([response.status().as_str()]).increment();
    response
}

fn answer(metrics: &Metrics, headers: &HeaderMap) -> Response {
    let texts = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        values.filter_map(|value| value.to_str().ok())
    };
    let wanted = Exposition::negotiate(texts(&ACCEPT).next());
    let families = metrics.registry.gather();
    let written = match wanted.format {
        Format::Text => write_text(&families, wanted),
        format => Ok(write_protobuf(&families, format)),
    };
    let mut body = match written {
        Ok(body) => body,
        Err(error) => {
            let text = format!("An error has occurred while serving metrics:\n\n{error}"); // upstream's text
            return error_response(StatusCode::INTERNAL_SERVER_ERROR, &text);
        }
    };
    let mut response = Response::new(Body::Empty);
    let content_type = HeaderValue::from_str(&wanted.content_type());
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, content_type.expect("content types are ASCII"));
    if Compression::negotiate(texts(&ACCEPT_ENCODING)) == Compression::Gzip {
        body = gzip(&body);
        fields.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    *response.body_mut() = Body::from(body);
    response
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Level::fast());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("a vector takes all bytes")
}

fn write_text(families: &[Family], wanted: Exposition) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::with_capacity(PAGE_BYTES);
    for family in families {
        let (name, kind) = (&family.name, family.kind);
        encode::header(
            &mut out,
            name,
            family.help.as_deref(),
            kind,
            wanted.escaping,
        )?;
        for index in 0..family.metrics.len() {
            let labels: Vec<_> = family.metrics.labels(index).collect();
            let (labels, value) = (labels.iter().copied(), family.metrics.value(index));
            encode::metric(&mut out, name, kind, labels, &value, wanted.escaping)?;
        }
    }
    Ok(out)
}

/// Names need no escaping: all of ours are classic.
fn write_protobuf(families: &[Family], format: Format) -> Vec<u8> {
    let mut out = Vec::with_capacity(PAGE_BYTES);
    for family in families {
        let mut message = Vec::new();
        let (name, help) = (&family.name, family.help.as_deref());
        proto::encode::header(&mut message, name, help, family.kind);
        for index in 0..family.metrics.len() {
            let labels = family.metrics.labels(index);
            proto::encode::metric(&mut message, labels, &family.metrics.value(index));
        }
        let line = match format {
            Format::ProtobufText => proto::text::family_indented(&message),
            Format::ProtobufCompactText => proto::text::family_on_one_line(&message),
            Format::ProtobufDelimited | Format::Text => {
                proto::encode::length(&mut out, message.len());
                out.extend_from_slice(&message);
                continue;
            }
        };
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out
}

/// Bytes of the page of a member that does not do much.
const PAGE_BYTES: usize = 256 << 10;
