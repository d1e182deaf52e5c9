//! From the text of a listen flag to an address: `host:port` in any form Go takes, or `vsock://:port`.
//!
//! TCP addresses are kept as written: kit-guard reads them while it binds, as Go does.
//!
//! Source: exporter-toolkit web/tls_config.go `parseVsockPort`; Go net/url `Parse`, net `SplitHostPort`.

use std::path::PathBuf;

/// Where to listen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Address {
    /// `host:port`, `:port`, `[::1]:port`, as Go's `net.Listen` takes it.
    Tcp(String),
    /// The same, with others on the same port (`SO_REUSEPORT`).
    SharedTcp(String),
    /// A path, or an abstract name that begins with `@`.
    Unix(PathBuf),
    /// The port on every vsock context id; 0 takes any.
    Vsock(u32),
}

/// Why a vsock address cannot be read. The texts are Go's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// Not a URL.
    #[error("parse {url:?}: {reason}")] // Go's text
    Url {
        /// What was written.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No port, or too many colons.
    #[error("{}{reason}", if .host.is_empty() { String::new() } else { format!("address {host}: ") })]
    // Go's text
    Port {
        /// The host part of the URL.
        host: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The port is no 32-bit number.
    #[error("strconv.ParseUint: parsing {port:?}: {reason}")] // Go's text
    Number {
        /// The port as written.
        port: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Address {
    /// Reads the value of a listen flag.
    ///
    /// # Errors
    /// [`AddressError`] for a malformed `vsock://` address; a malformed TCP address fails when it is bound.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        match text.strip_prefix("vsock://") {
            Some(rest) => vsock_port(text, rest).map(Self::Vsock),
            None => Ok(Self::Tcp(text.to_owned())),
        }
    }
}

/// Reads the port behind `vsock://`; host, user, path and query are accepted and mean nothing, as upstream.
fn vsock_port(url: &str, rest: &str) -> Result<u32, AddressError> {
    let malformed = |reason: String| AddressError::Url {
        url: url.to_owned(),
        reason,
    };
    if url.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err(malformed(
            "net/url: invalid control character in URL".to_owned(),
        ));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if let Some(character) = host.chars().find(|it| " <>\"\\^`{|}".contains(*it)) {
        return Err(malformed(format!(
            "invalid character {:?} in host name",
            character.to_string()
        )));
    }
    let (colon, is_bracketed) = match host.strip_prefix('[').map(|inner| inner.find(']')) {
        Some(Some(end)) => (
            Some(end + 2).filter(|at| host[*at..].starts_with(':')),
            true,
        ),
        Some(None) => return Err(malformed("missing ']' in host".to_owned())),
        None => (host.rfind(':'), false),
    };
    let Some(colon) = colon else {
        return Err(AddressError::Port {
            host: host.to_owned(),
            reason: "missing port in address",
        });
    };
    let port = &host[colon + 1..];
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(malformed(format!(
            "invalid port {:?} after host",
            &host[colon..]
        )));
    }
    if !is_bracketed && host[..colon].contains(':') {
        return Err(AddressError::Port {
            host: host.to_owned(),
            reason: "too many colons in address",
        });
    }
    port.parse().map_err(|_| AddressError::Number {
        port: port.to_owned(),
        reason: if port.is_empty() {
            "invalid syntax"
        } else {
            "value out of range"
        },
    })
}

#[cfg(test)]
mod tests;
