//! Answers in the forms that Go's net/http gives them.
//!
//! Source: Go net/http `Error`, `Redirect`; pushgateway api/v1/api.go `setCORS`.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use kit_http::{Body, Response, error_response};

/// Returns an answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

/// Returns plain text as it is, without the line feed and the header of an error.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response {
    with_type(status, "text/plain; charset=utf-8", Body::from(text))
}

/// Returns a body of this media type.
pub(crate) fn with_type(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Returns 400 with the text of an error.
pub(crate) fn bad_request(text: &str) -> Response {
    error_response(StatusCode::BAD_REQUEST, text)
}

/// Returns an answer of the JSON API.
pub(crate) fn json(pieces: Vec<Bytes>) -> Response {
    with_cors(with_type(
        StatusCode::OK,
        "application/json",
        Body::from(pieces),
    ))
}

/// Adds the headers that let scripts of other origins read the JSON API.
pub(crate) fn with_cors(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 5] = [
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "Accept, Authorization, Content-Type, Origin",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, DELETE, OPTIONS",
        ),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Date"),
        (header::CACHE_CONTROL, "no-cache, no-store, must-revalidate"),
    ];
    response
        .headers_mut()
        .extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

/// Returns a redirect; only GET gets a page with the link.
pub(crate) fn redirect(method: &Method, permanent: bool, location: &str) -> Response {
    let (status, text) = match permanent {
        true => (StatusCode::MOVED_PERMANENTLY, "Moved Permanently"),
        false => (StatusCode::TEMPORARY_REDIRECT, "Temporary Redirect"),
    };
    let mut response = if *method == Method::GET {
        let page = format!("<a href=\"{}\">{text}</a>.\n\n", escape_html(location));
        with_type(status, "text/html; charset=utf-8", Body::from(page))
    } else {
        empty(status)
    };
    let location =
        HeaderValue::from_str(location).expect("a request target holds no control characters");
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// Adds the methods that a path is known for.
pub(crate) fn with_allow(mut response: Response, allow: &str) -> Response {
    let allow = HeaderValue::from_str(allow).expect("method names are tokens");
    response.headers_mut().insert(header::ALLOW, allow);
    response
}

/// Escapes text for HTML, in content and in quoted attributes.
///
/// Source: Go html `EscapeString`.
pub(crate) fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '\'' => out.push_str("&#39;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            c => out.push(c),
        }
    }
    out
}
