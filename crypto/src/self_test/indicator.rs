//! Asks the module, operation by operation, whether it counts as an approved service.

use std::{collections::BTreeMap, num::NonZeroU32};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, RandomizedNonceKey},
    agreement::{self, EphemeralPrivateKey, UnparsedPublicKey},
    digest,
    hkdf::{HKDF_SHA256, Salt},
    hmac,
    kem::{DecapsulationKey, ML_KEM_768},
    pbkdf2,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaKeyPair,
    },
};

use crate::sys::module::{is_approved, run_md5, run_rsa_1024};

/// Runs every probe. The last four must not be approved, all others must.
pub(super) fn probe() -> BTreeMap<&'static str, bool> {
    let mut probes = BTreeMap::from([
        (
            "sha256",
            is_approved(|| _ = digest::digest(&digest::SHA256, b"message")),
        ),
        (
            "hmac_sha256",
            is_approved(|| {
                _ = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]), b"message")
            }),
        ),
        ("aes256_gcm_random_nonce", is_approved(seal)),
        ("ecdh_p256", is_approved(agree)),
        ("hkdf_sha256", is_approved(expand)),
        ("pbkdf2_sha256", is_approved(|| derive(&[b'p'; 14]))),
        ("ml_kem_768", is_approved(encapsulate)),
    ]);
    probes.extend(rsa());
    probes.extend(ecdsa(
        "p256_sign",
        Some("p256_verify"),
        &signature::ECDSA_P256_SHA256_ASN1_SIGNING,
    ));
    probes.extend(ed25519());
    probes.extend(ecdsa(
        "p256k1_sign",
        None,
        &signature::ECDSA_P256K1_SHA256_ASN1_SIGNING,
    ));
    probes.insert("pbkdf2_short_password", is_approved(|| derive(&[b'p'; 13])));
    probes.insert("md5", is_approved(run_md5));
    probes.insert("rsa1024_sign", is_approved(run_rsa_1024));
    probes
}

type Probes = Vec<(&'static str, bool)>;

fn seal() {
    let key = RandomizedNonceKey::new(&AES_256_GCM, &[2; 32]).expect("a key of 32 bytes");
    key.seal_in_place_append_tag(Aad::empty(), &mut b"message".to_vec())
        .expect("a short message");
}

fn agree() {
    let make = || {
        EphemeralPrivateKey::generate(&agreement::ECDH_P256, &SystemRandom::new()).expect(RANDOM)
    };
    let public = make()
        .compute_public_key()
        .expect("a key has a public half");
    let public = UnparsedPublicKey::new(&agreement::ECDH_P256, public);
    agreement::agree_ephemeral(make(), &public, (), |_| Ok(())).expect("the point is on the curve");
}

fn expand() {
    let key = Salt::new(HKDF_SHA256, &[3; 32]).extract(&[4; 32]);
    let mut output = [0; 32];
    key.expand(&[b"info"], HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut output))
        .expect("one block");
}

fn derive(password: &[u8]) {
    let rounds = NonZeroU32::new(1000).expect("not zero");
    pbkdf2::derive(
        pbkdf2::PBKDF2_HMAC_SHA256,
        rounds,
        &[5; 16],
        password,
        &mut [0; 32],
    );
}

fn encapsulate() {
    let key = DecapsulationKey::generate(&ML_KEM_768).expect(RANDOM);
    let (_, secret) = key
        .encapsulation_key()
        .and_then(|public| public.encapsulate())
        .expect("a key of our own");
    assert_eq!(secret.as_ref().len(), 32);
}

fn rsa() -> Probes {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).expect(RANDOM);
    let mut signed = vec![0; key.public_modulus_len()];
    let sign = is_approved(|| {
        key.sign(
            &signature::RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            b"message",
            &mut signed,
        )
        .expect("a sound key");
    });
    let public =
        signature::UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key.public_key());
    let verify = is_approved(|| {
        public
            .verify(b"message", &signed)
            .expect("our own signature")
    });
    vec![("rsa2048_sign", sign), ("rsa2048_verify", verify)]
}

fn ecdsa(
    sign_name: &'static str,
    verify_name: Option<&'static str>,
    curve: &'static EcdsaSigningAlgorithm,
) -> Probes {
    let key = EcdsaKeyPair::generate(curve).expect(RANDOM);
    let mut signed = None;
    let sign = is_approved(|| signed = key.sign(&SystemRandom::new(), b"message").ok());
    let signed = signed.expect("a sound key");
    let mut probes = vec![(sign_name, sign)];
    if let Some(name) = verify_name {
        let public =
            signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, key.public_key());
        let verify = || {
            public
                .verify(b"message", signed.as_ref())
                .expect("our own signature")
        };
        probes.push((name, is_approved(verify)));
    }
    probes
}

fn ed25519() -> Probes {
    let key = Ed25519KeyPair::generate().expect(RANDOM);
    let sign = is_approved(|| _ = key.sign(b"message"));
    let signed = key.sign(b"message");
    let public = signature::UnparsedPublicKey::new(&signature::ED25519, key.public_key());
    let verify = is_approved(|| {
        public
            .verify(b"message", signed.as_ref())
            .expect("our own signature")
    });
    vec![("ed25519_sign", sign), ("ed25519_verify", verify)]
}

const RANDOM: &str = "the module's generator works";
