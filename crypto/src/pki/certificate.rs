//! The fields of a certificate that verification reads. Anything an attacker can send ends up here, so nothing is
//! trusted: what does not parse is an error, and what is critical and unknown is kept for the verifier to refuse.
//!
//! Source: Go crypto/x509 parser.go.

use der::{
    Decode as _, Error as DerError, Header, Reader, SliceReader, Tag, TagNumber, Tagged as _,
    asn1::{AnyRef, BitStringRef, GeneralizedTime, ObjectIdentifier, UtcTime},
};

use crate::pki::extensions::{Extensions, NameConstraints};

/// A parsed certificate. Names and keys are kept as the bytes they came in, because chains are matched by bytes.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    /// The whole certificate.
    pub(crate) der: Vec<u8>,
    /// What the issuer signed.
    pub(crate) signed: Vec<u8>,
    /// Content of the signature's `AlgorithmIdentifier`.
    pub(crate) signature_algorithm: Vec<u8>,
    /// The signature.
    pub(crate) signature: Vec<u8>,
    /// 1 to 3.
    pub(crate) version: u8,
    /// The serial number, big-endian and without leading zeros.
    pub(crate) serial: Vec<u8>,
    /// DER of the issuer's name.
    pub(crate) issuer: Vec<u8>,
    /// DER of the subject's name.
    pub(crate) subject: Vec<u8>,
    /// The last common name of the subject, which is the one Go takes.
    pub(crate) common_name: Option<String>,
    /// First valid second, since 1970.
    pub(crate) not_before: u64,
    /// Last valid second, since 1970.
    pub(crate) not_after: u64,
    /// The public key.
    pub(crate) key: SubjectKey,
    /// What the extensions say.
    pub(crate) extensions: Extensions,
}

/// A public key as certificates hold it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SubjectKey {
    /// Content of the `AlgorithmIdentifier`.
    pub(crate) algorithm: Vec<u8>,
    /// Content of the bit string.
    pub(crate) bits: Vec<u8>,
}

/// The certificate is not one. Go's texts for this differ by field; this house keeps one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("x509: malformed certificate")]
pub(crate) struct Malformed;

impl From<DerError> for Malformed {
    fn from(_: DerError) -> Self {
        Self
    }
}

impl Certificate {
    /// Parses DER.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = SliceReader::new(bytes)?;
        let (signed, outer_algorithm, signature) = reader.sequence(|fields| {
            let signed = fields.tlv_bytes()?;
            let algorithm = sequence_content(fields)?;
            Ok((signed, algorithm, BitStringRef::decode(fields)?))
        })?;
        reader.finish(())?;
        let signature = signature.as_bytes().ok_or(Malformed)?.to_vec();
        let fields = Fields::parse(signed)?;
        if fields.signature_algorithm != outer_algorithm {
            return Err(Malformed);
        }
        Ok(Self {
            der: bytes.to_vec(),
            signed: signed.to_vec(),
            signature_algorithm: outer_algorithm.to_vec(),
            signature,
            version: fields.version,
            serial: without_leading_zeros(fields.serial).to_vec(),
            issuer: fields.issuer.to_vec(),
            subject: fields.subject.to_vec(),
            common_name: common_name(fields.subject),
            not_before: fields.not_before,
            not_after: fields.not_after,
            key: fields.key,
            extensions: Extensions::parse(&fields.extensions)?,
        })
    }

    /// The constraints this certificate puts on the names below it.
    pub(crate) fn name_constraints(&self) -> Option<&NameConstraints> {
        self.extensions.name_constraints.as_ref()
    }
}

impl SubjectKey {
    /// Parses a `SubjectPublicKeyInfo`.
    pub(crate) fn parse(spki: &[u8]) -> Result<Self, Malformed> {
        let mut reader = SliceReader::new(spki)?;
        let key = Self::decode(&mut reader)?;
        Ok(reader.finish(key)?)
    }

    /// Takes the key out of a certificate that was parsed before, and looks at nothing else.
    pub(crate) fn of_certificate(der: &[u8]) -> Result<Self, Malformed> {
        let mut parts = SliceReader::new(sequence_content(&mut SliceReader::new(der)?)?)?;
        let mut fields = SliceReader::new(sequence_content(&mut parts)?)?;
        optional_context(&mut fields, TagNumber::N0)?;
        for _ in ["serial", "signature", "issuer", "validity", "subject"] {
            fields.tlv_bytes()?;
        }
        Ok(Self::decode(&mut fields)?)
    }

