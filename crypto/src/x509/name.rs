//! Names as certificates write them.

use std::net::IpAddr;

use super::X509Error;
use crate::pki::encode;

/// A subject with what is given of it, in Go's order.
pub(super) fn distinguished(organization: Option<&str>, common_name: Option<&str>) -> Vec<u8> {
    let attributes = [(ORGANIZATION, organization), (COMMON_NAME, common_name)];
    let sets: Vec<u8> = attributes
        .into_iter()
        .filter_map(|(oid, text)| Some(attribute(oid, text?)))
        .flatten()
        .collect();
    encode::sequence(&sets)
}

/// One attribute in a set of its own.
fn attribute(oid: &[u8], text: &str) -> Vec<u8> {
    let tag = if text.bytes().all(is_printable) {
        PRINTABLE_STRING
    } else {
        UTF8_STRING
    };
    let value = encode::value(tag, text.as_bytes());
    let attribute = encode::sequence(&[oid.to_vec(), value].concat());
    encode::value(SET, &attribute)
}

/// The characters of `PrintableString`.
fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte)
}

/// The content of the names a certificate stands for.
pub(super) fn alternative(names: &[String]) -> Result<Vec<u8>, X509Error> {
    let mut list = Vec::new();
    for name in names {
        let error = || X509Error::Name(name.clone());
        let is_text = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
        list.extend(match name.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => encode::value(IP, &ip.octets()),
            Ok(IpAddr::V6(ip)) => encode::value(IP, &ip.octets()),
            Err(_) if !is_text => return Err(error()),
            Err(_) if name.contains("://") => encode::value(URI, name.as_bytes()),
            Err(_) if name.contains('@') => encode::value(EMAIL, name.as_bytes()),
            Err(_) if name.contains([':', '/']) => return Err(error()), // host:port is no name
            Err(_) => encode::value(DNS, name.as_bytes()),
        });
    }
    Ok(encode::sequence(&list))
}

const PRINTABLE_STRING: u8 = 0x13;
const UTF8_STRING: u8 = 0x0c;
const SET: u8 = 0x31;

const ORGANIZATION: &[u8] = b"\x06\x03\x55\x04\x0a";
const COMMON_NAME: &[u8] = b"\x06\x03\x55\x04\x03";

// The choices of GeneralName (RFC 5280 section 4.2.1.6).
const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const URI: u8 = 0x86;
const IP: u8 = 0x87;
