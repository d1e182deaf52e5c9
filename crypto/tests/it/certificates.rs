//! Keys and certificates of ours, as OpenSSL reads them.

use std::{fs, path::Path, process::Command};

use crypto::{
    sign::{KeyKind, PrivateKey},
    x509::{Authority, Builder, KeyUsage, Purpose},
};
use tempfile::TempDir;

const NOW: u64 = 1_800_000_000; // 2027
const YEAR: u64 = 365 * 24 * 3600;

/// One key of every kind this provider has: made here, or committed where ring makes none.
fn keys() -> Vec<PrivateKey> {
    let rsa = PrivateKey::from_pem(include_bytes!("../../testdata/rsa2048.pem")).unwrap();
    let kinds = [
        KeyKind::Rsa3072,
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::P521,
        KeyKind::Ed25519,
    ];
    let made = kinds
        .into_iter()
        .filter_map(|kind| PrivateKey::generate(kind).ok());
    [rsa].into_iter().chain(made).collect()
}

/// Runs OpenSSL in `folder` and returns what it prints; any failure of it is ours.
#[track_caller]
fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {text}{errors}");
    text
}

#[test]
fn openssl_reads_every_container_our_keys_are_written_in() {
    let folder = TempDir::new().unwrap();
    for key in keys() {
        let sec1 = key.to_sec1_pem();
        for text in [Some(key.to_pkcs8_pem()), sec1].into_iter().flatten() {
            fs::write(folder.path().join("key.pem"), text.as_bytes()).unwrap();
            openssl(
                folder.path(),
                &["pkey", "-in", "key.pem", "-check", "-noout"],
            );
            let public = [
                "pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "key.der",
            ];
            openssl(folder.path(), &public);
            assert_eq!(
                fs::read(folder.path().join("key.der")).unwrap(),
                key.spki_der()
            );
        }
    }
}

#[test]
fn openssl_verifies_a_chain_of_ours_with_every_kind_of_key() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    for key in keys() {
        let root = Builder::new(NOW, NOW + 10 * YEAR)
            .organization("Haus & Hof, Nürnberg")
            .common_name("root")
            .authority()
            .usage(&[KeyUsage::CertSign, KeyUsage::CrlSign])
            .self_signed(&key)
            .unwrap()
            .to_pem();
        let authority =
            Authority::from_pem(root.as_bytes(), key.to_pkcs8_pem().as_bytes()).unwrap();
        let leaf = Builder::new(NOW, NOW + YEAR)
            .name("a.test")
            .name("10.0.0.1")
            .usage(&[KeyUsage::DigitalSignature])
            .purpose(&[Purpose::ServerAuth])
            .signed_by(
                &authority,
                &PrivateKey::generate(KeyKind::P256).unwrap().public(),
            )
            .unwrap()
            .to_pem();
        write("root.pem", &root);
        write("leaf.pem", &leaf);
        let time = (NOW + 1).to_string();
        for name in [["-verify_hostname", "a.test"], ["-verify_ip", "10.0.0.1"]] {
            let strict = [
                "verify",
                "-x509_strict",
                "-purpose",
                "sslserver",
                "-attime",
                &time,
            ];
            let files = ["-CAfile", "root.pem", "leaf.pem"];
            openssl(folder.path(), &[&strict[..], &name, &files].concat());
        }
    }
}

#[test]
fn an_authority_openssl_made_signs_what_openssl_verifies() {
    let folder = TempDir::new().unwrap();
    let make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out root.pem -days 9 \
                -subj /CN=theirs -addext keyUsage=critical,keyCertSign,cRLSign";
    openssl(folder.path(), &make.split(' ').collect::<Vec<_>>());
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let authority = Authority::from_pem(&read("root.pem"), &read("key.pem")).unwrap();
    let key = PrivateKey::generate(KeyKind::P256).unwrap().public();
    let leaf = Builder::new(0, NOW + YEAR)
        .name("a.test")
        .signed_by(&authority, &key);
    fs::write(folder.path().join("leaf.pem"), leaf.unwrap().to_pem()).unwrap();
    let verify = ["verify", "-x509_strict", "-CAfile", "root.pem", "leaf.pem"];
    openssl(folder.path(), &verify);
}

/// Source: etcd client/pkg/transport listener.go `SelfCert`.
#[test]
fn the_certificate_of_etcds_auto_tls_reads_as_etcds_own() {
    let folder = TempDir::new().unwrap();
    let key = PrivateKey::generate(KeyKind::P521);
    let key = key
        .or_else(|_| PrivateKey::generate(KeyKind::P256))
        .unwrap();
    let usages = [
        KeyUsage::KeyEncipherment,
        KeyUsage::DigitalSignature,
        KeyUsage::CrlSign,
    ];
    let certificate = Builder::new(NOW, NOW + YEAR)
        .organization("etcd")
        .name("127.0.0.1")
        .name("localhost")
        .authority()
        .usage(&usages)
        .purpose(&[Purpose::ServerAuth, Purpose::ClientAuth])
        .self_signed(&key)
        .unwrap();
    fs::write(folder.path().join("cert.pem"), certificate.to_pem()).unwrap();
    let text = openssl(
        folder.path(),
        &["x509", "-in", "cert.pem", "-noout", "-text"],
    );
    for expected in [
        "Version: 3 (0x2)",
        "Issuer: O = etcd",
        "Subject: O = etcd",
        "X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment, CRL Sign",
        "TLS Web Server Authentication, TLS Web Client Authentication",
        "X509v3 Basic Constraints: critical\n                CA:TRUE",
        "X509v3 Subject Key Identifier",
        "IP Address:127.0.0.1, DNS:localhost",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains("Authority Key Identifier"), "{text}");
}
