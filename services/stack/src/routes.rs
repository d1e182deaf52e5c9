//! What the status page's port answers. It only reads; nothing here can change what runs.

use http::{Method, StatusCode, header};
use kit_http::{Body, Handler, Request, Response};

use crate::{page, status::Source};

/// Answers for one supervisor.
#[derive(Clone, Debug)]
pub(crate) struct Routes(pub(crate) Source);

impl Handler for Routes {
    async fn handle(&self, request: Request) -> Response {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return answer(
                StatusCode::METHOD_NOT_ALLOWED,
                TEXT,
                "method not allowed\n".to_owned(),
            );
        }
        match request.uri().path() {
            "/" => answer(StatusCode::OK, HTML, page::render(&self.0.take())),
            "/style.css" => answer(StatusCode::OK, CSS, page::STYLE.to_owned()),
            "/refresh.js" => answer(StatusCode::OK, SCRIPT, page::REFRESH.to_owned()),
            "/api/status" => answer(StatusCode::OK, JSON, json(&self.0)),
            _ => answer(StatusCode::NOT_FOUND, TEXT, "not found\n".to_owned()),
        }
    }
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// The page runs its own script and nothing else, whatever a log line holds.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn answer(status: StatusCode, content_type: &str, body: String) -> Response {
    http::Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::REFERRER_POLICY, "no-referrer")
        .body(Body::from(body))
        .expect("the headers are constants")
}

fn json(source: &Source) -> String {
    let mut text =
        serde_json::to_string_pretty(&source.take()).expect("a status has only texts and numbers");
    text.push('\n');
    text
}
