use std::sync::atomic::Ordering;

use proptest::prelude::*;

use super::{
    AeadError, Algorithm, CallerNonceSealKey, MESSAGES_MAX, NONCE_BYTES, OpenKey, SealKey,
    TAG_BYTES,
};
use crate::{policy::Refused, settings::Mode};

const KEY: [u8; 32] = [7; 32];

/// What this build may use.
fn usable() -> impl Iterator<Item = Algorithm> {
    let all = [
        Algorithm::Aes128Gcm,
        Algorithm::Aes256Gcm,
        Algorithm::ChaCha20Poly1305,
    ];
    let fips = Mode::current().is_fips();
    all.into_iter()
        .filter(move |algorithm| !fips || *algorithm != Algorithm::ChaCha20Poly1305)
}

fn pair(algorithm: Algorithm) -> (SealKey, OpenKey) {
    let key = &KEY[..algorithm.key_bytes()];
    (
        SealKey::new(algorithm, key).unwrap(),
        OpenKey::new(algorithm, key).unwrap(),
    )
}

#[test]
fn what_is_sealed_opens_with_the_same_key_and_data_only() {
    for algorithm in usable() {
        let (seal, open) = pair(algorithm);
        let sealed = seal.seal(b"data", b"message").unwrap();
        assert_eq!(sealed.len(), NONCE_BYTES + b"message".len() + TAG_BYTES);
        assert_eq!(open.open(b"data", &sealed).unwrap(), b"message");
        let (nonce, text) = sealed.split_at(NONCE_BYTES);
        assert_eq!(
            open.open_with_nonce(nonce, b"data", text).unwrap(),
            b"message"
        );
        assert_eq!(open.open(b"atad", &sealed), Err(AeadError::Open));
        let other = OpenKey::new(algorithm, &[8; 32][..algorithm.key_bytes()]).unwrap();
        assert_eq!(other.open(b"data", &sealed), Err(AeadError::Open));
    }
}

#[test]
fn one_message_sealed_twice_reads_differently() {
    for algorithm in usable() {
        let (seal, _) = pair(algorithm);
        let (first, second) = (seal.seal(b"", b"m").unwrap(), seal.seal(b"", b"m").unwrap());
        assert_ne!(first[..NONCE_BYTES], second[..NONCE_BYTES]);
        assert_ne!(first[NONCE_BYTES..], second[NONCE_BYTES..]);
    }
}

#[test]
fn a_changed_or_shortened_message_does_not_open() {
    for algorithm in usable() {
        let (seal, open) = pair(algorithm);
        let sealed = seal.seal(b"data", b"message").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(
                open.open(b"data", &changed),
                Err(AeadError::Open),
                "byte {at}"
            );
            assert_eq!(
                open.open(b"data", &sealed[..at]),
                Err(AeadError::Open),
                "length {at}"
            );
        }
    }
}

#[test]
fn keys_and_nonces_of_other_lengths_are_refused() {
    let error = OpenKey::new(Algorithm::Aes256Gcm, &KEY[..24]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a key of 24 bytes where the cipher takes 32"
    );
    let (_, open) = pair(Algorithm::Aes128Gcm);
    assert_eq!(
        open.open_with_nonce(&[0; 16], b"", &[0; 16]),
        Err(AeadError::NonceLength(16))
    );
}

#[test]
fn a_key_wears_out_and_stays_so() {
    let (seal, _) = pair(Algorithm::Aes256Gcm);
    seal.sealed.store(MESSAGES_MAX - 1, Ordering::Relaxed);
    assert!(seal.seal(b"", b"last").is_ok());
    for _ in 0..3 {
        assert_eq!(seal.seal(b"", b"one more"), Err(AeadError::WornOut));
    }
}

#[test]
fn fips_refuses_a_nonce_of_the_caller() {
    let key = CallerNonceSealKey::for_mode(Mode::Standard, Algorithm::Aes256Gcm, &KEY).unwrap();
    let sealed = key.seal(&[1; 12], b"data", b"message").unwrap();
    let open = OpenKey::new(Algorithm::Aes256Gcm, &KEY).unwrap();
    assert_eq!(
        open.open_with_nonce(&[1; 12], b"data", &sealed).unwrap(),
        b"message"
    );
    for mode in [Mode::Fips, Mode::FipsStrict] {
        let error = CallerNonceSealKey::for_mode(mode, Algorithm::Aes256Gcm, &KEY).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "crypto policy POL-007 ({}): sealing with AES-256-GCM under a nonce of the caller is not allowed: a \
                 repeated nonce reveals the messages and the key's tags; use a nonce drawn by the module (SealKey)",
                mode.name()
            )
        );
    }
}

#[test]
fn fips_refuses_chacha_for_sealing_and_opening() {
    let chacha = Algorithm::ChaCha20Poly1305;
    let expected = "crypto policy POL-010 (fips): cipher ChaCha20-Poly1305 is not allowed: it is not an approved \
                    algorithm; use AES-128-GCM or AES-256-GCM";
    let refusals = [
        SealKey::for_mode(Mode::Fips, chacha, &KEY).unwrap_err(),
        OpenKey::for_mode(Mode::Fips, chacha, &KEY).unwrap_err(),
        CallerNonceSealKey::for_mode(Mode::Fips, chacha, &KEY).unwrap_err(),
    ];
    for refusal in refusals {
        assert_eq!(refusal.to_string(), expected);
    }
    assert!(SealKey::for_mode(Mode::Standard, chacha, &KEY).is_ok());
}

#[test]
fn names_are_found_refused_or_unknown() {
    assert_eq!("aes_128_GCM".parse(), Ok(Algorithm::Aes128Gcm));
    let chacha = Algorithm::for_mode(Mode::Standard, "ChaCha20-Poly1305");
    assert_eq!(chacha, Ok(Algorithm::ChaCha20Poly1305));
    for name in [
        "ChaCha20-Poly1305",
        "RC4",
        "DES-CBC",
        "3DES",
        "RC2",
        "Blowfish",
        "RSAES-OAEP",
    ] {
        let refused = Algorithm::for_mode(Mode::Fips, name);
        assert!(matches!(refused, Err(Refused::Policy(_))), "{name}");
    }
    for name in [
        "RC4",
        "AES-192-GCM",
        "AES-128-CCM",
        "AES-256-CBC",
        "AES-128-OFB",
        "AES-128-CFB",
        "",
    ] {
        let refused = Algorithm::for_mode(Mode::Standard, name);
        assert!(matches!(refused, Err(Refused::Unsupported(_))), "{name}");
    }
}

#[test]
fn nothing_prints_a_key() {
    let (seal, open) = pair(Algorithm::Aes256Gcm);
    assert_eq!(format!("{seal:?} {open:?}"), "SealKey(***) OpenKey(***)");
}

proptest! {
    #[test]
    fn every_message_comes_back(data: Vec<u8>, message: Vec<u8>) {
        let (seal, open) = pair(Algorithm::Aes256Gcm);
        prop_assert_eq!(open.open(&data, &seal.seal(&data, &message).unwrap()).unwrap(), message);
    }

    #[test]
    fn no_bytes_make_opening_panic(data: Vec<u8>, sealed: Vec<u8>) {
        let (_, open) = pair(Algorithm::Aes128Gcm);
        prop_assert_eq!(open.open(&data, &sealed), Err(AeadError::Open));
    }
}
