use proptest::prelude::*;

use super::{PublicKey, PublicKeyError, VerifyError};
use crate::{
    pki::{certificate::Certificate, encode, pem},
    settings::Mode,
    sign::{Curve, Hash, KeyKind, PrivateKey, Scheme},
};

const P256: Scheme = Scheme::Ecdsa(Curve::P256, Hash::Sha256);

fn certificate_key(text: &str) -> Vec<u8> {
    let der = pem::blocks(text.as_bytes()).pop().unwrap().bytes;
    let key = Certificate::parse(&der).unwrap().key;
    let algorithm = encode::sequence(&key.algorithm);
    encode::sequence(&[algorithm, encode::bit_string(&key.bits)].concat())
}

#[test]
fn a_public_key_is_found_in_every_container() {
    let private = PrivateKey::from_pem(include_bytes!("../../testdata/rsa2048.pem")).unwrap();
    let expected = private.public();
    let spki = pem::encode("PUBLIC KEY", private.spki_der());
    let pkcs1 = pem::encode("RSA PUBLIC KEY", expected.bits());
    let certificate = include_str!("../../testdata/rsa2048.crt");
    for text in [spki.as_str(), &pkcs1] {
        assert_eq!(PublicKey::from_pem(text.as_bytes()), Ok(expected.clone()));
    }
    let from_certificate = PublicKey::from_pem(certificate.as_bytes()).unwrap();
    assert_eq!(from_certificate.spki_der(), certificate_key(certificate));
    assert_eq!(expected.spki_der(), private.spki_der());
}

#[test]
fn another_message_signature_or_key_does_not_verify() {
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    let signature = key.sign(P256, b"message").unwrap();
    let public = key.public();
    assert_eq!(public.verify(P256, b"message", &signature), Ok(()));
    assert_eq!(
        public.verify(P256, b"massage", &signature),
        Err(VerifyError::Signature)
    );
    let other = PrivateKey::generate(KeyKind::P256).unwrap().public();
    assert_eq!(
        other.verify(P256, b"message", &signature),
        Err(VerifyError::Signature)
    );
    for at in 0..signature.len() {
        let mut changed = signature.clone();
        changed[at] ^= 1;
        assert_eq!(
            public.verify(P256, b"message", &changed),
            Err(VerifyError::Signature)
        );
        assert_eq!(
            public.verify(P256, b"message", &signature[..at]),
            Err(VerifyError::Signature)
        );
    }
}

#[test]
fn a_scheme_of_another_kind_of_key_is_an_error_of_its_own() {
    let public = PrivateKey::generate(KeyKind::P256).unwrap().public();
    for scheme in [
        Scheme::Ecdsa(Curve::P384, Hash::Sha384),
        Scheme::RsaPkcs1(Hash::Sha256),
        Scheme::Ed25519,
    ] {
        assert_eq!(
            public.verify(scheme, b"", b""),
            Err(VerifyError::Scheme(scheme))
        );
    }
}

#[test]
fn a_curve_with_a_longer_digest_verifies_where_the_provider_can() {
    let public = PrivateKey::generate(KeyKind::P256).unwrap().public();
    let outcome = public.verify(Scheme::Ecdsa(Curve::P256, Hash::Sha512), b"", b"");
    if cfg!(feature = "ring") {
        assert_eq!(
            outcome.unwrap_err().to_string(),
            "provider ring does not implement ecdsa_secp256r1_sha512; build with aws-lc or fips"
        );
    } else {
        assert_eq!(outcome, Err(VerifyError::Signature));
    }
}

#[test]
fn weak_keys_are_refused_by_rule() {
    let check = |text: &str, mode, expected: &str| {
        let error = PublicKey::from_spki_for_mode(mode, &certificate_key(text)).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    };
    check(
        include_str!("../../testdata/rsa1024.crt"),
        Mode::Standard,
        "crypto policy POL-003 (standard): a public key with an RSA key of 1024 bits is not allowed: the minimum",
    );
    check(
        include_str!("../../testdata/secp256k1.crt"),
        Mode::Fips,
        "crypto policy POL-002 (fips): a public key on the elliptic curve 1.3.132.0.10 is not allowed: the curve",
    );
    let ed25519 = PrivateKey::generate(KeyKind::Ed25519).unwrap();
    let error = PublicKey::from_spki_for_mode(Mode::FipsStrict, ed25519.spki_der()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("crypto policy POL-002 (fips-strict): an Ed25519 key")
    );
    #[cfg(feature = "ring")]
    check(
        include_str!("../../testdata/p521.crt"),
        Mode::Standard,
        "provider ring does not implement P-521; build with aws-lc or fips",
    );
}

#[test]
fn keys_of_unknown_kinds_and_forms_are_no_keys() {
    let spki = |algorithm: &[u8], bits: &[u8]| {
        let algorithm = encode::sequence(algorithm);
        encode::sequence(&[algorithm, encode::bit_string(bits)].concat())
    };
    let dsa = encode::value(0x06, b"\x2a\x86\x48\xce\x38\x04\x01");
    assert_eq!(
        PublicKey::from_spki(&spki(&dsa, b"key")),
        Err(PublicKeyError::UnknownAlgorithm)
    );
    let p256 = [
        b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01".as_slice(),
        Curve::P256.oid(),
    ]
    .concat();
    for point in [[2; 33].as_slice(), &[4; 64], &[4; 66], b""] {
        assert_eq!(
            PublicKey::from_spki(&spki(&p256, point)),
            Err(PublicKeyError::Malformed)
        );
    }
    let mut trailing = PrivateKey::generate(KeyKind::P256)
        .unwrap()
        .spki_der()
        .to_vec();
    trailing.push(0);
    assert_eq!(
        PublicKey::from_spki(&trailing),
        Err(PublicKeyError::Malformed)
    );
    assert_eq!(PublicKey::from_pem(b"no PEM"), Err(PublicKeyError::Pem));
    let junk = pem::encode("PUBLIC KEY", b"junk");
    assert_eq!(
        PublicKey::from_pem(junk.as_bytes()),
        Err(PublicKeyError::Malformed)
    );
}

proptest! {
    #[test]
    fn no_damage_makes_a_public_key_panic(at: prop::sample::Index, bits: u8, cut: prop::sample::Index) {
        let mut spki = certificate_key(include_str!("../../testdata/p256.crt"));
        let at = at.index(spki.len());
        spki[at] ^= bits;
        for bytes in [spki.as_slice(), &spki[..cut.index(spki.len())]] {
            if let Ok(key) = PublicKey::from_spki(bytes) {
                prop_assert!(key.verify(P256, b"message", b"signature").is_err());
            }
        }
    }
}
