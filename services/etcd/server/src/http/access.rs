//! Who may ask over plain HTTP: host names, client certificates, origins of pages in a browser.
//!
//! Source: etcd v3.7 embed/serve.go `accessController`; server/etcdserver/server_access_control.go.

use std::collections::BTreeSet;

use http::{
    HeaderValue, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        HOST,
    },
};
use kit_http::{Request, Response, error_response};
use tracing::warn;

use super::{Target, peer};
use crate::front::Front;

/// Returns why a request is not answered; none for most.
pub(crate) fn check(front: &Front, request: &Request, path: &str) -> Option<Response> {
    let config = front.config();
    let peer = peer(request);
    if !peer.is_secure {
        let host = host(request);
        if is_listed(&config.host_whitelist, &host) {
            return None;
        }
        warn!(
            host,
            "rejecting HTTP request to prevent DNS rebinding attacks"
        ); // upstream's text
        let text = unknown_host(&host);
        return Some(error_response(StatusCode::MISDIRECTED_REQUEST, &text));
    }
    let would_be_ignored = config.has_client_cert_auth
        && config.has_gateway
        && front.board().is_auth_enabled()
        && path.starts_with("/v3/")
        && peer.common_name.is_some();
    would_be_ignored.then(|| {
        let text = "CommonName of client sending a request against gateway will be ignored and not used as expected"; // upstream's text
        error_response(StatusCode::BAD_REQUEST, text)
    })
}

/// Tells a browser that the page which asked may read the answer, if it may.
pub(crate) fn allow_origin(front: &Front, response: &mut Response, target: &Target) {
    let allowed = &front.config().cors;
    let origin = match &target.origin {
        _ if is_listed(allowed, "*") => HeaderValue::from_static("*"),
        Some(origin) if origin.to_str().is_ok_and(|it| is_listed(allowed, it)) => origin.clone(),
        _ => return,
    };
    let headers = response.headers_mut();
    let methods = HeaderValue::from_static("POST, GET, OPTIONS, PUT, DELETE");
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let fields = HeaderValue::from_static("accept, content-type, authorization");
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, fields);
}

/// An empty list and one with `*` hold everything.
fn is_listed(list: &BTreeSet<String>, name: &str) -> bool {
    list.is_empty() || list.contains("*") || list.contains(name)
}

/// Returns the name the client calls us by, without the port.
fn host(request: &Request) -> String {
    let written = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let written = written.or_else(|| request.uri().authority().map(|it| it.as_str()));
    let written = written.unwrap_or_default();
    let name = match written.strip_prefix('[') {
        Some(rest) => rest.split_once("]:").map(|(name, _)| name),
        None => written
            .split_once(':')
            .filter(|(_, port)| !port.contains(':'))
            .map(|(name, _)| name),
    };
    name.unwrap_or(written).to_owned()
}

// Upstream's text.
fn unknown_host(host: &str) -> String {
    format!(
        "
etcd received your request, but the Host header was unrecognized.

To fix this, choose one of the following options:
- Enable TLS, then any HTTPS request will be allowed.
- Add the hostname you want to use to the whitelist in settings.
  - e.g. etcd --host-whitelist {host:?}

This requirement has been added to help prevent \"DNS Rebinding\" attacks (CVE-2018-5702).
"
    )
}
