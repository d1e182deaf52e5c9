//! URLs as Go's `url.Parse` takes them apart and `URL.String` puts them together, error texts included.
//!
//! Go is more lenient than the WHATWG rules other URL crates follow, and operators have flags that rely on it.
//! Escaping is in `escape.rs`, hosts in `host.rs`.

use std::fmt::{self, Display, Formatter};

use self::escape::{Part, escape, unescape, valid_encoded};
use crate::value::quote;

mod escape;
mod host;
#[cfg(test)]
mod tests;

/// A parsed URL or URL reference. Decoded parts are bytes: `%ff` is a legal escape.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Url {
    scheme: String,
    opaque: String,
    user: Option<User>,
    host: Vec<u8>,
    path: Vec<u8>,
    /// The path as written, when the plain escaping of `path` would differ.
    raw_path: Option<String>,
    query: String,
    force_query: bool,
    fragment: Vec<u8>,
    raw_fragment: Option<String>,
    omit_host: bool,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// Why a text is not a URL: `parse "<text>": <reason>`, as Go words it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("parse {}: {reason}", quote(.text))]
pub struct UrlError {
    text: String,
    reason: Reason,
}

/// Texts from Go's net/url.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
enum Reason {
    #[error("net/url: invalid control character in URL")]
    ControlCharacter,
    #[error("missing protocol scheme")]
    MissingScheme,
    #[error("first path segment in URL cannot contain colon")]
    ColonInFirstSegment,
    #[error("net/url: invalid userinfo")]
    UserInfo,
    #[error("invalid URL escape {}", quote(.0))]
    Escape(Vec<u8>),
    #[error("invalid character {} in host name", quote(.0))]
    HostCharacter(String),
    #[error("invalid IP-literal")]
    IpLiteral,
    #[error("missing ']' in host")]
    MissingBracket,
    #[error("invalid port {} after host", quote(.0))]
    Port(String),
    #[error("invalid host: {0}")]
    Host(host::AddressError),
}

impl Url {
    /// Parses `text`, which may be relative or empty.
    ///
    /// # Errors
    /// [`UrlError`] with Go's text.
    ///
    /// Source: Go net/url/url.go, `Parse`, under the setting `urlstrictcolons=0` upstream is built with.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
        let error = |text: &str| {
            let text = text.to_owned();
            move |reason| UrlError { text, reason }
        };
        let mut url = Self::parse_before_fragment(before).map_err(error(before))?;
        if !fragment.is_empty() {
            url.fragment = unescape(fragment, Part::Fragment).map_err(error(text))?;
            url.raw_fragment =
                (escape(&url.fragment, Part::Fragment) != fragment).then(|| fragment.to_owned());
        }
        Ok(url)
    }

    fn parse_before_fragment(text: &str) -> Result<Self, Reason> {
        if text.bytes().any(|byte| byte.is_ascii_control()) {
            return Err(Reason::ControlCharacter);
        }
        if text == "*" {
            return Ok(Self {
                path: b"*".to_vec(),
                ..Self::default()
            });
        }
        let (scheme, rest) = split_scheme(text)?;
        let mut url = Self {
            scheme: scheme.to_ascii_lowercase(),
            ..Self::default()
        };
        let mut rest = match rest.split_once('?') {
            Some((before, "")) => {
                url.force_query = true;
                before
            }
            Some((before, query)) => {
                query.clone_into(&mut url.query);
                before
            }
            None => rest,
        };
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                rest.clone_into(&mut url.opaque);
                return Ok(url);
            }
            if rest
                .split('/')
                .next()
                .is_some_and(|segment| segment.contains(':'))
            {
                return Err(Reason::ColonInFirstSegment);
            }
        }
        let has_scheme = !url.scheme.is_empty();
        match rest.strip_prefix("//") {
            Some(after) if has_scheme || !rest.starts_with("///") => {
                let (authority, path) = after.split_at(after.find('/').unwrap_or(after.len()));
                url.set_authority(authority)?;
                rest = path;
            }
            _ => url.omit_host = has_scheme && rest.starts_with('/'),
        }
        url.path = unescape(rest, Part::Path)?;
        url.raw_path = (escape(&url.path, Part::Path) != rest).then(|| rest.to_owned());
        Ok(url)
    }

    fn set_authority(&mut self, authority: &str) -> Result<(), Reason> {
        let (user, host) = authority
            .rsplit_once('@')
            .map_or((None, authority), |(user, host)| (Some(user), host));
        self.host = host::parse(host)?;
        let Some(user) = user else { return Ok(()) };
        if !user.chars().all(is_user_info) {
            return Err(Reason::UserInfo);
        }
        let (name, password) = user
            .split_once(':')
            .map_or((user, None), |(name, word)| (name, Some(word)));
        self.user = Some(User {
            name: unescape(name, Part::UserPassword)?,
            password: password
                .map(|word| unescape(word, Part::UserPassword))
                .transpose()?,
        });
        Ok(())
    }

    /// Returns the scheme in lower case; empty for a reference without one.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Returns the decoded host, with its port, and with the brackets of an IP literal.
    #[must_use]
    pub fn host(&self) -> &[u8] {
        &self.host
    }

    /// Returns the decoded path.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        &self.path
    }
}

