//! Everything a member answers over plain HTTP: who may ask, the pages, and the way to the JSON gateway.
//!
//! Source: etcd v3.7 embed/serve.go `createMux`, `accessController`; etcdserver/api/etcdhttp/.

mod access;
mod health;
mod redirect;
mod vars;

use http::{
    HeaderValue, Method, StatusCode,
    header::{ALLOW, CONTENT_TYPE},
};
use kit_http::{Body, Handler, Peer, Request, Response, error_response, target};
use percent_encoding::percent_decode_str;

use crate::{
    front::{Front, Traffic},
    gateway,
    metrics::page,
};

/// Answers requests over plain HTTP.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    front: Front,
    traffic: Traffic,
}

impl Pages {
    pub(crate) fn new(front: Front, traffic: Traffic) -> Self {
        Self { front, traffic }
    }

    /// Answers what is on every listener of clients.
    async fn client(&self, request: Request, target: &Target) -> Response {
        if let Some(refusal) = access::check(&self.front, &request, &target.path) {
            return refusal;
        }
        let mut response = if request.method() == Method::OPTIONS {
            Response::new(Body::Empty)
        } else if let Some(location) = self.redirect(&request) {
            redirect::to(&location, request.method())
        } else if self.front.config().has_gateway && target.path.starts_with("/v3/") {
            gateway::answer(&self.front, &target.path, peer(&request), request).await
        } else {
            match target.path.as_str() {
                "/version" => version(&self.front, &request),
                "/debug/vars" => get(&request, || vars::page(&self.front)),
                path if path.starts_with("/debug/pprof") => no_profiles(),
                _ => self.shared(request, target).await,
            }
        };
        access::allow_origin(&self.front, &mut response, target);
        response
    }

    /// Returns where a request is sent that does not ask for a clean path.
    fn redirect(&self, request: &Request) -> Option<String> {
        let target = String::from_utf8_lossy(target(request));
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&*target, None),
        };
        let path = if path.starts_with('/') { path } else { "/" };
        redirect::of(path, query, self.front.config().has_gateway)
    }

    /// Answers what is on listeners of metrics too.
    async fn shared(&self, request: Request, target: &Target) -> Response {
        match target.path.as_str() {
            "/metrics" => page(self.front.metrics(), request.headers()),
            path if health::is_path(path) => {
                if request.method() != Method::GET {
                    return method_not_allowed();
                }
                health::answer(&self.front, path, &target.query).await
            }
            _ => not_found(),
        }
    }
}

impl Handler for Pages {
    async fn handle(&self, request: Request) -> Response {
        let target = Target::read(&request);
        match self.traffic {
            Traffic::All | Traffic::Http => self.client(request, &target).await,
            Traffic::Metrics => self.shared(request, &target).await,
            Traffic::Grpc | Traffic::Peers => not_found(),
        }
    }
}

/// What a request is about.
#[derive(Debug)]
pub(crate) struct Target {
    /// The path without escapes.
    pub(crate) path: String,
    /// Names and values without escapes, in their order.
    pub(crate) query: Vec<(String, String)>,
    origin: Option<HeaderValue>,
}

impl Target {
    pub(crate) fn read(request: &Request) -> Self {
        let target = String::from_utf8_lossy(target(request)).into_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let path = decode(path);
        // Upstream's own redirect for what was there before 3.4.
        let path = match path.strip_prefix("/v3beta/") {
            Some(rest) => format!("/v3/{rest}"),
            None => path,
        };
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (
                decode(&name.replace('+', " ")),
                decode(&value.replace('+', " ")),
            )
        };
        Self {
            query: pairs.map(pair).collect(),
            origin: request.headers().get("origin").cloned(),
            path,
        }
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Returns who asks.
pub(crate) fn peer(request: &Request) -> Peer {
    let peer = request.extensions().get::<Peer>().cloned();
    // A handler under test may be asked by nobody.
    peer.unwrap_or_else(|| Peer {
        remote: "@".into(),
        is_secure: false,
        common_name: None,
    })
}

fn get(request: &Request, answer: impl FnOnce() -> Response) -> Response {
    if request.method() == Method::GET {
        answer()
    } else {
        method_not_allowed()
    }
}

pub(crate) fn method_not_allowed() -> Response {
    let mut response = error_response(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"); // upstream's text
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("GET"));
    response
}

/// Answers `/version`.
pub(crate) fn version(front: &Front, request: &Request) -> Response {
    get(request, || {
        let board = front.board();
        let (cluster, storage) = (board.cluster_version(), board.storage_version());
        let text = format!(
            r#"{{"etcdserver":"{VERSION}","etcdcluster":"{}","storage":"{}"}}"#,
            cluster.as_deref().unwrap_or("not_decided"), // upstream's text
            storage.as_deref().unwrap_or("unknown"),     // upstream's text
        );
        typed("application/json", text)
    })
}

pub(crate) fn not_found() -> Response {
    error_response(StatusCode::NOT_FOUND, "404 page not found") // Go's text
}

fn no_profiles() -> Response {
    let text = "404 page not found: profiles of Go's runtime (pprof) are not part of this program";
    error_response(StatusCode::NOT_FOUND, text)
}

pub(crate) fn typed(content_type: &'static str, text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// The version this program is, for everybody who asks.
pub const VERSION: &str = "3.7.3";
