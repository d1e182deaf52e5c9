//! The extensions of a certificate that verification acts on.
//!
//! Source: Go crypto/x509 parser.go `processExtensions`, `parseSANExtension`, `parseNameConstraintsExtension`.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use der::{
    Decode as _, Error as DerError, Reader, SliceReader, Tag, Tagged as _,
    asn1::{AnyRef, BitStringRef, ObjectIdentifier},
};

use crate::pki::{
    certificate::{RawExtension, sequence_content},
    name_syntax::{is_domain, mailbox},
};

/// What a certificate's extensions say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extensions {
    /// `None` without the extension.
    pub(crate) basic_constraints: Option<BasicConstraints>,
    /// `None` without the extension; bit 5 is `keyCertSign`.
    pub(crate) may_sign_certificates: Option<bool>,
    /// Empty without the extension.
    pub(crate) extended_key_usage: Vec<ObjectIdentifier>,
    /// `None` without the extension.
    pub(crate) alternative_names: Option<AlternativeNames>,
    /// `None` without the extension.
    pub(crate) name_constraints: Option<NameConstraints>,
    /// The name of the key, when it has one; only certificates made here point at it.
    pub(crate) subject_key_id: Option<Vec<u8>>,
    /// True when an extension is critical and nobody here acts on it.
    pub(crate) unhandled_critical: bool,
}

/// `BasicConstraints`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BasicConstraints {
    pub(crate) is_ca: bool,
    pub(crate) intermediates_max: Option<u8>,
}

/// The names of a certificate.
#[derive(Clone, Debug, Default)]
pub(crate) struct AlternativeNames {
    pub(crate) dns: Vec<String>,
    pub(crate) emails: Vec<String>,
    pub(crate) ips: Vec<IpAddr>,
    pub(crate) uris: Vec<String>,
}

impl AlternativeNames {
    /// All names as text, in the order upstream compares them.
    pub(crate) fn texts(&self) -> impl Iterator<Item = String> {
        let ips = self.ips.iter().map(ToString::to_string);
        let uris = self.uris.iter().cloned();
        self.dns
            .iter()
            .chain(&self.emails)
            .cloned()
            .chain(ips)
            .chain(uris)
    }
}

/// Name constraints: what lies below may only have permitted names, and no excluded one.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameConstraints {
    pub(crate) permitted: Subtrees,
    pub(crate) excluded: Subtrees,
}

/// One side of the constraints.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subtrees {
    pub(crate) dns: Vec<String>,
    pub(crate) emails: Vec<String>,
    pub(crate) ips: Vec<IpRange>,
    pub(crate) uris: Vec<String>,
}

/// An address and its mask, both of four or sixteen bytes.
#[derive(Clone, Debug)]
pub(crate) struct IpRange {
    pub(crate) address: Vec<u8>,
    pub(crate) mask: Vec<u8>,
}

impl Subtrees {
    /// Number of constraints.
    pub(crate) fn count(&self) -> usize {
        self.dns.len() + self.emails.len() + self.ips.len() + self.uris.len()
    }
}

/// As Go prints a network: `10.0.0.0/8`, or the mask in hexadecimal when it is no prefix.
impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match ip(&self.address) {
            Ok(address) => write!(f, "{address}/")?,
            Err(_) => f.write_str("?/")?,
        }
        let ones = self
            .mask
            .iter()
            .map(|byte| byte.leading_ones())
            .take_while(|ones| *ones > 0)
            .sum::<u32>();
        let set: u32 = self.mask.iter().map(|byte| byte.count_ones()).sum();
        if ones == set {
            write!(f, "{ones}")
        } else {
            f.write_str(&crate::digest::hex(&self.mask))
        }
    }
}