    fn decode<'a>(reader: &mut impl Reader<'a>) -> Result<Self, DerError> {
        reader.sequence(|fields| {
            let algorithm = sequence_content(fields)?.to_vec();
            let bits = BitStringRef::decode(fields)?
                .as_bytes()
                .ok_or_else(|| Tag::BitString.value_error())?;
            Ok(Self {
                algorithm,
                bits: bits.to_vec(),
            })
        })
    }
}

/// One extension, unread.
pub(crate) struct RawExtension<'a> {
    pub(crate) oid: ObjectIdentifier,
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
}

/// `TBSCertificate`, by field.
struct Fields<'a> {
    version: u8,
    serial: &'a [u8],
    signature_algorithm: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    not_before: u64,
    not_after: u64,
    key: SubjectKey,
    extensions: Vec<RawExtension<'a>>,
}

impl<'a> Fields<'a> {
    fn parse(signed: &'a [u8]) -> Result<Self, DerError> {
        SliceReader::new(signed)?.sequence(|fields| {
            let version = optional_context(fields, TagNumber::N0)?.map_or(Ok(0), u8::from_der)?;
            if version > 2 {
                return Err(Tag::Integer.value_error());
            }
            let serial = AnyRef::decode(fields)?;
            if serial.tag() != Tag::Integer
                || serial.value().first().is_none_or(|byte| byte & 0x80 != 0)
            {
                return Err(Tag::Integer.value_error()); // Go refuses negative serial numbers too
            }
            let signature_algorithm = sequence_content(fields)?;
            let issuer = fields.tlv_bytes()?;
            let (not_before, not_after) =
                fields.sequence(|dates| Ok((time(dates)?, time(dates)?)))?;
            let subject = fields.tlv_bytes()?;
            let key = SubjectKey::decode(fields)?;
            let mut extensions = Vec::new();
            while !fields.is_finished() {
                let field = AnyRef::decode(fields)?;
                match field.tag() {
                    Tag::ContextSpecific {
                        number: TagNumber::N1 | TagNumber::N2,
                        ..
                    } => {} // unique identifiers
                    Tag::ContextSpecific {
                        number: TagNumber::N3,
                        constructed: true,
                    } if version == 2 => {
                        extensions = raw_extensions(field.value())?;
                    }
                    tag => return Err(tag.value_error()),
                }
            }
            Ok(Self {
                version: version + 1,
                serial: serial.value(),
                signature_algorithm,
                issuer,
                subject,
                not_before,
                not_after,
                key,
                extensions,
            })
        })
    }
}

fn raw_extensions(list: &[u8]) -> Result<Vec<RawExtension<'_>>, DerError> {
    SliceReader::new(list)?.sequence(|list| {
        let mut extensions: Vec<RawExtension<'_>> = Vec::new();
        while !list.is_finished() {
            let extension = list.sequence(|fields| {
                let oid = ObjectIdentifier::decode(fields)?;
                let critical = Option::<bool>::decode(fields)?.unwrap_or(false);
                let value = AnyRef::decode(fields)?;
                value.tag().assert_eq(Tag::OctetString)?;
                Ok(RawExtension {
                    oid,
                    critical,
                    value: value.value(),
                })
            })?;
            if extensions.iter().any(|known| known.oid == extension.oid) {
                return Err(Tag::Sequence.value_error()); // RFC 5280 section 4.2: one of each
            }
            extensions.push(extension);
        }
        Ok(extensions)
    })
}

/// The bytes of a number that is not negative, as Go's `big.Int.Bytes` gives them.
pub(crate) fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// The content of the next `SEQUENCE`.
pub(crate) fn sequence_content<'a>(reader: &mut impl Reader<'a>) -> Result<&'a [u8], DerError> {
    let any = AnyRef::decode(reader)?;
    any.tag().assert_eq(Tag::Sequence)?;
    Ok(any.value())
}

