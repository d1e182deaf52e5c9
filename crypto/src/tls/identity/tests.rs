use super::Identity;
use crate::{
    pki::pem::encode,
    settings::Mode,
    test_util::{KeyKind, Pair, ca, server_cert},
};

fn pair() -> Pair {
    server_cert(&ca("root"), &["server.test"])
}

#[track_caller]
fn refused(certificates: &str, key: &str, expected: &str) {
    let error = Identity::from_pem(certificates.as_bytes(), key.as_bytes())
        .unwrap_err()
        .to_string();
    assert_eq!(error, expected);
}

#[test]
fn text_without_blocks_is_said_to_hold_nothing() {
    let Pair { certificate, key } = pair();
    refused(
        "",
        &key,
        "tls: failed to find any PEM data in certificate input",
    );
    refused(
        &certificate,
        "nothing",
        "tls: failed to find any PEM data in key input",
    );
}

#[test]
fn switched_inputs_are_recognised() {
    let Pair { certificate, key } = pair();
    refused(
        &key,
        &certificate,
        "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may \
         have been switched",
    );
    refused(
        &certificate,
        &certificate,
        "tls: found a certificate rather than a key in the PEM for the private key",
    );
}

#[test]
fn other_blocks_are_listed() {
    let Pair { certificate, key } = pair();
    let others = encode("X", b"x") + &encode("Y Z", b"y");
    refused(
        &others,
        &key,
        "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the \
         following types: [X Y Z]",
    );
    refused(
        &certificate,
        &others,
        "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of \
         the following types: [X Y Z]",
    );
}

#[test]
fn a_key_must_belong_to_the_certificate() {
    let Pair { certificate, key } = pair();
    refused(
        &certificate,
        &pair().key,
        "tls: private key does not match public key",
    );
    refused(
        &certificate,
        RSA_2048,
        "tls: private key type does not match public key type",
    );
    let p384 = ca("root")
        .issue(KeyKind::P384, &["server.test"], |_| ())
        .key;
    refused(
        &certificate,
        &p384,
        "tls: private key does not match public key",
    );
    refused(
        &encode("CERTIFICATE", b"junk"),
        &key,
        "x509: malformed certificate",
    );
}

#[test]
fn keys_that_do_not_parse_or_cannot_sign_have_gos_texts() {
    let Pair { certificate, .. } = pair();
    refused(
        &certificate,
        &encode("PRIVATE KEY", b"junk"),
        "tls: failed to parse private key",
    );
    let x25519 = include_str!("../../../testdata/x25519.pem");
    refused(
        &certificate,
        x25519,
        "tls: found unknown private key type in PKCS#8 wrapping",
    );
}

#[test]
fn a_curve_off_the_list_is_refused_by_rule() {
    let (certificate, key) = (
        include_str!("../../../testdata/secp256k1.crt"),
        include_str!("../../../testdata/secp256k1.pem"),
    );
    let error = Identity::from_pem(certificate.as_bytes(), key.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("crypto policy POL-002 ("), "{error}");
}

#[test]
fn ed25519_is_refused_by_the_strict_policy_only() {
    let pair = ca("root").issue(KeyKind::Ed25519, &["server.test"], |_| ());
    let load = |mode| Identity::for_mode(mode, pair.certificate.as_bytes(), pair.key.as_bytes());
    assert!(load(Mode::Standard).is_ok());
    assert!(load(Mode::Fips).is_ok());
    let error = load(Mode::FipsStrict).unwrap_err().to_string();
    assert!(
        error.starts_with("crypto policy POL-002 (fips-strict): an Ed25519 key"),
        "{error}"
    );
}

/// Every container openssl writes, for the same keys.
#[test]
fn every_container_of_a_key_is_read() {
    for key in [
        include_str!("../../../testdata/p256.pem"),
        include_str!("../../../testdata/p256_pkcs8.pem"),
    ] {
        Identity::from_pem(include_bytes!("../../../testdata/p256.crt"), key.as_bytes()).unwrap();
    }
    for key in [
        RSA_2048,
        include_str!("../../../testdata/rsa2048_pkcs8.pem"),
    ] {
        Identity::from_pem(
            include_bytes!("../../../testdata/rsa2048.crt"),
            key.as_bytes(),
        )
        .unwrap();
    }
}

#[test]
fn a_missing_file_is_named() {
    let error = Identity::from_files(
        "/nonexistent/tls.crt".as_ref(),
        "/nonexistent/tls.key".as_ref(),
    )
    .unwrap_err();
    assert_eq!(error.to_string(), "open /nonexistent/tls.crt");
}

const RSA_2048: &str = include_str!("../../../testdata/rsa2048.pem");
