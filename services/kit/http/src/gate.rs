//! What the web configuration does to a request: rate limit, headers, authentication, in upstream's order.
//!
//! Source: exporter-toolkit web/handler.go `webHandler.ServeHTTP`.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tracing::error;

use self::{login::Logins, rate::RateLimiter};
use crate::{
    service::{Response, error_response},
    web_config::{ConfigFile, Document},
};

mod login;
mod rate;

/// The gate before the handler.
#[derive(Debug)]
pub(crate) struct Gate {
    file: Arc<ConfigFile>,
    /// Fixed at start, as upstream.
    limiter: Option<RateLimiter>,
    logins: Logins,
}

/// What the gate says to a request.
pub(crate) enum Admission {
    /// The handler answers; the headers of the configuration are added to its answer.
    Pass(Arc<Document>),
    /// This is the answer.
    Refuse(Response),
}

impl Gate {
    pub(crate) fn new(file: Arc<ConfigFile>, start: &Document) -> Self {
        Self {
            file,
            limiter: RateLimiter::new(start.rate_limit),
            logins: Logins::default(),
        }
    }

    /// Judges a request by the configuration as it is now.
    pub(crate) async fn admit(&self, headers: &HeaderMap) -> Admission {
        let document = match self.file.current() {
            Ok(document) => document,
            Err(fault) => {
                error!(err = %fault, "Unable to parse configuration"); // upstream's text
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                return Admission::Refuse(error_response(status, "Internal Server Error"));
            }
        };
        if !self.limiter.as_ref().is_none_or(RateLimiter::allow) {
            let status = StatusCode::TOO_MANY_REQUESTS;
            return Admission::Refuse(error_response(status, "Too Many Requests"));
        }
        if document.users.is_empty() || self.logins.admit(headers, &document.users).await {
            return Admission::Pass(document);
        }
        let mut refusal = error_response(StatusCode::UNAUTHORIZED, "Unauthorized");
        let challenge = HeaderValue::from_static("Basic");
        refusal
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
        add_headers(&document, &mut refusal);
        Admission::Refuse(refusal)
    }
}

/// Adds the headers of the configuration, below those the answer has already.
pub(crate) fn add_headers(document: &Document, response: &mut Response) {
    for (name, value) in &document.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            response.headers_mut().entry(name).or_insert(value);
        }
    }
}
