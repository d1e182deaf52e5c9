//! Paths that are not clean (`//`, `.`, `..`), and the gateway's without its last slash, lead to the ones that are meant.
//!
//! Source: Go 1.26 net/http server.go `ServeMux.findHandler`, `cleanPath`, `Redirect`.

use http::{
    HeaderValue, Method, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use kit_http::{Body, Response};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Returns where a path with its query leads; none for a path that is clean.
pub(super) fn of(path: &str, query: Option<&str>, has_gateway: bool) -> Option<String> {
    // The path as Go keeps it: as it came, if nothing in it should have been escaped.
    let kept = match path.bytes().all(may_stand) {
        true => path.to_owned(),
        false => escape(&percent_decode_str(path).decode_utf8_lossy()),
    };
    let mut cleaned = clean(&kept);
    if has_gateway && cleaned == "/v3" {
        cleaned.push('/');
    }
    if cleaned == kept {
        return None;
    }
    let mut location = escape(&cleaned);
    if let Some(query) = query {
        location.push('?');
        location.push_str(query);
    }
    Some(location)
}

/// Sends a client to another place.
pub(super) fn to(location: &str, method: &Method) -> Response {
    let body = match *method {
        Method::GET => {
            let shown = location.replace('&', "&amp;").replace('"', "&#34;");
            let shown = shown
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('\'', "&#39;");
            Body::from(format!("<a href=\"{shown}\">Temporary Redirect</a>.\n\n"))
        }
        _ => Body::Empty,
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    if let Ok(location) = HeaderValue::from_bytes(location.as_bytes()) {
        response.headers_mut().insert(LOCATION, location);
    }
    if matches!(*method, Method::GET | Method::HEAD) {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, html);
    }
    response
}

/// Takes out what leads nowhere. A slash at the end stays.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut cleaned = format!("/{}", parts.join("/"));
    if path.ends_with('/') && cleaned != "/" {
        cleaned.push('/');
    }
    cleaned
}

/// Source: Go net/url url.go `shouldEscape`, mode `encodePath`.
fn escape(path: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~')
        .remove(b'$')
        .remove(b'&')
        .remove(b'+')
        .remove(b',')
        .remove(b'/')
        .remove(b':')
        .remove(b';')
        .remove(b'=')
        .remove(b'@');
    utf8_percent_encode(path, KEPT).to_string()
}

/// Source: Go net/url url.go `validEncoded`.
fn may_stand(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,/:;=@[]%".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, location: Option<&str>) {
        assert_eq!(of(path, None, true).as_deref(), location, "{path}");
    }

    #[test]
    fn paths_lead_where_upstream_leads_them() {
        check("/health", None);
        check("/health/", None);
        check("/%2e/health", None);
        check("/v3/", None);
        check("//health", Some("/health"));
        check("/v3", Some("/v3/"));
        check("//v3", Some("/v3/"));
        check("/a/b/../..", Some("/"));
        check("/a/./", Some("/a/"));
        check("/..", Some("/"));
        check("/a//", Some("/a/"));
        check("//a;b", Some("/a;b"));
        // Escapes are escaped once more, as in Go.
        check("//a%20b", Some("/a%2520b"));
        check("//a!'b*", Some("/a%21%27b%2A"));
        check("//a\"b", Some("/a%2522b"));
        assert_eq!(of("/v3", None, false), None);
        assert_eq!(of("/v3", Some("a=%20"), true).unwrap(), "/v3/?a=%20");
    }
}
