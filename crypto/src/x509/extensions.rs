//! The extensions of certificates that are made here.

use crate::pki::encode;

/// What a key may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUsage {
    /// Sign handshakes and messages.
    DigitalSignature = 0,
    /// Encrypt keys. RSA key transport only, which is never offered here; etcd's certificates name it.
    KeyEncipherment = 2,
    /// Sign certificates.
    CertSign = 5,
    /// Sign revocation lists.
    CrlSign = 6,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// TLS servers.
    ServerAuth,
    /// TLS clients.
    ClientAuth,
}

impl Purpose {
    fn oid(self) -> &'static [u8] {
        match self {
            Self::ServerAuth => b"\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01",
            Self::ClientAuth => b"\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02",
        }
    }
}

pub(super) fn key_usage(usages: &[KeyUsage]) -> Vec<u8> {
    let bits = usages
        .iter()
        .fold(0_u8, |bits, usage| bits | 0x80 >> *usage as u8);
    let unused = bits.trailing_zeros().min(7) as u8; // DER leaves trailing zeros out
    extension(KEY_USAGE, true, &encode::value(0x03, &[unused, bits]))
}

pub(super) fn purposes(purposes: &[Purpose]) -> Vec<u8> {
    let oids: Vec<_> = purposes.iter().map(|purpose| purpose.oid()).collect();
    extension(EXTENDED_KEY_USAGE, false, &encode::sequence(&oids.concat()))
}

pub(super) fn basic_constraints(is_authority: bool) -> Vec<u8> {
    let content = if is_authority { TRUE } else { &[] }; // DER leaves the default FALSE out
    extension(BASIC_CONSTRAINTS, true, &encode::sequence(content))
}

pub(super) fn subject_key(id: &[u8; 20]) -> Vec<u8> {
    extension(SUBJECT_KEY, false, &encode::value(0x04, id))
}

pub(super) fn authority_key(id: &[u8]) -> Vec<u8> {
    let content = encode::sequence(&encode::value(0x80, id));
    extension(AUTHORITY_KEY, false, &content)
}

/// Critical when the subject says nothing (RFC 5280 section 4.2.1.6).
pub(super) fn alternative_names(names: &[u8], is_critical: bool) -> Vec<u8> {
    extension(ALTERNATIVE_NAMES, is_critical, names)
}

fn extension(last_of_oid: u8, is_critical: bool, content: &[u8]) -> Vec<u8> {
    let oid = encode::value(0x06, &[0x55, 0x1d, last_of_oid]); // 2.5.29
    let critical = if is_critical { TRUE } else { &[] };
    encode::sequence(&[oid.as_slice(), critical, &encode::value(0x04, content)].concat())
}

const TRUE: &[u8] = &[0x01, 0x01, 0xff];

const SUBJECT_KEY: u8 = 14;
const KEY_USAGE: u8 = 15;
const ALTERNATIVE_NAMES: u8 = 17;
const BASIC_CONSTRAINTS: u8 = 19;
const AUTHORITY_KEY: u8 = 35;
const EXTENDED_KEY_USAGE: u8 = 37;
