//! Pushing to a group, and deleting one.
//!
//! Source: pushgateway handler/push.go, handler/delete.go; main.go `decodeRequest`.

use std::{
    num::NonZeroU64,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderName, Method, StatusCode, header, request::Parts};
use kit_cli::value::{GoDuration, parse_duration};
use kit_http::{
    Peer, Request, Response,
    body::{self, Decoded, Encoding, ReadError, RequestBody},
    error_response,
};
use kit_metrics::{model::Family, name::NameScheme};
use kit_telemetry::chain;
use tracing::{debug, error};

use super::{Shared, blocking};
use crate::{
    answer,
    body_format::{self, BodyFormatError},
    group_key::{self, GroupKeyError},
    routes::PushTarget,
    store::{Mode, Refusal, clock::Moment, group::GroupKey, pushed::Pushed},
};

/// Bodies larger than this are parsed on a thread that may block, so that small pushes do not wait behind them.
const INLINE_BODY_MAX_BYTES: usize = 1 << 16;

/// Pushes of more series are applied on a thread that may block.
const INLINE_SERIES_MAX: u64 = 2000;

/// Gives a group a time to live of its own, while `--push.group-ttl` is set.
const GROUP_TTL: HeaderName = HeaderName::from_static("pushgateway-group-ttl");

impl Shared {
    pub(super) async fn push_or_delete(&self, target: &PushTarget, request: Request) -> Response {
        let begun = Instant::now();
        let bytes = approximate_size(&request);
        let (head, body) = request.into_parts();
        // Upstream opens the body before it counts anything, so a refusal here is not counted.
        let body = match self.read(body, &head.headers).await {
            Ok(body) => body,
            Err(refusal) => return refusal,
        };
        if head.method == Method::DELETE {
            let response = self.delete(target).await;
            self.metrics
                .count("delete", &head.method, response.status());
            return response;
        }
        let response = self.push(target, &head, body).await;
        self.metrics
            .pushed(&head.method, bytes, begun.elapsed(), response.status());
        response
    }

    async fn delete(&self, target: &PushTarget) -> Response {
        match self.group_key(target) {
            Ok(key) => {
                self.store.delete(&key).await;
                answer::empty(StatusCode::ACCEPTED)
            }
            Err(error) => refuse_key(&error, target),
        }
    }

    async fn push(&self, target: &PushTarget, head: &Parts, body: Decoded) -> Response {
        let mode = if head.method == Method::PUT {
            Mode::Replace
        } else {
            Mode::Merge
        };
        let source = head
            .extensions
            .get::<Peer>()
            .map_or("", |peer| &*peer.remote);
        let key = match self.group_key(target) {
            Ok(key) => key,
            Err(error) => return refuse_key(&error, target),
        };
        let ttl = match self.group_ttl(&head.headers) {
            Ok(ttl) => ttl,
            Err(text) => return answer::bad_request(&text),
        };
        let turn = match body.bytes.len() {
            0..=INLINE_BODY_MAX_BYTES => None,
            _ => self.large_pushes.acquire().await.ok(),
        };
        let families = match self.parse(&head.headers, body).await {
            Ok(families) => families,
            Err(error) => {
                debug!(source, err = %chain(&error), "failed to parse text"); // upstream's text
                return answer::bad_request(&error.to_string());
            }
        };
        let mut pushed = Pushed::new(&self.store.state(), key, mode, Moment::now(), families);
        pushed.ttl = ttl;
        let applied = self.apply(pushed).await;
        drop(turn);
        match applied {
            Ok(()) if self.store.is_checked() => answer::empty(StatusCode::OK),
            Ok(()) => answer::empty(StatusCode::ACCEPTED),
            // Without the check upstream answers before it looks.
            Err(Refusal::Timestamps) if !self.store.is_checked() => {
                answer::empty(StatusCode::ACCEPTED)
            }
            Err(refusal) => refuse(&refusal, mode, source),
        }
    }

    async fn read(&self, body: RequestBody, headers: &HeaderMap) -> Result<Decoded, Response> {
        body::read_decoded(body, encoding_of(headers), self.body_bytes_max())
            .await
            .map_err(refuse_body)
    }

    /// Returns the largest body after decompression, in bytes; 0 = any.
    pub(super) fn body_bytes_max(&self) -> u64 {
        self.config.max_body_bytes.map_or(0, NonZeroU64::get)
    }

    fn group_key(&self, target: &PushTarget) -> Result<GroupKey, GroupKeyError> {
        group_key::parse(
            &target.job,
            target.job_is_base64,
            &target.labels,
            self.name_scheme(),
        )
    }

