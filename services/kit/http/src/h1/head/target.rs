//! The target of a request by Go's rules, and whether `http::Uri` can hold it.
//!
//! Source: Go net/url url.go `parse` via `ParseRequestURI`.

/// A target Go takes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Target<'a> {
    /// hyper takes it as it is.
    Plain,
    /// `http://host/path`: Go serves path and query.
    Absolute(&'a [u8]),
    /// hyper would refuse or change it: path and query.
    Odd(&'a [u8]),
}

impl<'a> Target<'a> {
    /// Reads a target; none when Go refuses it.
    pub(super) fn parse(method: &[u8], target: &'a [u8]) -> Option<Self> {
        if target.is_empty() || target.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
            return None;
        }
        if target == b"*" || (method == b"CONNECT" && target[0] != b'/') {
            return Some(Self::Plain);
        }
        if target[0] == b'/' {
            return Self::from_path(target, Self::Plain);
        }
        let path = path_of_absolute(target)?;
        Self::from_path(path, Self::Absolute(path))
    }

    fn from_path(path: &'a [u8], plain: Self) -> Option<Self> {
        let end = memchr::memchr(b'?', path).unwrap_or(path.len());
        if !has_good_escapes(&path[..end]) {
            return None;
        }
        let is_plain = path.len() <= URI_BYTES_MAX && path.iter().all(|byte| PLAIN[*byte as usize]);
        Some(if is_plain { plain } else { Self::Odd(path) })
    }
}

/// Returns path and query of `scheme://authority/path`.
fn path_of_absolute(target: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', target)?;
    let (scheme, rest) = (&target[..colon], &target[colon + 1..]);
    let is_scheme_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    if !scheme.first()?.is_ascii_alphabetic() || !scheme.iter().all(is_scheme_byte) {
        return None;
    }
    let authority = rest.strip_prefix(b"//")?;
    let slash = memchr::memchr2(b'/', b'?', authority);
    match slash.map(|at| &authority[at..]) {
        Some(path) if path[0] == b'/' => Some(path),
        _ => Some(b"/"),
    }
}

/// Every `%` is followed by two hexadecimal digits.
pub(crate) fn has_good_escapes(path: &[u8]) -> bool {
    memchr::memchr_iter(b'%', path).all(|at| {
        let digits = path.get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The longest target `http::Uri` holds.
const URI_BYTES_MAX: usize = u16::MAX as usize - 1;

/// The bytes `http::Uri` takes both in a path and in a query; those it takes in one of them only are rare enough for the long
/// way.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0x21_u8;
    while byte < 0x7f {
        plain[byte as usize] = !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'^' | b'`' | b'\\');
        byte += 1;
    }
    plain
};
