//! Percent escaping by part of a URL.
//!
//! Source: Go net/url/url.go, `unescape`, `escape`, `validEncoded`; gen_encoding_table.go, `shouldEscape`.

use super::Reason;

/// The part of a URL a text stands in; each has its own reserved characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    Path,
    Host,
    Zone,
    UserPassword,
    Fragment,
}

/// Decodes `%xx`.
pub(super) fn unescape(text: &str, part: Part) -> Result<Vec<u8>, Reason> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let rest = &bytes[index..];
        let byte = match *rest {
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let byte = hex(high) << 4 | hex(low);
                if !may_be_escaped(byte, part) {
                    return Err(Reason::Escape(rest[..3].to_vec()));
                }
                index += 2;
                byte
            }
            [b'%', ..] => {
                return Err(Reason::Escape(rest[..rest.len().min(3)].to_vec()));
            }
            [byte, ..] if byte.is_ascii() && is_host(part) && must_escape(byte, part) => {
                return Err(Reason::HostCharacter(char::from(byte).to_string()));
            }
            [byte, ..] => byte,
            [] => unreachable!("index is inside"),
        };
        out.push(byte);
        index += 1;
    }
    Ok(out)
}

/// Returns whether `%xx` for this byte is legal in the part: hosts may escape non-ASCII bytes and `%` only, zones also
/// what a host could hold and the space.
fn may_be_escaped(byte: u8, part: Part) -> bool {
    match part {
        Part::Host => byte >= 0x80 || byte == b'%',
        Part::Zone => byte == b'%' || byte == b' ' || !must_escape(byte, Part::Host),
        Part::Path | Part::UserPassword | Part::Fragment => true,
    }
}

/// Encodes every byte the part may not hold as `%XX`.
pub(super) fn escape(bytes: &[u8], part: Part) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if must_escape(byte, part) {
            out.push('%');
            out.extend(
                [byte >> 4, byte & 15]
                    .map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])),
            );
        } else {
            out.push(char::from(byte));
        }
    }
    out
}

/// Returns whether an escaped text may be kept as it was written.
pub(super) fn valid_encoded(text: &str, part: Part) -> bool {
    text.bytes()
        .all(|byte| b"!$&'()*+,;=:@[]%".contains(&byte) || !must_escape(byte, part))
}

fn must_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return false;
    }
    let allowed: &[u8] = match part {
        Part::Path => b"$&+,/:;=@",
        Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"",
        Part::UserPassword => b"$&+,;=",
        Part::Fragment => b"$&+,/:;=?@!()*",
    };
    !allowed.contains(&byte)
}

fn is_host(part: Part) -> bool {
    matches!(part, Part::Host | Part::Zone)
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}
