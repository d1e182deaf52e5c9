use super::{Authority, Builder, KeyUsage, Purpose, X509Error, fingerprint};
use crate::{
    digest::sha256,
    pki::certificate::Certificate as Parsed,
    sign::{KeyKind, PrivateKey, Scheme},
    test_util,
    verify::PublicKey,
};

const NOW: u64 = 1_800_000_000; // 2027
const YEAR: u64 = 365 * 24 * 3600;

fn authority(key: &PrivateKey) -> Authority {
    let certificate = Builder::new(NOW, NOW + 10 * YEAR)
        .common_name("an authority")
        .authority()
        .usage(&[KeyUsage::CertSign, KeyUsage::CrlSign])
        .self_signed(key)
        .unwrap();
    Authority::from_pem(
        certificate.to_pem().as_bytes(),
        key.to_pkcs8_pem().as_bytes(),
    )
    .unwrap()
}

/// The certificate's signature is that of `key`.
fn is_signed_by(certificate: &Parsed, key: &PublicKey, scheme: Scheme) -> bool {
    let verdict = key.verify(scheme, &certificate.signed, &certificate.signature);
    verdict.is_ok() && certificate.signature_algorithm == scheme.ids().1.as_ref()
}

#[test]
fn a_certificate_says_what_it_was_told_to_say() {
    let key = PrivateKey::generate(KeyKind::P384).unwrap();
    let names = ["a.test", "x@a.test", "10.0.0.1", "::1", "spiffe://a.test/x"];
    let builder = Builder::new(NOW, NOW + YEAR)
        .organization("Häuser & Co")
        .common_name("a.test")
        .usage(&[KeyUsage::DigitalSignature])
        .purpose(&[Purpose::ServerAuth, Purpose::ClientAuth]);
    let builder = names
        .iter()
        .fold(builder, |builder, name| builder.name(name));
    let made = builder.self_signed(&key).unwrap();
    let read = Parsed::parse(made.der()).unwrap();
    assert_eq!(
        (read.version, read.common_name.as_deref()),
        (3, Some("a.test"))
    );
    assert_eq!((read.not_before, read.not_after), (NOW, NOW + YEAR));
    assert_eq!(read.issuer, read.subject);
    let extensions = &read.extensions;
    assert!(!extensions.unhandled_critical);
    assert!(!extensions.basic_constraints.unwrap().is_ca);
    assert_eq!(extensions.may_sign_certificates, Some(false));
    assert_eq!(extensions.extended_key_usage.len(), 2);
    let texts: Vec<_> = extensions
        .alternative_names
        .as_ref()
        .unwrap()
        .texts()
        .collect();
    assert_eq!(texts, names);
    let scheme = key.schemes().next().unwrap();
    assert!(is_signed_by(&read, &key.public(), scheme));
    assert_eq!(made.fingerprint(), sha256(made.der()));
    assert_eq!(fingerprint(made.der()), made.fingerprint());
}

#[test]
fn serial_numbers_are_random() {
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    let make = || Builder::new(NOW, NOW).self_signed(&key).unwrap();
    assert_ne!(make().der()[..40], make().der()[..40]);
}

#[test]
fn an_authority_signs_for_others_with_every_kind_of_key() {
    let rsa = PrivateKey::from_pem(include_bytes!("../../testdata/rsa2048.pem")).unwrap();
    let kinds = [
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::P521,
        KeyKind::Ed25519,
    ];
    let made = kinds
        .into_iter()
        .filter_map(|kind| PrivateKey::generate(kind).ok());
    let keys: Vec<_> = made.chain([rsa]).collect();
    assert_eq!(keys.len(), if cfg!(feature = "ring") { 4 } else { 5 });
    for key in keys {
        let authority = authority(&key);
        let leaf = PrivateKey::generate(KeyKind::P256).unwrap();
        let certificate = Builder::new(NOW, NOW + YEAR)
            .name("a.test")
            .signed_by(&authority, &leaf.public())
            .unwrap();
        let read = Parsed::parse(certificate.der()).unwrap();
        assert_eq!(read.issuer, authority.certificate.subject);
        assert_eq!(
            PublicKey::from_pem(certificate.to_pem().as_bytes()),
            Ok(leaf.public())
        );
        let is_signed = key
            .schemes()
            .any(|scheme| is_signed_by(&read, &key.public(), scheme));
        assert!(is_signed, "{key:?}");
    }
}

