//! The exposition in the format, escaping and compression that the client prefers.
//!
//! Source: client_golang v1.23.2 prometheus/promhttp/http.go; prometheus/common v0.69.0 expfmt `Negotiate`.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use kit_http::{Body, Response, error_response};
use kit_metrics::negotiate::{Compression, Exposition};
use tracing::error;

use super::{Shared, blocking};
use crate::store::exposition;

impl Shared {
    pub(super) async fn scrape(&self, headers: &HeaderMap) -> Response {
        let state = self.store.state();
        if let Err(error) = self.store.check(&state) {
            error!("error gathering metrics: {error}"); // upstream's text
            let text = format!("An error has occurred while serving metrics:\n\n{error}");
            return error_response(StatusCode::INTERNAL_SERVER_ERROR, &text);
        }
        let texts = |name: &HeaderName| {
            headers
                .get_all(name)
                .iter()
                .filter_map(|value| value.to_str().ok())
        };
        let wanted = Exposition::negotiate(texts(&header::ACCEPT).next());
        let compression = Compression::negotiate(texts(&header::ACCEPT_ENCODING));
        let own = self.metrics.collect();
        let pieces =
            blocking(move || exposition::assemble(&state, &own, wanted, compression)).await;
        let mut response = Response::new(Body::from(pieces));
        let content_type =
            HeaderValue::from_str(&wanted.content_type()).expect("content types are ASCII");
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
        if let Some(coding) = compression.content_encoding() {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    }
}
