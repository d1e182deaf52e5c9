//! Private keys in the containers people keep them in: PKCS#1, PKCS#8, SEC1. They are taken apart here and handed to
//! the provider in one canonical form, so that all providers read the same files.
//!
//! Source: Go crypto/tls `parsePrivateKey`.

mod write;

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
    Ec(EcKey),
    /// Ed25519.
    Ed25519 {
        /// RFC 8032's private key.
        seed: Zeroizing<[u8; 32]>,
    },
}

/// A key on a curve. Wiped when dropped.
pub(crate) struct EcKey {
    pub(crate) curve: Curve,
    /// Big-endian, as long as the curve's scalars.
    scalar: Zeroizing<Vec<u8>>,
    /// The uncompressed point, when the container has it.
    point: Option<Vec<u8>>,
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

/// The curve of an elliptic-curve key, from the content of its `AlgorithmIdentifier`; `None` for other keys.
pub(crate) fn curve_of(algorithm: &[u8]) -> Option<ObjectIdentifier> {
    let mut reader = SliceReader::new(algorithm).ok()?;
    let is_curve_key = ObjectIdentifier::decode(&mut reader).ok()? == EC_PUBLIC_KEY;
    let curve = ObjectIdentifier::decode(&mut reader).ok()?;
    is_curve_key.then_some(curve)
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
    Ok(Ok(KeyMaterial::Ec(EcKey {
        curve,
        scalar: Zeroizing::new(scalar),
        point: point.map(<[u8]>::to_vec),
    })))
}

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{KeyMaterial, rsa_public_bits};
    use crate::pki::pem;

    fn der(text: &str) -> Vec<u8> {
        pem::blocks(text.as_bytes()).pop().unwrap().bytes
    }

    #[test]
    fn a_key_on_a_curve_is_the_same_from_every_container() {
        let pkcs8 = |text| match KeyMaterial::parse(&der(text)) {
            Ok(KeyMaterial::Ec(key)) => key.pkcs8(),
            other => panic!("{other:?}"),
        };
        let from_sec1 = pkcs8(include_str!("../../testdata/p256.pem"));
        assert_eq!(
            from_sec1,
            pkcs8(include_str!("../../testdata/p256_pkcs8.pem"))
        );
        let again = KeyMaterial::parse(&from_sec1);
        assert!(matches!(again, Ok(KeyMaterial::Ec(key)) if key.pkcs8() == from_sec1));
    }

    #[test]
    fn the_size_of_an_rsa_key_is_that_of_its_modulus() {
        for (text, expected) in [
            (include_str!("../../testdata/rsa1024.pem"), 1024),
            (include_str!("../../testdata/rsa2048.pem"), 2048),
            (include_str!("../../testdata/rsa2048_pkcs8.pem"), 2048),
        ] {
            let key = KeyMaterial::parse(&der(text));
            assert!(
                matches!(key, Ok(KeyMaterial::Rsa { bits, .. }) if bits == expected),
                "{expected}"
            );
        }
        assert_eq!(rsa_public_bits(b"junk"), None);
    }

    proptest! {
        #[test]
        fn no_damage_makes_a_key_panic(at in 0..121_usize, bits: u8, cut in 0..122_usize) {
            let mut key = der(include_str!("../../testdata/p256.pem"));
            let at = at % key.len();
            key[at] ^= bits;
            let _ = KeyMaterial::parse(&key[..cut.min(key.len())]);
            let _ = KeyMaterial::parse(&key);
        }
    }
}