#[test]
fn only_an_authority_with_its_own_key_signs() {
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    let other = PrivateKey::generate(KeyKind::P256).unwrap().to_pkcs8_pem();
    let pem = key.to_pkcs8_pem();
    let leaf = Builder::new(NOW, NOW).self_signed(&key).unwrap().to_pem();
    let error = Authority::from_pem(leaf.as_bytes(), pem.as_bytes()).unwrap_err();
    assert!(matches!(error, X509Error::NotAnAuthority), "{error}");
    let encipher = Builder::new(NOW, NOW)
        .authority()
        .usage(&[KeyUsage::KeyEncipherment]);
    let encipher = encipher.self_signed(&key).unwrap().to_pem();
    let error = Authority::from_pem(encipher.as_bytes(), pem.as_bytes()).unwrap_err();
    assert!(matches!(error, X509Error::NotAnAuthority), "{error}");
    let certificate = Builder::new(NOW, NOW)
        .authority()
        .self_signed(&key)
        .unwrap()
        .to_pem();
    let error = Authority::from_pem(certificate.as_bytes(), other.as_bytes()).unwrap_err();
    assert!(matches!(error, X509Error::KeyMismatch), "{error}");
    let error = Authority::from_pem(pem.as_bytes(), pem.as_bytes()).unwrap_err();
    assert!(matches!(error, X509Error::Malformed), "{error}");
}

#[test]
fn an_authority_reads_certificates_other_programs_made() {
    let pair = test_util::ca("rcgen").pair();
    let authority = Authority::from_pem(pair.certificate.as_bytes(), pair.key.as_bytes()).unwrap();
    assert_eq!(format!("{authority:?}"), "Authority(\"rcgen\", ***)");
}

#[test]
fn names_and_times_that_cannot_be_written_are_errors() {
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    for name in ["", "a b", "ä.test", "10.0.0.1:80", "a/b", "a.test\n"] {
        let error = Builder::new(NOW, NOW)
            .name(name)
            .self_signed(&key)
            .unwrap_err();
        assert!(matches!(error, X509Error::Name(_)), "{name:?}");
    }
    for (from, until) in [(NOW, NOW - 1), (NOW, 253_402_300_800), (NOW, u64::MAX)] {
        let error = Builder::new(from, until).self_signed(&key).unwrap_err();
        assert!(matches!(error, X509Error::Validity { .. }), "{until}");
    }
    let last = Builder::new(0, 253_402_300_799).self_signed(&key).unwrap(); // the end of 9999
    let read = Parsed::parse(last.der()).unwrap();
    assert_eq!((read.not_before, read.not_after), (0, 253_402_300_799));
}

/// What etcd's `--auto-tls` writes: P-521, or P-256 where the provider has none.
///
/// Source: etcd client/pkg/transport listener.go `SelfCert`.
#[test]
fn the_certificate_of_etcds_auto_tls_can_be_made() {
    let key = PrivateKey::generate(KeyKind::P521).or_else(|error| {
        let expected = "provider ring does not implement P-521; build with aws-lc or fips";
        assert_eq!(error.to_string(), expected);
        PrivateKey::generate(KeyKind::P256)
    });
    let key = key.unwrap();
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
        .purpose(&[Purpose::ServerAuth])
        .self_signed(&key)
        .unwrap();
    let read = Parsed::parse(certificate.der()).unwrap();
    assert!(read.extensions.basic_constraints.unwrap().is_ca);
    assert_eq!(read.extensions.may_sign_certificates, Some(false));
    let sec1 = key.to_sec1_pem().unwrap();
    let identity = crate::tls::Identity::from_pem(certificate.to_pem().as_bytes(), sec1.as_bytes());
    assert!(identity.is_ok());
}
