use super::{Curve, Hash, KeyError, KeyKind, PrivateKey, Scheme, SignError, generate::is_a_pair};
use crate::{
    pki::{key::KeyMaterial, pem},
    policy::RSA_BITS_MIN,
    provider::{self, sign::LoadKeyError},
    settings::Mode,
};

const KINDS: [KeyKind; 7] = [
    KeyKind::Rsa2048,
    KeyKind::Rsa3072,
    KeyKind::Rsa4096,
    KeyKind::P256,
    KeyKind::P384,
    KeyKind::P521,
    KeyKind::Ed25519,
];

/// Files this build loads.
fn files() -> Vec<&'static str> {
    let mut files = vec![
        include_str!("../../testdata/rsa2048.pem"),
        include_str!("../../testdata/rsa2048_pkcs8.pem"),
        include_str!("../../testdata/rsa4096.pem"),
        include_str!("../../testdata/p256.pem"),
        include_str!("../../testdata/p256_pkcs8.pem"),
    ];
    if cfg!(not(feature = "ring")) {
        files.push(include_str!("../../testdata/p521.pem"));
    }
    files
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    let error = PrivateKey::from_pem_for_mode(Mode::Fips, text.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn every_kind_is_made_or_named_as_missing() {
    for kind in KINDS {
        let missing = match kind {
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => "RSA key generation",
            KeyKind::P521 => "P-521",
            _ => "",
        };
        match PrivateKey::generate(kind) {
            Ok(key) => {
                assert!(
                    missing.is_empty() || cfg!(not(feature = "ring")),
                    "{kind:?}"
                );
                let public = key.public();
                for scheme in key.schemes() {
                    let signature = key.sign(scheme, b"message").unwrap();
                    assert_eq!(public.verify(scheme, b"message", &signature), Ok(()));
                    let fixed = key.sign_fixed(scheme, b"message").unwrap();
                    assert_eq!(public.verify_fixed(scheme, b"message", &fixed), Ok(()));
                }
            }
            Err(error) => {
                assert!(cfg!(feature = "ring") && !missing.is_empty(), "{kind:?}");
                assert_eq!(
                    error.to_string(),
                    format!(
                        "provider ring does not implement {missing}; build with aws-lc or fips"
                    )
                );
            }
        }
    }
}

#[test]
fn two_keys_differ_and_are_no_pair() {
    let (one, two) = (
        PrivateKey::generate(KeyKind::P256).unwrap(),
        PrivateKey::generate(KeyKind::P256).unwrap(),
    );
    assert!(is_a_pair(&one, &one.public()));
    assert!(!is_a_pair(&one, &two.public()));
}

#[test]
fn a_key_is_the_same_after_it_was_written_and_read() {
    let generated = [KeyKind::P256, KeyKind::P384, KeyKind::Ed25519];
    let generated = generated.map(|kind| PrivateKey::generate(kind).unwrap());
    let loaded = files()
        .into_iter()
        .map(|text| PrivateKey::from_pem(text.as_bytes()).unwrap());
    for key in loaded.chain(generated) {
        let pkcs8 = key.to_pkcs8_pem();
        let again = PrivateKey::from_pem(pkcs8.as_bytes()).unwrap();
        assert_eq!(again.spki_der(), key.spki_der());
        assert!(is_a_pair(&again, &key.public()));
        match key.to_sec1_pem() {
            Some(sec1) => {
                let again = PrivateKey::from_pem(sec1.as_bytes()).unwrap();
                assert_eq!(again.spki_der(), key.spki_der());
                assert!(sec1.starts_with("-----BEGIN EC PRIVATE KEY-----\n"));
            }
            None => assert_eq!(key.public().curve(), None),
        }
    }
}

#[test]
fn containers_are_written_as_other_programs_write_them() {
    let key = PrivateKey::from_pem(include_bytes!("../../testdata/p256.pem")).unwrap();
    let sec1 = pem::blocks(include_bytes!("../../testdata/p256.pem"))
        .pop()
        .unwrap();
    assert_eq!(
        *key.to_sec1_pem().unwrap(),
        pem::encode("EC PRIVATE KEY", &sec1.bytes)
    );
    assert_eq!(
        *key.to_pkcs8_pem(),
        include_str!("../../testdata/p256_pkcs8.pem")
    );
    let rsa = PrivateKey::from_pem(include_bytes!("../../testdata/rsa2048.pem")).unwrap();
    assert_eq!(
        *rsa.to_pkcs8_pem(),
        include_str!("../../testdata/rsa2048_pkcs8.pem")
    );
}

#[test]
fn a_key_signs_with_its_own_schemes_only() {
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    let own: Vec<_> = key.schemes().collect();
    assert_eq!(own, [Scheme::Ecdsa(Curve::P256, Hash::Sha256)]);
    for scheme in [
        Scheme::Ecdsa(Curve::P256, Hash::Sha384),
        Scheme::Ecdsa(Curve::P384, Hash::Sha384),
        Scheme::RsaPss(Hash::Sha256),
        Scheme::Ed25519,
    ] {
        assert_eq!(key.sign(scheme, b"m"), Err(SignError::Scheme(scheme)));
    }
}

#[test]
fn weak_keys_are_refused_by_rule() {
    refused(
        include_str!("../../testdata/rsa1024.pem"),
        "crypto policy POL-003 (fips): a private key with an RSA key of 1024 bits is not allowed: the minimum is 2048 \
         bits; use RSA 2048 or larger, or ECDSA P-256 or P-384",
    );
    refused(
        include_str!("../../testdata/secp256k1.pem"),
        "crypto policy POL-002 (fips): a private key on the elliptic curve 1.3.132.0.10 is not allowed: the curve is \
         not on the list; use P-256, P-384 or P-521",
    );
}

#[test]
fn fips_wants_an_even_number_of_bits() {
    let block = pem::blocks(include_bytes!("../../testdata/rsa2048.pem"))
        .pop()
        .unwrap();
    let Ok(KeyMaterial::Rsa { pkcs1, .. }) = KeyMaterial::parse(&block.bytes) else {
        panic!("an RSA key");
    };
    let bits = RSA_BITS_MIN + 1;
    let material = KeyMaterial::Rsa { pkcs1, bits };
    assert!(provider::sign::PrivateKey::load(&material, Mode::Standard).is_ok());
    let error = provider::sign::PrivateKey::load(&material, Mode::Fips).unwrap_err();
    assert!(matches!(error, LoadKeyError::Refused(_)));
    assert!(
        error.to_string().starts_with(
            "crypto policy POL-003 (fips): a private key with an RSA key of 2049 bits is not allowed: the number of bits"
        ),
        "{error}"
    );
}

#[test]
fn the_strict_policy_neither_makes_nor_takes_ed25519() {
    let text = PrivateKey::generate(KeyKind::Ed25519)
        .unwrap()
        .to_pkcs8_pem();
    let made = PrivateKey::generate_for_mode(Mode::FipsStrict, KeyKind::Ed25519).unwrap_err();
    let taken = PrivateKey::from_pem_for_mode(Mode::FipsStrict, text.as_bytes()).unwrap_err();
    for error in [made, taken] {
        assert!(
            error
                .to_string()
                .starts_with("crypto policy POL-002 (fips-strict): an Ed25519 key"),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_key_is_told_in_gos_words() {
    refused("", "tls: failed to find any PEM data in key input");
    refused(
        include_str!("../../testdata/p256.crt"),
        "tls: found a certificate rather than a key in the PEM for the private key",
    );
    refused(
        &pem::encode("DH PARAMETERS", b"x"),
        "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of \
         the following types: [DH PARAMETERS]",
    );
    refused(
        &pem::encode("PRIVATE KEY", b"x"),
        "tls: failed to parse private key",
    );
    refused(
        include_str!("../../testdata/x25519.pem"),
        "tls: found unknown private key type in PKCS#8 wrapping",
    );
    assert_eq!(PrivateKey::from_der(b"x").unwrap_err(), KeyError::Malformed);
}

#[cfg(feature = "ring")]
#[test]
fn ring_says_which_builds_have_p521() {
    refused(
        include_str!("../../testdata/p521.pem"),
        "provider ring does not implement P-521; build with aws-lc or fips",
    );
}

#[test]
fn nothing_prints_a_key() {
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    assert_eq!(format!("{key:?}"), "PrivateKey(ECDSA, ***)");
}