/// The content of the next value if it is constructed and has the context tag `number`.
fn optional_context<'a>(
    reader: &mut impl Reader<'a>,
    number: TagNumber,
) -> Result<Option<&'a [u8]>, DerError> {
    let tag = Tag::ContextSpecific {
        number,
        constructed: true,
    };
    if reader.peek_byte() != Some(tag.octet()) {
        return Ok(None);
    }
    let header = Header::decode(reader)?;
    reader.read_slice(header.length).map(Some)
}

/// `Time`, in seconds since 1970.
fn time<'a>(reader: &mut impl Reader<'a>) -> Result<u64, DerError> {
    let any = AnyRef::decode(reader)?;
    Ok(match any.tag() {
        Tag::UtcTime => any.decode_as::<UtcTime>()?.to_unix_duration().as_secs(),
        _ => any
            .decode_as::<GeneralizedTime>()?
            .to_unix_duration()
            .as_secs(),
    })
}

/// Reads the last common name in the DER of a name.
fn common_name(name: &[u8]) -> Option<String> {
    let mut sets =
        SliceReader::new(sequence_content(&mut SliceReader::new(name).ok()?).ok()?).ok()?;
    let mut found = None;
    while !sets.is_finished() {
        let set = AnyRef::decode(&mut sets).ok()?;
        let mut attributes = SliceReader::new(set.value()).ok()?;
        while !attributes.is_finished() {
            let mut fields = SliceReader::new(sequence_content(&mut attributes).ok()?).ok()?;
            let oid = ObjectIdentifier::decode(&mut fields).ok()?;
            let value = AnyRef::decode(&mut fields).ok()?;
            if oid == COMMON_NAME {
                found = Some(String::from_utf8_lossy(value.value()).into_owned());
            }
        }
    }
    found
}

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Certificate, SubjectKey};
    use crate::{pki::pem, test_util};

    fn der(text: &str) -> Vec<u8> {
        pem::blocks(text.as_bytes()).pop().unwrap().bytes
    }

    #[test]
    fn the_fields_of_a_certificate_are_read() {
        let authority = test_util::ca("an authority");
        let names = [
            "a.test",
            "x@a.test",
            "10.0.0.1",
            "::ffff:10.0.0.2",
            "spiffe://a.test/x",
        ];
        let leaf =
            Certificate::parse(&der(&test_util::server_cert(&authority, &names).certificate))
                .unwrap();
        let above = Certificate::parse(&der(&authority.certificate)).unwrap();
        assert_eq!((leaf.version, &leaf.issuer), (3, &above.subject));
        assert_eq!(above.common_name.as_deref(), Some("an authority"));
        assert!(above.extensions.basic_constraints.unwrap().is_ca);
        assert_eq!(above.extensions.may_sign_certificates, Some(true));
        assert_eq!(leaf.extensions.extended_key_usage.len(), 1);
        assert!(!leaf.extensions.unhandled_critical && leaf.not_before < leaf.not_after);
        let texts: Vec<_> = leaf.extensions.alternative_names.unwrap().texts().collect();
        assert_eq!(
            texts,
            [
                "a.test",
                "x@a.test",
                "10.0.0.1",
                "10.0.0.2",
                "spiffe://a.test/x"
            ]
        );
    }

    #[test]
    fn the_key_taken_out_alone_is_the_one_of_the_whole() {
        for text in [
            include_str!("../../testdata/p256.crt"),
            include_str!("../../testdata/rsa2048.crt"),
            include_str!("../../testdata/v1.crt"),
        ] {
            let der = der(text);
            let whole = Certificate::parse(&der).unwrap().key;
            assert_eq!(SubjectKey::of_certificate(&der).unwrap(), whole);
        }
        assert!(SubjectKey::of_certificate(b"junk").is_err());
    }

    #[test]
    fn bytes_behind_a_certificate_are_an_error() {
        let mut bytes = der(include_str!("../../testdata/p256.crt"));
        assert!(Certificate::parse(&bytes).is_ok());
        bytes.push(0);
        assert!(Certificate::parse(&bytes).is_err());
    }

    proptest! {
        #[test]
        fn no_damage_makes_a_certificate_panic(at: prop::sample::Index, bits: u8, cut: prop::sample::Index) {
            let mut bytes = der(include_str!("../../testdata/p256.crt"));
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
            let _ = Certificate::parse(&bytes);
            let _ = Certificate::parse(&bytes[..cut.index(bytes.len())]);
        }
    }
}
