//! Private keys in the containers people keep them in: PKCS#1, PKCS#8, SEC1. They are taken apart here and handed to
//! the provider in one canonical form, so that all providers read the same files.
//!
//! Source: Go crypto/tls `parsePrivateKey`.

use der::{
    Decode as _, Error as DerError, Reader, SliceReader, Tag, TagNumber,
    asn1::{AnyRef, BitStringRef, ContextSpecific, ObjectIdentifier, OctetStringRef, UintRef},
};
use zeroize::Zeroizing;

use crate::{pki::encode, provider::verify::Curve};

/// A key, taken out of its container. Wiped when dropped.
pub(crate) enum KeyMaterial {
    /// RSA, as PKCS#1 DER.
    Rsa {
        /// `RSAPrivateKey`.
        pkcs1: Zeroizing<Vec<u8>>,
        /// Size of the modulus.
        bits: usize,
    },
    /// ECDSA.
    Ec {
        curve: Curve,
        /// Big-endian, as long as the curve's scalars.
        scalar: Zeroizing<Vec<u8>>,
        /// The uncompressed point, when the container has it.
        point: Option<Vec<u8>>,
    },
    /// Ed25519.
    Ed25519 {
        /// RFC 8032's private key.
        seed: Zeroizing<[u8; 32]>,
    },
}

/// Why bytes are no usable key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum ParseKeyError {
    /// No container fits.
    #[error("tls: failed to parse private key")] // Go's text
    Malformed,
    /// PKCS#8 around something TLS does not sign with, such as X25519.
    #[error("tls: found unknown private key type in PKCS#8 wrapping")] // Go's text
    UnknownType,
    /// A curve the policy does not know.
    #[error("elliptic curve {0}")]
    Curve(ObjectIdentifier),
}

impl KeyMaterial {
    /// Reads DER in whichever container it is, in Go's order.
    pub(crate) fn parse(der: &[u8]) -> Result<Self, ParseKeyError> {
        if let Ok(key) = pkcs1(der) {
            return Ok(key);
        }
        match pkcs8(der) {
            Ok(Some(key)) => key,
            Ok(None) => Err(ParseKeyError::UnknownType),
            Err(_) => sec1(der, None).unwrap_or(Err(ParseKeyError::Malformed)),
        }
    }

    /// The curve's key as the smallest PKCS#8 every provider reads.
    ///
    /// # Panics
    /// For a key that is not on a curve.
    pub(crate) fn canonical_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let Self::Ec {
            curve,
            scalar,
            point,
        } = self
        else {
            panic!("only keys on curves are loaded from PKCS#8");
        };
        let mut sec1 = encode::integer(1);
        sec1.extend(encode::value(0x04, scalar));
        if let Some(point) = point {
            sec1.extend(encode::value(0xa1, &encode::bit_string(point)));
        }
        let sec1 = Zeroizing::new(encode::sequence(&sec1));
        let mut pkcs8 = encode::integer(0);
        pkcs8.extend(encode::sequence(curve.key_id().as_ref()));
        pkcs8.extend(encode::value(0x04, &sec1));
        Zeroizing::new(encode::sequence(&pkcs8))
    }
}

impl std::fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyMaterial(***)")
    }
}

/// `RSAPrivateKey` (RFC 8017 A.1.2); only two-prime keys.
fn pkcs1(der: &[u8]) -> Result<KeyMaterial, DerError> {
    let mut reader = SliceReader::new(der)?;
    let bits = reader.sequence(|fields| {
        u8::decode(fields)?;
        let modulus = UintRef::decode(fields)?;
        for _ in 0..7 {
            UintRef::decode(fields)?;
        }
        Ok(encode::bit_length(modulus.as_bytes()))
    })?;
    reader.finish(())?;
    Ok(KeyMaterial::Rsa {
        pkcs1: Zeroizing::new(der.to_vec()),
        bits,
    })
}

/// Bits of the modulus of an `RSAPublicKey`; `None` when it is none.
pub(crate) fn rsa_public_bits(der: &[u8]) -> Option<usize> {
    let mut reader = SliceReader::new(der).ok()?;
    let bits = reader.sequence(|fields| {
        let modulus = UintRef::decode(fields)?;
        UintRef::decode(fields)?;
        Ok(encode::bit_length(modulus.as_bytes()))
    });
    bits.ok()
}

/// `PrivateKeyInfo` (RFC 5208, RFC 5958). `None` is a well-formed container around a key TLS cannot sign with.
fn pkcs8(der: &[u8]) -> Result<Option<Result<KeyMaterial, ParseKeyError>>, DerError> {
    let mut reader = SliceReader::new(der)?;
    let (oid, parameters, key) = reader.sequence(|fields| {
        u8::decode(fields)?;
        let (oid, parameters) = fields.sequence(|algorithm| {
            Ok((
                ObjectIdentifier::decode(algorithm)?,
                Option::<AnyRef<'_>>::decode(algorithm)?,
            ))
        })?;
        let key = OctetStringRef::decode(fields)?.as_bytes();
        while !fields.is_finished() {
            AnyRef::decode(fields)?; // attributes, and a public key Go does not read either
        }
        Ok((oid, parameters, key))
    })?;
    reader.finish(())?;
    match oid {
        RSA_ENCRYPTION => Ok(Some(Ok(pkcs1(key)?))),
        EC_PUBLIC_KEY => {
            let curve = parameters.and_then(|parameters| parameters.decode_as().ok());
            Ok(Some(sec1(key, curve)?))
        }
        ED25519 => {
            let seed = OctetStringRef::from_der(key)?.as_bytes();
            let seed = <[u8; 32]>::try_from(seed).map_err(|_| Tag::OctetString.length_error())?;
            Ok(Some(Ok(KeyMaterial::Ed25519 {
                seed: Zeroizing::new(seed),
            })))
        }
        X25519 => Ok(None),
        _ => Err(Tag::ObjectIdentifier.value_error()),
    }
}

/// `ECPrivateKey` (RFC 5915). The curve stands inside, or around it in PKCS#8.
fn sec1(
    der: &[u8],
    outer: Option<ObjectIdentifier>,
) -> Result<Result<KeyMaterial, ParseKeyError>, DerError> {
    let mut reader = SliceReader::new(der)?;
    let (scalar, inner, point) = reader.sequence(|fields| {
        if u8::decode(fields)? != 1 {
            return Err(Tag::Integer.value_error());
        }
        let scalar = OctetStringRef::decode(fields)?.as_bytes();
        let curve = ContextSpecific::<ObjectIdentifier>::decode_explicit(fields, TagNumber::N0)?;
        let point = ContextSpecific::<BitStringRef<'_>>::decode_explicit(fields, TagNumber::N1)?;
        Ok((
            scalar,
            curve.map(|curve| curve.value),
            point.and_then(|point| point.value.as_bytes()),
        ))
    })?;
    reader.finish(())?;
    let oid = outer
        .or(inner)
        .ok_or_else(|| Tag::ObjectIdentifier.value_error())?;
    let curve = match oid {
        SECP256R1 => Curve::P256,
        SECP384R1 => Curve::P384,
        SECP521R1 => Curve::P521,
        _ => return Ok(Err(ParseKeyError::Curve(oid))),
    };
    let Some(scalar) = encode::pad_left(scalar, curve.scalar_bytes()) else {
        return Err(Tag::OctetString.length_error());
    };
    Ok(Ok(KeyMaterial::Ec {
        curve,
        scalar: Zeroizing::new(scalar),
        point: point.map(<[u8]>::to_vec),
    }))
}

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
