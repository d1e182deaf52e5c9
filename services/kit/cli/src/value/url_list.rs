//! Lists of the URLs members listen on and are reached at.
//!
//! Source: etcd client/pkg/types/urls.go; Go net/ipsock.go `SplitHostPort`.

use crate::value::{Url, UrlError};

/// Why a list is none of addresses. The texts are upstream's: operators see them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UrlListError {
    /// Nothing in it.
    #[error("no valid URLs given")]
    Empty,
    /// No URL.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// No address and port.
    #[error("URL address does not have the form \"host:port\": {0}")]
    HostPort(String),
    /// More than an address.
    #[error("URL must not contain a path: {0}")]
    Path(String),
    /// Another scheme.
    #[error("URL scheme must be http, https, unix, or unixs: {0}")]
    Scheme(String),
}

/// Reads URLs of addresses, blanks around them aside, and sorts them by their text.
///
/// # Errors
/// [`UrlListError`] for the first that is none.
pub fn parse_urls<'a>(
    written: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Url>, UrlListError> {
    let urls = written.into_iter().map(|text| parse_one(text.trim()));
    let mut urls = urls.collect::<Result<Vec<_>, _>>()?;
    if urls.is_empty() {
        return Err(UrlListError::Empty);
    }
    urls.sort_by_cached_key(ToString::to_string);
    Ok(urls)
}

fn parse_one(text: &str) -> Result<Url, UrlListError> {
    let url = Url::parse(text)?;
    match url.scheme() {
        "http" | "https" => {
            if split_host_port(url.host()).is_none() {
                return Err(UrlListError::HostPort(text.to_owned()));
            }
            if !url.path().is_empty() {
                return Err(UrlListError::Path(text.to_owned()));
            }
        }
        "unix" | "unixs" => {}
        _ => return Err(UrlListError::Scheme(text.to_owned())),
    }
    Ok(url)
}

/// Splits `host:port` or `[host]:port`. Either may be empty.
#[must_use]
pub fn split_host_port(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = text.iter().rposition(|byte| *byte == b':')?;
    let (host, port) = (&text[..colon], &text[colon + 1..]);
    let host = match host.strip_prefix(b"[") {
        Some(rest) => rest.strip_suffix(b"]")?,
        None if host.contains(&b':') => return None,
        None => host,
    };
    let has_bracket = |bytes: &[u8]| bytes.iter().any(|byte| matches!(byte, b'[' | b']'));
    (!has_bracket(host) && !has_bracket(port)).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(written: &[&str], expected: Result<&[&str], &str>) {
        let urls = parse_urls(written.iter().copied());
        let urls = urls.map(|urls| urls.iter().map(ToString::to_string).collect::<Vec<_>>());
        let urls = urls.map_err(|error| error.to_string());
        let expected = expected.map(|urls| urls.iter().map(|url| (*url).to_owned()).collect());
        assert_eq!(urls, expected.map_err(str::to_owned));
    }

    #[test]
    fn addresses_are_sorted_and_written_as_go_does() {
        check(
            &[" HTTP://b:1 ", "https://a:2"],
            Ok(&["http://b:1", "https://a:2"]),
        );
        check(
            &["unix:///tmp/a.sock", "unixs://b:1"],
            Ok(&["unix:///tmp/a.sock", "unixs://b:1"]),
        );
        check(&["http://[::1]:2379"], Ok(&["http://[::1]:2379"]));
        check(&["http://:80"], Ok(&["http://:80"]));
    }

    #[test]
    fn what_is_no_address_is_refused_in_upstreams_words() {
        check(&[], Err("no valid URLs given"));
        check(
            &[""],
            Err("URL scheme must be http, https, unix, or unixs: "),
        );
        check(
            &["localhost:1"],
            Err("URL scheme must be http, https, unix, or unixs: localhost:1"),
        );
        check(
            &["127.0.0.1:1"],
            Err("parse \"127.0.0.1:1\": first path segment in URL cannot contain colon"),
        );
        check(
            &["http://a"],
            Err("URL address does not have the form \"host:port\": http://a"),
        );
        check(
            &["http://a:1/x"],
            Err("URL must not contain a path: http://a:1/x"),
        );
    }

    #[test]
    fn hosts_and_ports_are_split_at_the_last_colon() {
        let split = |text: &'static str| {
            let parts = split_host_port(text.as_bytes());
            parts.map(|(host, port)| (str::from_utf8(host).unwrap(), str::from_utf8(port).unwrap()))
        };
        assert_eq!(split("a:1"), Some(("a", "1")));
        assert_eq!(split(":1"), Some(("", "1")));
        assert_eq!(split("[::1]:1"), Some(("::1", "1")));
        for wrong in ["a", "::1", "[::1]", "[a:1", "a]:1", "[a]b:1", "a:1]"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
