//! What requests begin with, on standard error, for those who look into what clients send (`GODEBUG=http2debug=2`, as with a program
//! in Go). Who they are stays secret.
//!
//! Source: golang.org/x/net/http2 frame.go `readMetaFrame`; http2/hpack hpack.go `HeaderField.String`.

use std::{fmt::Write as _, io::Write as _};

use http::{HeaderValue, Request};

/// Writes the fields of a request, a line each.
pub(super) fn show<B>(request: &Request<B>) {
    // Nobody may be listening.
    let _ = std::io::stderr().write_all(lines(request).as_bytes());
}

fn lines<B>(request: &Request<B>) -> String {
    let uri = request.uri();
    let path = uri.path_and_query().map(|it| it.as_str());
    let pseudo = [
        (":method", Some(request.method().as_str())),
        (":scheme", uri.scheme_str()),
        (":path", path),
        (":authority", uri.authority().map(|it| it.as_str())),
    ];
    let mut lines = String::new();
    let mut line = |name: &str, value: &str| {
        writeln!(
            lines,
            "http2: decoded hpack field header field {name:?} = {value:?}"
        )
        .expect("a string takes all text");
    };
    for (name, value) in pseudo {
        if let Some(value) = value {
            line(name, value);
        }
    }
    for (name, value) in request.headers() {
        let is_secret = value.is_sensitive() || SECRETS.contains(&name.as_str());
        let shown = Some(value).filter(|_| !is_secret);
        line(
            name.as_str(),
            &String::from_utf8_lossy(shown.map_or(b"***", HeaderValue::as_bytes)),
        );
    }
    lines
}

/// Fields that say who somebody is.
const SECRETS: &[&str] = &["authorization", "token", "cookie", "grpc-metadata-token"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_shown_as_go_shows_them_and_tokens_are_not() {
        let request = Request::post("http://localhost:2379/etcdserverpb.KV/Put")
            .header("te", "trailers")
            .header("token", "abc.1")
            .body(())
            .unwrap();
        let field = "http2: decoded hpack field header field";
        let expected = format!(
            "{field} \":method\" = \"POST\"\n{field} \":scheme\" = \"http\"\n{field} \":path\" = \"/etcdserverpb.KV/Put\"\n\
             {field} \":authority\" = \"localhost:2379\"\n{field} \"te\" = \"trailers\"\n{field} \"token\" = \"***\"\n"
        );
        assert_eq!(lines(&request), expected);
    }
}
