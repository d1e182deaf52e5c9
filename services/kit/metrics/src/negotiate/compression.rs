//! Which compression an answer gets.
//!
//! Source: client_golang v1.23.2 promhttp/http.go, internal gddo/httputil.

/// How an answer is compressed.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Compression {
    /// Not at all.
    #[default]
    Identity,
    /// gzip.
    Gzip,
}

impl Compression {
    /// Returns what the `Accept-Encoding` headers of a request ask for. Of two that weigh the same, none at all wins.
    #[must_use]
    pub fn negotiate<'a>(accept_encoding: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut identity, mut gzip) = (-1.0_f64, -1.0_f64);
        for header in accept_encoding {
            for (coding, weight) in (Codings { rest: header }) {
                if matches!(coding, "identity" | "*") {
                    identity = identity.max(weight);
                }
                if matches!(coding, "gzip" | "*") {
                    gzip = gzip.max(weight);
                }
            }
        }
        if gzip > identity && gzip > 0.0 {
            Self::Gzip
        } else {
            Self::Identity
        }
    }

    /// Returns the `Content-Encoding` of the answer, if it has one.
    #[must_use]
    pub const fn content_encoding(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
        }
    }
}

/// The codings of an `Accept-Encoding` header with their weights, up to the first that is malformed.
struct Codings<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Codings<'a> {
    type Item = (&'a str, f64);

    fn next(&mut self) -> Option<(&'a str, f64)> {
        let is_coding =
            |byte: u8| byte.is_ascii_graphic() && !b"\"(),:;<=>?@[]\\{}".contains(&byte);
        let rest = std::mem::take(&mut self.rest);
        let end = rest
            .bytes()
            .position(|byte| !is_coding(byte))
            .unwrap_or(rest.len());
        let (coding, rest) = rest.split_at(end);
        if coding.is_empty() {
            return None;
        }
        let mut rest = skip_blanks(rest);
        let mut weight = 1.0;
        if let Some(parameter) = rest.strip_prefix(';') {
            (weight, rest) = take_weight(skip_blanks(parameter).strip_prefix("q=")?)?;
        }
        self.rest = skip_blanks(rest)
            .strip_prefix(',')
            .map(skip_blanks)
            .unwrap_or_default();
        Some((coding, weight))
    }
}

/// Takes a weight such as `0.5`; nothing but 0 and 1 may stand before the point.
fn take_weight(text: &str) -> Option<(f64, &str)> {
    let (whole, rest) = match text.as_bytes().first()? {
        b'0' => (0.0, &text[1..]),
        b'1' => (1.0, &text[1..]),
        _ => return None,
    };
    let Some(fraction) = rest.strip_prefix('.') else {
        return Some((whole, rest));
    };
    let end = fraction
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(fraction.len());
    let (digits, rest) = fraction.split_at(end);
    let fraction = if digits.is_empty() {
        0.0
    } else {
        format!("0.{digits}").parse().unwrap_or_default()
    };
    Some((whole + fraction, rest))
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\r', '\n'])
}