    const fn name_scheme(&self) -> NameScheme {
        if self.config.utf8_names {
            NameScheme::Utf8
        } else {
            NameScheme::Legacy
        }
    }

    /// Returns the time to live that a push asks for.
    fn group_ttl(&self, headers: &HeaderMap) -> Result<Option<Duration>, String> {
        let asked = headers
            .get(GROUP_TTL)
            .filter(|_| self.config.group_ttl.is_some());
        let Some(asked) = asked.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        else {
            return Ok(None);
        };
        let ttl = parse_duration(&asked).map_err(|error| format!("header {GROUP_TTL}: {error}"))?;
        if ttl < GoDuration::default() {
            return Err(format!("header {GROUP_TTL}: {asked} is negative"));
        }
        Ok(Some(ttl.to_std()))
    }

    async fn parse(
        &self,
        headers: &HeaderMap,
        body: Decoded,
    ) -> Result<Vec<Family>, BodyFormatError> {
        let scheme = self.name_scheme();
        if body.bytes.len() <= INLINE_BODY_MAX_BYTES {
            return body_format::families(headers, &body, scheme);
        }
        let headers = headers.clone();
        blocking(move || body_format::families(&headers, &body, scheme)).await
    }

    async fn apply(&self, pushed: Pushed) -> Result<(), Refusal> {
        if pushed.series() <= INLINE_SERIES_MAX {
            return self.store.push(pushed).await;
        }
        let store = Arc::clone(&self.store);
        blocking(move || store.push_blocking(pushed)).await
    }
}

/// Logs and answers a refusal.
fn refuse(refusal: &Refusal, mode: Mode, source: &str) -> Response {
    const INCONSISTENT: &str = "pushed metrics are invalid or inconsistent with existing metrics"; // upstream's text
    let method = if mode == Mode::Replace { "PUT" } else { "POST" };
    error!(method, source, err = %refusal, "pushed metrics are invalid or inconsistent with existing metrics");
    match refusal {
        Refusal::Timestamps | Refusal::Inconsistent(_) => {
            answer::bad_request(&format!("{INCONSISTENT}: {refusal}"))
        }
        Refusal::TooManyGroups(_) => {
            error_response(StatusCode::TOO_MANY_REQUESTS, &refusal.to_string())
        }
        Refusal::TooManySeries(_) => {
            error_response(StatusCode::PAYLOAD_TOO_LARGE, &refusal.to_string())
        }
    }
}

/// Logs and answers a path that names no group, in upstream's words.
fn refuse_key(error: &GroupKeyError, target: &PushTarget) -> Response {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match error {
        GroupKeyError::JobEncoding { decoded, source } => {
            debug!(job = text(decoded), err = %source, "invalid base64 encoding in job name");
        }
        GroupKeyError::MissingJob => debug!("job name is required"),
        _ => debug!(url = text(&target.labels), err = %error, "failed to parse URL"),
    }
    answer::bad_request(&error.to_string())
}

/// Returns the size of a request as upstream's summary counts it: the words of its head and the declared length of its body.
///
/// Source: client_golang v1.23.2 promhttp `computeApproximateRequestSize`.
fn approximate_size(request: &Request) -> u64 {
    let text = |header: &HeaderName| {
        request
            .headers()
            .get(header)
            .and_then(|value| value.to_str().ok())
    };
    let version = 8; // HTTP/1.1 and the like
    let headers = request.headers().iter().map(|(name, value)| match *name {
        header::HOST => value.len(), // Go keeps it apart
        _ => name.as_str().len() + value.len(),
    });
    let head = kit_http::target(request).len()
        + request.method().as_str().len()
        + version
        + headers.sum::<usize>();
    head as u64
        + text(&header::CONTENT_LENGTH)
            .and_then(|length| length.parse::<u64>().ok())
            .unwrap_or_default()
}

/// Reads and opens the body of a request that has no use for it, because one that cannot be opened is refused whatever the path.
pub(super) async fn open_body(request: Request, bytes_max: u64) -> Result<(), Response> {
    let encoding = encoding_of(request.headers());
    match encoding {
        Encoding::Gzip => body::read_decoded(request.into_body(), encoding, bytes_max)
            .await
            .map(drop)
            .map_err(refuse_body),
        Encoding::Identity | Encoding::Snappy => Ok(()),
    }
}

fn encoding_of(headers: &HeaderMap) -> Encoding {
    headers
        .get(header::CONTENT_ENCODING)
        .map_or(Encoding::Identity, |value| {
            Encoding::from_header(value.as_bytes())
        })
}

fn refuse_body(error: ReadError) -> Response {
    let status = match error {
        ReadError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    };
    error_response(status, &error.to_string())
}
