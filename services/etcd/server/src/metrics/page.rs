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
    text::encode::{self, EncodeError},
};

use super::Metrics;

/// Answers a scrape as text, in the compression that the client prefers.
pub(crate) fn page(metrics: &Metrics, headers: &HeaderMap) -> Response {
    let texts = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        values.filter_map(|value| value.to_str().ok())
    };
    // Text is what every client takes, whatever else it takes.
    let wanted = Exposition {
        format: Format::Text,
        ..Exposition::negotiate(texts(&ACCEPT).next())
    };
    let mut body = match write(&metrics.registry.gather(), wanted) {
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

fn write(families: &[Family], wanted: Exposition) -> Result<Vec<u8>, EncodeError> {
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

/// Bytes of the page of a member that does not do much.
const PAGE_BYTES: usize = 256 << 10;
