//! From the text of an address to the place to bind, with the rules of Go's `net.Listen("tcp", address)`.
//!
//! Source: Go net/ipsock.go `SplitHostPort` and `internetAddrList`, net/dnsclient.go `isDomainName`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use nix::net::if_::if_nametoindex;

use super::{error::BindError, port_name};
use crate::sys;

/// Where to bind, and how Go would print it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Endpoint {
    pub(super) place: Place,
    pub(super) port: u16,
    /// The host as Go prints it in errors: empty, `127.0.0.1`, `[fe80::1%eth0]`.
    pub(super) host: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// Every address of every family: one dual-stack socket, IPv4 alone where the host has no IPv6.
    Any,
    /// One address.
    One(IpAddr, u32),
}

impl Endpoint {
    /// Parses `host:port` and resolves both halves.
    pub(super) fn parse(address: &str) -> Result<Self, BindError> {
        if address.is_empty() {
            return Self::of("", 0); // upstream: an empty address is any address, any port
        }
        let (host, port) = split_host_port(address).map_err(|reason| BindError::Address {
            address: address.to_owned(),
            reason,
        })?;
        Self::of(host, port_name::parse(port)?)
    }

    /// Resolves a host: empty, an IPv4 or IPv6 address with an optional zone, or a name.
    pub(super) fn of(host: &str, port: u16) -> Result<Self, BindError> {
        if host.is_empty() {
            return Ok(Self {
                place: Place::Any,
                port,
                host: String::new(),
            });
        }
        if let Some((ip, zone)) = literal(host) {
            return Ok(Self::at(ip, zone.map_or(0, zone_index), zone, port));
        }
        let addresses = look_up(host)?;
        // upstream: of several addresses the first IPv4 one is bound
        let first = addresses
            .iter()
            .find(|(ip, _)| ip.is_ipv4())
            .or_else(|| addresses.first());
        let (ip, scope) = first.copied().ok_or_else(|| no_such_host(host))?;
        Ok(Self::at(ip, scope, None, port))
    }

    fn at(ip: IpAddr, scope: u32, zone: Option<&str>, port: u16) -> Self {
        let ip = ip.to_canonical();
        let host = match (ip, zone) {
            // upstream: `[::]` is printed, and falls back to, `0.0.0.0`
            (IpAddr::V6(Ipv6Addr::UNSPECIFIED), None) => Ipv4Addr::UNSPECIFIED.to_string(),
            (IpAddr::V6(ip), Some(zone)) => format!("[{ip}%{zone}]"),
            (IpAddr::V6(ip), None) => format!("[{ip}]"),
            (IpAddr::V4(ip), _) => ip.to_string(),
        };
        let place = if ip.is_unspecified() {
            Place::Any
        } else {
            Place::One(ip, scope)
        };
        Self { place, port, host }
    }

    /// The address as Go prints it in errors: `:80`, `127.0.0.1:80`.
    pub(super) fn shown(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The socket addresses to try, in this order, until the family exists.
    pub(super) fn candidates(&self) -> Vec<SocketAddr> {
        match self.place {
            Place::Any => vec![
                SocketAddr::from((Ipv6Addr::UNSPECIFIED, self.port)),
                SocketAddr::from((Ipv4Addr::UNSPECIFIED, self.port)),
            ],
            Place::One(IpAddr::V4(ip), _) => vec![SocketAddrV4::new(ip, self.port).into()],
            Place::One(IpAddr::V6(ip), scope) => {
                vec![SocketAddrV6::new(ip, self.port, 0, scope).into()]
            }
        }
    }
}

fn literal(host: &str) -> Option<(IpAddr, Option<&str>)> {
    match host.split_once('%') {
        Some((_, "")) => None,
        Some((ip, zone)) => ip
            .parse::<Ipv6Addr>()
            .ok()
            .map(|ip| (ip.into(), Some(zone))),
        None => host.parse().ok().map(|ip| (ip, None)),
    }
}

/// The index of an interface by name or number; 0 when there is none, which the kernel then refuses for link-local addresses.
fn zone_index(zone: &str) -> u32 {
    if_nametoindex(zone)
        .ok()
        .or_else(|| zone.parse().ok())
        .unwrap_or(0)
}

fn look_up(host: &str) -> Result<Vec<(IpAddr, u32)>, BindError> {
    if !is_domain_name(host) {
        return Err(no_such_host(host)); // the system resolver would read `1.2.3` as 1.2.0.3
    }
    sys::resolve(host).map_err(|words| match words {
        None => no_such_host(host),
        Some(reason) => BindError::Lookup {
            name: host.to_owned(),
            reason,
        },
    })
}

fn no_such_host(host: &str) -> BindError {
    BindError::Lookup {
        name: host.to_owned(),
        reason: "no such host".to_owned(),
    }
}

/// Splits `host:port`, `[host]:port`; the reason when it cannot.
fn split_host_port(address: &str) -> Result<(&str, &str), &'static str> {
    const MISSING: &str = "missing port in address";
    const COLONS: &str = "too many colons in address";
    let colon = address.rfind(':').ok_or(MISSING)?;
    let (host, after_open, after_close) = if address.starts_with('[') {
        let end = address.find(']').ok_or("missing ']' in address")?;
        match end + 1 {
            after if after == address.len() => return Err(MISSING),
            after if after == colon => {}
            after if address[after..].starts_with(':') => return Err(COLONS),
            _ => return Err(MISSING),
        }
        (&address[1..end], 1, end + 1)
    } else {
        let host = &address[..colon];
        if host.contains(':') {
            return Err(COLONS);
        }
        (host, 0, 0)
    };
    if address[after_open..].contains('[') {
        return Err("unexpected '[' in address");
    }
    if address[after_close..].contains(']') {
        return Err("unexpected ']' in address");
    }
    Ok((host, &address[colon + 1..]))
}

/// Whether the text could be a DNS name at all, as Go judges before it asks the resolver.
fn is_domain_name(name: &str) -> bool {
    if name == "." {
        return true;
    }
    let longest = if name.ends_with('.') { 254 } else { 253 };
    if name.is_empty() || name.len() > longest {
        return false;
    }
    let labels = name.strip_suffix('.').unwrap_or(name);
    let in_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let fits = |label: &str| {
        (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    labels
        .split('.')
        .all(|label| fits(label) && label.bytes().all(in_label))
        && labels
            .bytes()
            .any(|byte| !byte.is_ascii_digit() && byte != b'.')
}

#[cfg(test)]
mod tests;
