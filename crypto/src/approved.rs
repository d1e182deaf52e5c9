//! Tests, fips only: the module counts what services do through this crate as approved services. `self_test` asks it
//! about the module's functions; here they are reached through the API, with the parameters the API chooses.

use std::num::NonZeroU32;

use crate::{
    aead::{self, OpenKey, SealKey},
    digest, hmac, kdf,
    sign::{KeyKind, PrivateKey, Scheme},
    sys::module::is_approved,
};

const SECRET: [u8; 32] = [7; 32];

#[test]
fn digests_and_message_authentication_are_approved_services() {
    for name in [
        "SHA-224",
        "SHA-256",
        "SHA-384",
        "SHA-512",
        "SHA-512/256",
        "SHA3-256",
        "SHA3-512",
    ] {
        let algorithm = name.parse().unwrap();
        assert!(
            is_approved(|| _ = digest::digest(algorithm, b"message")),
            "{name}"
        );
    }
    for algorithm in [
        hmac::Algorithm::Sha256,
        hmac::Algorithm::Sha384,
        hmac::Algorithm::Sha512,
    ] {
        let key = hmac::Key::new(algorithm, &SECRET[..14]).unwrap();
        assert!(is_approved(|| _ = key.sign(b"message")), "{algorithm:?}");
    }
}

#[test]
fn sealing_and_opening_are_approved_services() {
    for algorithm in [aead::Algorithm::Aes128Gcm, aead::Algorithm::Aes256Gcm] {
        let key = &SECRET[..algorithm.key_bytes()];
        let (seal, open) = (
            SealKey::new(algorithm, key).unwrap(),
            OpenKey::new(algorithm, key).unwrap(),
        );
        let mut sealed = Vec::new();
        assert!(is_approved(
            || sealed = seal.seal(b"data", b"message").unwrap()
        ));
        assert!(is_approved(|| _ = open.open(b"data", &sealed).unwrap()));
    }
}

#[test]
fn derived_keys_are_approved_services() {
    for algorithm in [
        hmac::Algorithm::Sha256,
        hmac::Algorithm::Sha384,
        hmac::Algorithm::Sha512,
    ] {
        for salt in [None, Some(SECRET.as_slice())] {
            let hkdf = || _ = kdf::hkdf(algorithm, salt, &SECRET, b"info", 32).unwrap();
            assert!(is_approved(hkdf), "{algorithm:?}");
        }
        let rounds = NonZeroU32::new(kdf::FIPS_ROUNDS_MIN).unwrap();
        let (salt, password) = (&SECRET[..16], &SECRET[..14]);
        let pbkdf2 = || _ = kdf::pbkdf2(algorithm, rounds, salt, password, 32).unwrap();
        assert!(is_approved(pbkdf2), "{algorithm:?}");
    }
}

#[test]
fn keys_signatures_and_their_verification_are_approved_services() {
    let kinds = [
        KeyKind::Rsa2048,
        KeyKind::Rsa3072,
        KeyKind::Rsa4096,
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::P521,
        KeyKind::Ed25519,
    ];
    for kind in kinds {
        assert!(
            is_approved(|| _ = super::sign::generate::pkcs8(kind).unwrap()),
            "{kind:?}"
        );
        let key = PrivateKey::generate(kind).unwrap();
        let public = key.public();
        let schemes: Vec<Scheme> = key.schemes().collect();
        for scheme in schemes {
            let mut signature = Vec::new();
            let sign = || signature = key.sign(scheme, b"message").unwrap();
            assert!(is_approved(sign), "{scheme}");
            let verify = || public.verify(scheme, b"message", &signature).unwrap();
            assert!(is_approved(verify), "{scheme}");
        }
    }
}