/// Splits `scheme:` off, when the text starts with one.
fn split_scheme(text: &str) -> Result<(&str, &str), Reason> {
    let end = text.find(|char: char| !(char.is_ascii_alphanumeric() || "+-.".contains(char)));
    match end {
        Some(0) if text.starts_with(':') => Err(Reason::MissingScheme),
        Some(end)
            if text[end..].starts_with(':')
                && text.starts_with(|char: char| char.is_ascii_alphabetic()) =>
        {
            Ok((&text[..end], &text[end + 1..]))
        }
        _ => Ok(("", text)),
    }
}

/// Source: Go net/url/url.go, `validUserinfo`.
fn is_user_info(char: char) -> bool {
    char.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(char)
}

impl Display for Url {
    /// Source: Go net/url/url.go, `URL.String`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out.push_str(&self.scheme);
            out.push(':');
        }
        if self.opaque.is_empty() {
            self.push_authority(&mut out);
            self.push_path(&mut out);
        } else {
            out.push_str(&self.opaque);
        }
        if self.force_query || !self.query.is_empty() {
            out.push('?');
            out.push_str(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push('#');
            out.push_str(&escaped(
                &self.fragment,
                self.raw_fragment.as_deref(),
                Part::Fragment,
            ));
        }
        f.write_str(&out)
    }
}

impl Url {
    fn push_authority(&self, out: &mut String) {
        let none = self.host.is_empty() && self.user.is_none();
        if none && (self.scheme.is_empty() || self.omit_host || self.path.is_empty()) {
            return;
        }
        out.push_str("//");
        if let Some(User { name, password }) = &self.user {
            out.push_str(&escape(name, Part::UserPassword));
            if let Some(password) = password {
                out.push(':');
                out.push_str(&escape(password, Part::UserPassword));
            }
            out.push('@');
        }
        out.push_str(&escape(&self.host, Part::Host));
    }

    fn push_path(&self, out: &mut String) {
        let path = match self.path.as_slice() {
            b"*" => "*".to_owned(),
            path => escaped(path, self.raw_path.as_deref(), Part::Path),
        };
        if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
            out.push('/');
        }
        // RFC 3986 §4.2: a first segment with a colon would read as a scheme.
        if out.is_empty()
            && path
                .split('/')
                .next()
                .is_some_and(|segment| segment.contains(':'))
        {
            out.push_str("./");
        }
        out.push_str(&path);
    }
}

/// Returns the part as it was written when that is a valid escaping of it, else the plain escaping.
fn escaped(decoded: &[u8], raw: Option<&str>, part: Part) -> String {
    match raw {
        Some(raw) if valid_encoded(raw, part) => raw.to_owned(),
        _ => escape(decoded, part),
    }
}
