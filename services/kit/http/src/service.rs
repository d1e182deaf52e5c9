//! From hyper's request to the handler and back.
//!
//! Every request passes here in this order: what Go's server answers by itself, the web configuration, the handler.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use http::{HeaderValue, Method, StatusCode, Version, header};
use hyper::body::Incoming;

use crate::{
    activity::{Activity, InFlight},
    body::{Body, Leftover, RequestBody},
    gate::{Admission, Gate, add_headers},
    h1::{has_good_escapes, targets::Targets},
    http2::Http2,
    limits::Limits,
    server::Refused,
    tls::Tls,
};

/// A request as a handler gets it. [`Peer`] is among its extensions; [`target`] is what the client wrote.
pub type Request = http::Request<RequestBody>;

/// What a handler answers. `Date` and `Content-Length` are added; a `HEAD` request gets no body.
pub type Response = http::Response<Body>;

/// Answers requests: the service itself.
pub trait Handler: Clone + Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// Who sent a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Peer {
    /// Address as Go shows it: `127.0.0.1:54321`, `[::1]:54321`; `@` for a unix socket.
    pub remote: Arc<str>,
    /// Whether the connection is under TLS.
    pub is_secure: bool,
    /// Common name of the client's certificate; none without one, or when it has no such name. Proven only as far as TLS was told to
    /// verify clients.
    pub common_name: Option<Arc<str>>,
}

/// The target as the client wrote it, where `http::Uri` cannot hold it.
#[derive(Clone, Debug)]
pub(crate) struct RawTarget(pub(crate) bytes::Bytes);

/// Returns path and query exactly as the client wrote them: escapes, `//` and `..` untouched, maybe not UTF-8.
///
/// Empty for a `CONNECT` request with an authority. Read this instead of `uri()`, which cannot hold everything Go takes.
#[must_use]
pub fn target<B>(request: &http::Request<B>) -> &[u8] {
    match request.extensions().get::<RawTarget>() {
        Some(raw) => &raw.0,
        None => request
            .uri()
            .path_and_query()
            .map_or(&[], |target| target.as_str().as_bytes()),
    }
}

/// What all connections of a server share.
#[derive(Debug)]
pub(crate) struct Shared<H, P> {
    pub(crate) handler: H,
    /// The service's own way to serve HTTP/2.
    pub(crate) http2: Option<P>,
    pub(crate) gate: Option<Gate>,
    pub(crate) tls: Option<Tls>,
    /// Told of handshakes that failed.
    pub(crate) refused: Refused,
    pub(crate) limits: Limits,
}

/// One connection's way to the handler.
#[derive(Debug)]
pub(crate) struct Exchange<H, P> {
    pub(crate) shared: Arc<Shared<H, P>>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) peer: Peer,
    /// Targets that went past hyper, by the number of their request.
    pub(crate) targets: Arc<Targets>,
    /// Requests so far.
    pub(crate) requests: AtomicU64,
}

impl<H: Handler, P: Http2> Exchange<H, P> {
    /// Answers one request.
    pub(crate) async fn answer(&self, request: http::Request<Incoming>) -> http::Response<Tracked> {
        let mut in_flight = InFlight::begin(&self.activity);
        let response = self.respond(request).await;
        in_flight.answer();
        response.map(|body| Tracked {
            body,
            _in_flight: in_flight,
        })
    }

    async fn respond(&self, request: http::Request<Incoming>) -> Response {
        let stall = self.shared.limits.body_stall;
        let leftover = match request.version() {
            Version::HTTP_2 => Leftover::Discard,
            _ => Leftover::Stay,
        };
        let mut request =
            request.map(|body| RequestBody::new(body, leftover, &self.activity, stall));
        request.extensions_mut().insert(self.peer.clone());
        if let Some(target) = self.targets.take(self.requests.fetch_add(1, Relaxed)) {
            request.extensions_mut().insert(RawTarget(target));
        }
        if let Some(answer) = server_answer(&request) {
            return answer;
        }
        let Some(gate) = &self.shared.gate else {
            return self.shared.handler.handle(request).await;
        };
        match gate.admit(request.headers()).await {
            Admission::Refuse(refusal) => refusal,
            Admission::Pass(document) => {
                let mut response = self.shared.handler.handle(request).await;
                add_headers(&document, &mut response);
                response
            }
        }
    }
}

/// Returns what Go's server answers before any handler; none for the usual request.
///
/// Source: Go net/http server.go `conn.serve`, `serverHandler`, `ServeMux.Handler`; h2_bundle.go `newWriterAndRequest`.
fn server_answer(request: &Request) -> Option<Response> {
    let close = |status: StatusCode| {
        let mut response = Response::new(Body::Empty);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        Some(response)
    };
    if let Some(expected) = request.headers().get(header::EXPECT) {
        let mut tokens = expected.as_bytes().split(|byte| *byte == b',');
        let is_continue = |token: &[u8]| token.trim_ascii().eq_ignore_ascii_case(b"100-continue");
        if !expected.is_empty() && !tokens.any(is_continue) {
            return close(StatusCode::EXPECTATION_FAILED);
        }
    }
    match target(request) {
        b"*" if request.method() == Method::OPTIONS => Some(Response::new(Body::Empty)),
        b"*" => close(StatusCode::BAD_REQUEST),
        _ if request.version() == Version::HTTP_2 && !has_good_escapes(request.uri().path()) => {
            Some(error_response(StatusCode::BAD_REQUEST, "400 Bad Request"))
        }
        _ => None,
    }
}

/// Answers as Go's `http.Error` does: plain text ending in a line feed.
///
/// Source: Go net/http server.go `Error`.
#[must_use]
pub fn error_response(status: StatusCode, text: &str) -> Response {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// An answer whose request counts until its last byte is handed over.
#[derive(Debug)]
pub(crate) struct Tracked {
    body: Body,
    _in_flight: InFlight,
}

impl http_body::Body for Tracked {
    type Data = <Body as http_body::Body>::Data;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
