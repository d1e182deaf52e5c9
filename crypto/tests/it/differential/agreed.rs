//! Outputs without randomness: the same bytes from every provider.

use std::num::NonZeroU32;

use crypto::{
    aead::{self, CallerNonceSealKey},
    digest::{self, hex},
    hmac, identifier, kdf,
    sign::{Curve, PrivateKey, Scheme},
    test_util::agreement::agree,
};

use super::{MESSAGE, Outputs, SECRET, keys};

pub(super) fn outputs() -> Outputs {
    let mut outputs = Outputs::new();
    digests(&mut outputs);
    derived(&mut outputs);
    signatures(&mut outputs);
    agreements(&mut outputs);
    let algorithms = ["AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"];
    for algorithm in algorithms.iter().filter_map(|name| name.parse().ok()) {
        let algorithm: aead::Algorithm = algorithm;
        let key = CallerNonceSealKey::new(algorithm, &SECRET[..algorithm.key_bytes()]);
        if let Ok(key) = key {
            let sealed = key.seal(&[9; 12], b"data", MESSAGE).unwrap();
            outputs.insert(format!("caller_nonce.{}", algorithm.name()), hex(&sealed));
        }
    }
    outputs
}

fn digests(outputs: &mut Outputs) {
    for name in [
        "SHA-256",
        "SHA-384",
        "SHA-512",
        "SHA-512/256",
        "SHA-224",
        "SHA3-256",
        "SHA3-384",
        "SHA3-512",
    ] {
        if let Ok(algorithm) = name.parse() {
            let digest = digest::digest(algorithm, MESSAGE);
            outputs.insert(format!("digest.{name}"), hex(&digest));
        }
    }
    let sha1 = identifier::sha1(MESSAGE);
    outputs.insert("identifier.sha1".to_owned(), hex(&sha1));
}

fn derived(outputs: &mut Outputs) {
    for digest in ["sha256", "sha384", "sha512"] {
        let algorithm: hmac::Algorithm = format!("hmac_{digest}").parse().unwrap();
        let tag = hmac::Key::new(algorithm, SECRET).unwrap().sign(MESSAGE);
        outputs.insert(format!("hmac.{digest}"), hex(&tag));
        for (name, salt) in [("salt", Some(b"salt".as_slice())), ("no_salt", None)] {
            let key = kdf::hkdf(algorithm, salt, SECRET, b"info", 100).unwrap();
            outputs.insert(format!("hkdf.{digest}.{name}"), hex(&key));
        }
        let rounds = NonZeroU32::new(1000).unwrap();
        let key = kdf::pbkdf2(algorithm, rounds, b"sixteen byte sal", SECRET, 100).unwrap();
        outputs.insert(format!("pbkdf2.{digest}"), hex(&key));
    }
}

/// RSA PKCS#1 and Ed25519 sign without randomness.
fn signatures(outputs: &mut Outputs) {
    for key in keys() {
        outputs.insert(format!("public.{}", kind(&key)), hex(key.spki_der()));
        for scheme in key.schemes() {
            if matches!(scheme, Scheme::RsaPkcs1(_) | Scheme::Ed25519) {
                let signature = key.sign(scheme, MESSAGE).unwrap();
                outputs.insert(format!("signature.{scheme}"), hex(&signature));
            }
        }
    }
}

/// Tells keys apart: `rsa`, `ed25519`, `p256` and so on.
pub(super) fn kind(key: &PrivateKey) -> String {
    match (key.public().curve(), key.schemes().next()) {
        (Some(curve), _) => curve.name().to_lowercase().replace('-', ""),
        (None, Some(Scheme::Ed25519)) => "ed25519".to_owned(),
        (None, _) => "rsa".to_owned(),
    }
}

/// A private key of ours with the public half of each committed key, and with the base point of X25519.
fn agreements(outputs: &mut Outputs) {
    for (group, curve) in [
        ("secp256r1", Curve::P256),
        ("secp384r1", Curve::P384),
        ("secp521r1", Curve::P521),
    ] {
        let keys = keys();
        let Some(peer) = keys.iter().find(|key| key.public().curve() == Some(curve)) else {
            continue;
        };
        let mut private = vec![1; curve.scalar_bytes()];
        private[0] = 0; // below the order of the curve
        let spki = peer.spki_der();
        let share = &spki[spki.len() - 1 - 2 * curve.scalar_bytes()..];
        let secret = agree(group, &private, share).unwrap();
        outputs.insert(format!("agree.{group}"), hex(&secret));
    }
    let mut base = [0; 32];
    base[0] = 9;
    let secret = agree("x25519", SECRET, &base).unwrap();
    outputs.insert("agree.x25519".to_owned(), hex(&secret));
}
