//! The host of a URL: a name or an IP literal in brackets, each with an optional port.
//!
//! Source: Go net/url/url.go, `parseHost`; net/netip/netip.go, `ParseAddr`.

use super::{
    Reason,
    escape::{Part, unescape},
};

mod address;

pub(super) use self::address::AddressError;

/// Decodes `host[:port]`.
pub(super) fn parse(host: &str) -> Result<Vec<u8>, Reason> {
    match host.rfind('[') {
        Some(0) => parse_literal(&host[1..]),
        Some(_) => Err(Reason::IpLiteral),
        None => {
            // Several colons are let through for lists of hosts, as upstream's build setting allows.
            check_port(host.rfind(':').map_or("", |colon| &host[colon..]))?;
            unescape(host, Part::Host)
        }
    }
}

/// Decodes what follows the opening bracket of `[address%25zone]:port`.
fn parse_literal(rest: &str) -> Result<Vec<u8>, Reason> {
    let (literal, port) = rest.rsplit_once(']').ok_or(Reason::MissingBracket)?;
    check_port(port)?;
    let (address, zone) = literal.split_at(literal.find("%25").unwrap_or(literal.len()));
    let mut decoded = unescape(address, Part::Host)?;
    decoded.extend(unescape(zone, Part::Zone)?);
    address::check_v6(&decoded)?;
    Ok([b"[", decoded.as_slice(), b"]", port.as_bytes()].concat())
}

fn check_port(port: &str) -> Result<(), Reason> {
    match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
        None if port.is_empty() => Ok(()),
        _ => Err(Reason::Port(port.to_owned())),
    }
}
