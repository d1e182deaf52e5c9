//! The ways an endpoint may be written.
//!
//! Source: etcd v3.7 client/v3/internal/endpoint/endpoint.go, `translateEndpoint`.

use std::{fmt, path::PathBuf};

/// A server, as the user wrote it and as it is reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Endpoint {
    written: String,
    pub(crate) address: Address,
    /// What the server's certificate is expected to name; with a port it may have.
    pub(crate) server_name: String,
    pub(crate) security: Security,
}

/// Where a connection goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Address {
    Tcp(String),
    Unix(PathBuf),
}

/// What an endpoint says about TLS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Security {
    Required,
    Dropped,
    /// TLS if there is a configuration for it.
    Optional,
}

impl Endpoint {
    /// Understands an endpoint. Every text is one; whether it can be reached is found out when it is dialled.
    #[must_use]
    pub fn parse(written: &str) -> Self {
        let (scheme, rest) = split_scheme(written);
        let security = match scheme {
            "https" | "unixs" => Security::Required,
            "http" => Security::Dropped,
            _ => Security::Optional,
        };
        let (address, server_name) = match scheme {
            "unix" | "unixs" => {
                let path = PathBuf::from(rest);
                let name = path.file_name().map(|name| name.to_string_lossy());
                let name = name.map_or_else(|| rest.to_owned(), |name| name.into_owned());
                (Address::Unix(path), name)
            }
            _ => {
                let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
                let host = host.rsplit('@').next().unwrap_or(host);
                (Address::Tcp(host.to_owned()), host.to_owned())
            }
        };
        Self {
            written: written.to_owned(),
            address,
            server_name,
            security,
        }
    }

    /// Returns the host that the server's certificate is expected to name.
    pub(crate) fn host(&self) -> &str {
        let name = self.server_name.as_str();
        let host = match name.rsplit_once(':') {
            Some((host, _)) if !host.contains(':') || host.ends_with(']') => host,
            _ => name,
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        // Names from DNS end in a dot, which certificates leave out.
        host.trim_end_matches('.')
    }

    /// Returns the text after the scheme, which upstream calls the authority.
    pub(crate) fn authority(&self) -> &str {
        let text = self.written.as_str();
        text.split_once("://").map_or_else(
            || {
                text.strip_prefix("unixs:")
                    .or_else(|| text.strip_prefix("unix:"))
                    .unwrap_or(text)
            },
            |(_, rest)| rest,
        )
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

fn split_scheme(text: &str) -> (&str, &str) {
    if let Some((scheme, rest)) = text.split_once("://") {
        return (scheme, rest);
    }
    match text.split_once(':') {
        Some((scheme @ ("unix" | "unixs"), rest)) => (scheme, rest),
        _ => ("", text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(written: &str, address: &str, host: &str, security: Security) {
        let endpoint = Endpoint::parse(written);
        let found = match &endpoint.address {
            Address::Tcp(address) => address.clone(),
            Address::Unix(path) => format!("unix {}", path.display()),
        };
        assert_eq!(found, address, "{written}");
        assert_eq!(endpoint.host(), host, "{written}");
        assert_eq!(endpoint.security, security, "{written}");
    }

    #[test]
    fn endpoints_are_read_as_upstream_reads_them() {
        check("a:2379", "a:2379", "a", Security::Optional);
        check("http://a:2379", "a:2379", "a", Security::Dropped);
        check(
            "https://[::1]:2379/x",
            "[::1]:2379",
            "::1",
            Security::Required,
        );
        check(
            "https://a.example",
            "a.example",
            "a.example",
            Security::Required,
        );
        check("https://a.b.:1", "a.b.:1", "a.b", Security::Required);
        check("unix:/tmp/s:1", "unix /tmp/s:1", "s", Security::Optional);
        check("unix://s:1", "unix s:1", "s", Security::Optional);
        check(
            "unixs:///t/etcd",
            "unix /t/etcd",
            "etcd",
            Security::Required,
        );
        check("etcd://a:1", "a:1", "a", Security::Optional);
    }

    #[test]
    fn authorities_lose_their_schemes() {
        let authority = |text: &str| Endpoint::parse(text).authority().to_owned();
        assert_eq!(authority("http://a:1"), "a:1");
        assert_eq!(authority("a:1"), "a:1");
        assert_eq!(authority("unix:a"), "a");
    }
}
