//! IPv6 literals, checked with the texts of Go's `netip.ParseAddr`.

use super::Reason;
use crate::value::quote;

/// Why a text is not an IP address: `ParseAddr("…"): <reason> (at "…")`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("ParseAddr({}): {reason}{}", quote(.text), place(.at))]
pub(in super::super) struct AddressError {
    text: Vec<u8>,
    reason: &'static str,
    at: Vec<u8>,
}

fn place(at: &[u8]) -> String {
    if at.is_empty() {
        String::new()
    } else {
        format!(" (at {})", quote(at))
    }
}

/// A refusal and the rest of the text it was found at.
type Refusal<'a> = (&'static str, &'a [u8]);

/// Checks that `text` is an IPv6 address, with or without a zone.
pub(super) fn check_v6(text: &[u8]) -> Result<(), Reason> {
    let checked = match text.iter().find(|byte| b".:%".contains(byte)) {
        Some(b'.') => match check_v4(text) {
            Ok(()) => return Err(Reason::IpLiteral),
            Err(refusal) => Err(refusal),
        },
        Some(b':') => check_groups(text),
        Some(_) => Err(("missing IPv6 address", &b""[..])),
        None => Err(("unable to parse IP", &b""[..])),
    };
    checked.map_err(|(reason, at)| {
        Reason::Host(AddressError {
            text: text.to_vec(),
            reason,
            at: at.to_vec(),
        })
    })
}

fn check_v4(text: &[u8]) -> Result<(), Refusal<'_>> {
    let (mut dots, mut digits, mut value) = (0, 0, 0_u32);
    for (index, &byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' if digits == 1 && value == 0 => {
                return Err(("IPv4 field has octet with leading zero", b""));
            }
            b'0'..=b'9' => {
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err(("IPv4 field has value >255", b""));
                }
            }
            b'.' if digits == 0 || index == text.len() - 1 => {
                return Err(("IPv4 field must have at least one digit", &text[index..]));
            }
            b'.' if dots == 3 => return Err(("IPv4 address too long", b"")),
            b'.' => (dots, digits, value) = (dots + 1, 0, 0),
            _ => return Err(("unexpected character", &text[index..])),
        }
    }
    if dots < 3 {
        Err(("IPv4 address too short", b""))
    } else {
        Ok(())
    }
}

/// Number of 16-bit groups in an address.
const GROUPS: usize = 8;

fn check_groups(text: &[u8]) -> Result<(), Refusal<'_>> {
    let percent = text.iter().position(|&byte| byte == b'%');
    if percent.is_some_and(|index| index + 1 == text.len()) {
        return Err(("zone must be a non-empty string", b""));
    }
    let mut rest = &text[..percent.unwrap_or(text.len())];
    let mut ellipsis = false;
    if let Some(after) = rest.strip_prefix(b"::") {
        (ellipsis, rest) = (true, after);
        if rest.is_empty() {
            return Ok(());
        }
    }
    let mut groups = 0;
    while groups < GROUPS {
        let digits = rest
            .iter()
            .take_while(|byte| byte.is_ascii_hexdigit())
            .count();
        match digits {
            0 => {
                return Err((
                    "each colon-separated field must have at least one digit",
                    rest,
                ));
            }
            1..=4 => {}
            _ => return Err(("each group must have 4 or less digits", rest)),
        }
        if rest.get(digits) == Some(&b'.') {
            if !ellipsis && groups != GROUPS - 2 {
                return Err((
                    "embedded IPv4 address must replace the final 2 fields of the address",
                    rest,
                ));
            }
            if groups + 2 > GROUPS {
                return Err((
                    "too many hex fields to fit an embedded IPv4 at the end of the address",
                    rest,
                ));
            }
            check_v4(rest)?;
            (groups, rest) = (groups + 2, b"");
            break;
        }
        (groups, rest) = (groups + 1, &rest[digits..]);
        rest = match rest {
            [] => break,
            [b':'] => return Err(("colon must be followed by more characters", rest)),
            [b':', b':', ..] if ellipsis => return Err(("multiple :: in address", &rest[1..])),
            [b':', b':', after @ ..] => {
                ellipsis = true;
                after
            }
            [b':', after @ ..] => after,
            _ => return Err(("unexpected character, want colon", rest)),
        };
        if rest.is_empty() {
            break;
        }
    }
    match groups {
        _ if !rest.is_empty() => Err(("trailing garbage after address", rest)),
        GROUPS if ellipsis => Err(("the :: must expand to at least one field of zeros", b"")),
        GROUPS => Ok(()),
        _ if ellipsis => Ok(()),
        _ => Err(("address string too short", b"")),
    }
}