impl Extensions {
    pub(crate) fn parse(raw: &[RawExtension<'_>]) -> Result<Self, DerError> {
        let mut extensions = Self::default();
        for extension in raw {
            let handled = extensions.take(extension)?;
            extensions.unhandled_critical |= extension.critical && !handled;
        }
        Ok(extensions)
    }

    /// Reads one extension; false when nobody here acts on it.
    fn take(&mut self, extension: &RawExtension<'_>) -> Result<bool, DerError> {
        let value = extension.value;
        match extension.oid {
            BASIC_CONSTRAINTS => self.basic_constraints = Some(basic_constraints(value)?),
            KEY_USAGE => self.may_sign_certificates = Some(key_cert_sign(value)?),
            EXTENDED_KEY_USAGE => self.extended_key_usage = Vec::from_der(value)?,
            SUBJECT_ALT_NAME => {
                let names = alternative_names(value)?;
                let any = names.texts().next().is_some();
                self.alternative_names = Some(names);
                return Ok(any); // a critical extension of unknown names only is not understood
            }
            NAME_CONSTRAINTS => {
                let (constraints, complete) = name_constraints(value)?;
                self.name_constraints = Some(constraints);
                return Ok(complete);
            }
            // Verified by nobody, but as in Go they must be well-formed and not critical: how to find the issuer.
            SUBJECT_KEY_ID | AUTHORITY_KEY_ID | AUTHORITY_INFO => {
                if extension.critical {
                    return Err(Tag::Boolean.value_error());
                }
                check_pointer(extension.oid, value)?;
                if extension.oid == SUBJECT_KEY_ID {
                    let id = AnyRef::decode(&mut SliceReader::new(value)?)?;
                    self.subject_key_id = Some(id.value().to_vec());
                }
            }
            // Read by nobody, but harmless: how to find the issuer's lists, and which policies it follows.
            CRL_DISTRIBUTION | CERTIFICATE_POLICIES => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Checks the form of a pointer to the issuer as far as Go looks at it.
fn check_pointer(oid: ObjectIdentifier, value: &[u8]) -> Result<(), DerError> {
    let mut reader = SliceReader::new(value)?;
    if oid == SUBJECT_KEY_ID {
        return AnyRef::decode(&mut reader)?
            .tag()
            .assert_eq(Tag::OctetString)
            .map(drop);
    }
    let content = sequence_content(&mut reader)?;
    if oid == AUTHORITY_INFO {
        let mut descriptions = SliceReader::new(content)?;
        while !descriptions.is_finished() {
            let mut fields = SliceReader::new(sequence_content(&mut descriptions)?)?;
            ObjectIdentifier::decode(&mut fields)?;
            Option::<AnyRef<'_>>::decode(&mut fields)?;
        }
    }
    Ok(())
}

fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, DerError> {
    SliceReader::new(value)?.sequence(|fields| {
        let is_ca = Option::<bool>::decode(fields)?.unwrap_or(false);
        let intermediates_max = Option::<u8>::decode(fields)?;
        Ok(BasicConstraints {
            is_ca,
            intermediates_max,
        })
    })
}

fn key_cert_sign(value: &[u8]) -> Result<bool, DerError> {
    let bits = BitStringRef::from_der(value)?;
    let first = bits.raw_bytes().first().copied().unwrap_or(0);
    // All bits unset means "unspecified" to Go.
    let unset = bits.raw_bytes().iter().all(|byte| *byte == 0);
    Ok(unset || first & 0b0000_0100 != 0)
}

fn alternative_names(value: &[u8]) -> Result<AlternativeNames, DerError> {
    let mut names = AlternativeNames::default();
    let mut list = SliceReader::new(sequence_content(&mut SliceReader::new(value)?)?)?;
    while !list.is_finished() {
        let name = AnyRef::decode(&mut list)?;
        match general_name(name.tag()) {
            Some(GeneralName::Email) => names.emails.push(ia5(name.value())?),
            Some(GeneralName::Dns) => names.dns.push(ia5(name.value())?),
            Some(GeneralName::Uri) => names.uris.push(ia5(name.value())?),
            Some(GeneralName::Ip) => names.ips.push(ip(name.value())?),
            None => {}
        }
    }
    Ok(names)
}

/// The flag says whether every kind of name in it is one that can be checked.
fn name_constraints(value: &[u8]) -> Result<(NameConstraints, bool), DerError> {
    let mut complete = true;
    let mut constraints = NameConstraints::default();
    let mut sides = SliceReader::new(sequence_content(&mut SliceReader::new(value)?)?)?;
    while !sides.is_finished() {
        let side = AnyRef::decode(&mut sides)?;
        let subtrees = match context_number(side.tag()) {
            Some(0) => &mut constraints.permitted,
            Some(1) => &mut constraints.excluded,
            _ => return Err(side.tag().value_error()),
        };
        let mut list = SliceReader::new(side.value())?;
        while !list.is_finished() {
            let mut fields = SliceReader::new(sequence_content(&mut list)?)?;
            let base = AnyRef::decode(&mut fields)?;
            fields.finish(())?; // minimum and maximum are not used, as in Go
            complete &= subtrees.add(base)?;
        }
    }
    if complete && constraints.permitted.count() + constraints.excluded.count() == 0 {
        return Err(Tag::Sequence.value_error()); // RFC 5280 section 4.2.1.10: never empty
    }
    Ok((constraints, complete))
}

impl Subtrees {
    fn add(&mut self, base: AnyRef<'_>) -> Result<bool, DerError> {
        match general_name(base.tag()) {
            Some(GeneralName::Email) => {
                let is_well_formed = |text: &str| match text.contains('@') {
                    true => mailbox(text).is_some(),
                    false => is_domain(text, true),
                };
                self.emails.push(constraint(base, is_well_formed)?);
            }
            Some(GeneralName::Dns) => {
                self.dns
                    .push(constraint(base, |text| is_domain(text, true))?);
            }
            Some(GeneralName::Uri) => {
                let is_well_formed =
                    |text: &str| text.parse::<IpAddr>().is_err() && is_domain(text, true);
                self.uris.push(constraint(base, is_well_formed)?);
            }
            Some(GeneralName::Ip) => {
                let bytes = base.value();
                if bytes.len() != 8 && bytes.len() != 32 {
                    return Err(Tag::OctetString.length_error());
                }
                let (address, mask) = bytes.split_at(bytes.len() / 2);
                if !is_prefix(mask) {
                    return Err(Tag::OctetString.value_error());
                }
                self.ips.push(IpRange {
                    address: address.to_vec(),
                    mask: mask.to_vec(),
                });
            }
            None => return Ok(false),
        }
        Ok(true)
    }
}

/// The text of a constraint, if it has the form Go asks of its kind.
fn constraint(base: AnyRef<'_>, is_well_formed: impl Fn(&str) -> bool) -> Result<String, DerError> {
    let text = ia5(base.value())?;
    let well_formed = is_well_formed(&text).then_some(text);
    well_formed.ok_or_else(|| Tag::Ia5String.value_error())
}

/// Ones, then zeros.
fn is_prefix(mask: &[u8]) -> bool {
    let ones: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let mut leading = 0;
    for byte in mask {
        leading += byte.leading_ones();
        if *byte != u8::MAX {
            break;
        }
    }
    ones == leading
}

enum GeneralName {
    Email,
    Dns,
    Uri,
    Ip,
}

fn general_name(tag: Tag) -> Option<GeneralName> {
    match context_number(tag)? {
        1 => Some(GeneralName::Email),
        2 => Some(GeneralName::Dns),
        6 => Some(GeneralName::Uri),
        7 => Some(GeneralName::Ip),
        _ => None,
    }
}

fn context_number(tag: Tag) -> Option<u8> {
    match tag {
        Tag::ContextSpecific { number, .. } => Some(number.value()),
        _ => None,
    }
}

fn ia5(bytes: &[u8]) -> Result<String, DerError> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Ok(text.to_owned()),
        _ => Err(Tag::Ia5String.value_error()),
    }
}

/// An address as Go prints it: IPv4 inside IPv6 is IPv4.
fn ip(bytes: &[u8]) -> Result<IpAddr, DerError> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Ok(Ipv4Addr::from(four).into());
    }
    let sixteen = <[u8; 16]>::try_from(bytes).map_err(|_| Tag::OctetString.length_error())?;
    Ok(IpAddr::from(Ipv6Addr::from(sixteen)).to_canonical())
}

const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");
const SUBJECT_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const AUTHORITY_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const CRL_DISTRIBUTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");
const CERTIFICATE_POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
const AUTHORITY_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.1");
