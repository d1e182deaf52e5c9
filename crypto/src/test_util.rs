//! Certificates made on the fly, for the tests of every crate. Feature `test-util`; no program enables it.
//!
//! Keys come from our provider, the certificates from rcgen, which signs through our keys.

pub mod agreement;

use std::net::IpAddr;

pub use rcgen;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyIdMethod, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber, SignatureAlgorithm,
};

use crate::{
    random,
    settings::Mode,
    sign::{self, Curve, Hash, PrivateKey, Scheme},
    verify::PublicKey,
};

/// A certificate and its key, as PEM.
#[derive(Clone, Debug)]
pub struct Pair {
    /// `CERTIFICATE`.
    pub certificate: String,
    /// `PRIVATE KEY`, in whatever container the kind has.
    pub key: String,
}

/// The kind of a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// Ed25519.
    Ed25519,
    /// The one committed RSA key of 2048 bits.
    Rsa2048,
    /// The one committed RSA key of 4096 bits.
    Rsa4096,
}

/// An authority that issues certificates.
#[derive(Debug)]
pub struct Authority {
    /// Its own certificate, PEM.
    pub certificate: String,
    params: CertificateParams,
    key: TestKey,
}

/// Returns a self-signed authority with a P-256 key.
#[must_use]
pub fn ca(name: &str) -> Authority {
    ca_with(name, KeyKind::P256, |_| ())
}

/// Returns a self-signed authority whose parameters were changed by `change`.
#[must_use]
pub fn ca_with(
    name: &str,
    kind: KeyKind,
    change: impl FnOnce(&mut CertificateParams),
) -> Authority {
    let key = TestKey::new(kind);
    let mut params = params_for(name, &[], &key);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    change(&mut params);
    let certificate = params
        .self_signed(&key)
        .expect("the parameters are well-formed")
        .pem();
    Authority {
        certificate,
        params,
        key,
    }
}

/// Returns a server certificate of `authority` for DNS names, IPs, e-mail addresses and URIs.
#[must_use]
pub fn server_cert(authority: &Authority, names: &[&str]) -> Pair {
    authority.issue(KeyKind::P256, names, |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    })
}

/// Returns a client certificate of `authority`; names as for [`server_cert`].
#[must_use]
pub fn client_cert(authority: &Authority, names: &[&str]) -> Pair {
    authority.issue(KeyKind::P256, names, |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    })
}

impl Authority {
    /// Returns a certificate whose parameters were changed by `change`; its common name is the first name.
    #[must_use]
    pub fn issue(
        &self,
        kind: KeyKind,
        names: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Pair {
        let key = TestKey::new(kind);
        let mut params = params_for(names.first().unwrap_or(&"leaf"), names, &key);
        change(&mut params);
        let certificate = params
            .signed_by(&key, &self.issuer())
            .expect("the parameters are well-formed")
            .pem();
        Pair {
            certificate,
            key: key.pem,
        }
    }

    /// Returns an authority below this one.
    #[must_use]
    pub fn intermediate(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = TestKey::new(KeyKind::P256);
        let mut params = params_for(name, &[], &key);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        change(&mut params);
        let certificate = params
            .signed_by(&key, &self.issuer())
            .expect("the parameters are well-formed")
            .pem();
        Self {
            certificate,
            params,
            key,
        }
    }

    /// Returns a revocation list that names these serial numbers, DER.
    #[must_use]
    pub fn revocation_list(&self, serials: &[&[u8]]) -> Vec<u8> {
        let revoked = |serial: &&[u8]| rcgen::RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: rcgen::date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let list = rcgen::CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2024, 1, 1),
            next_update: rcgen::date_time_ymd(2124, 1, 1),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::PreSpecified(vec![1]),
        };
        let list = list
            .signed_by(&self.issuer())
            .expect("the parameters are well-formed");
        list.der().to_vec()
    }

    /// Returns the authority's own certificate with its key, for tests that misuse it.
    #[must_use]
    pub fn pair(&self) -> Pair {
        Pair {
            certificate: self.certificate.clone(),
            key: self.key.pem.clone(),
        }
    }

    fn issuer(&self) -> Issuer<'_, &TestKey> {
        Issuer::from_params(&self.params, &self.key)
    }
}

/// What [`PrivateKey::generate`] does with a new key: the process ends unless both halves are a pair.
pub fn prove_pair(key: &PrivateKey, public: &PublicKey) {
    sign::generate::prove(key, public);
}

fn params_for(common_name: &str, names: &[&str], key: &TestKey) -> CertificateParams {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.subject_alt_names = names.iter().map(|name| alternative_name(name)).collect();
    params.serial_number = Some(SerialNumber::from_slice(
        &[[0x4d].as_slice(), &random::bytes::<15>()].concat(),
    ));
    let key_id = crate::digest::sha256(&key.subject_public_key_info());
    params.key_identifier_method = KeyIdMethod::PreSpecified(key_id[..20].to_vec());
    params.use_authority_key_identifier_extension = true;
    params
}

fn alternative_name(name: &str) -> SanType {
    let text = || name.try_into().expect("test names are ASCII");
    if let Ok(ip) = name.parse::<IpAddr>() {
        SanType::IpAddress(ip)
    } else if name.contains("://") {
        SanType::URI(text())
    } else if name.contains('@') {
        SanType::Rfc822Name(text())
    } else {
        SanType::DnsName(text())
    }
}

/// Our private key, as rcgen wants to see it.
#[derive(Debug)]
struct TestKey {
    pem: String,
    key: PrivateKey,
    public: Vec<u8>,
    algorithm: &'static SignatureAlgorithm,
    scheme: Scheme,
}

impl TestKey {
    fn new(kind: KeyKind) -> Self {
        let (pem, algorithm, scheme) = match kind {
            KeyKind::P256 => (
                generate(sign::KeyKind::P256),
                &rcgen::PKCS_ECDSA_P256_SHA256,
                Scheme::Ecdsa(Curve::P256, Hash::Sha256),
            ),
            KeyKind::P384 => (
                generate(sign::KeyKind::P384),
                &rcgen::PKCS_ECDSA_P384_SHA384,
                Scheme::Ecdsa(Curve::P384, Hash::Sha384),
            ),
            KeyKind::Ed25519 => (
                generate(sign::KeyKind::Ed25519),
                &rcgen::PKCS_ED25519,
                Scheme::Ed25519,
            ),
            KeyKind::Rsa2048 => (
                RSA_2048.to_owned(),
                &rcgen::PKCS_RSA_SHA256,
                Scheme::RsaPkcs1(Hash::Sha256),
            ),
            KeyKind::Rsa4096 => (
                RSA_4096.to_owned(),
                &rcgen::PKCS_RSA_SHA384,
                Scheme::RsaPkcs1(Hash::Sha384),
            ),
        };
        let key = PrivateKey::from_pem_for_mode(Mode::Standard, pem.as_bytes());
        let key = key.expect("a key of our own");
        let public = key.public().bits().to_vec();
        Self {
            pem,
            key,
            public,
            algorithm,
            scheme,
        }
    }
}

fn generate(kind: sign::KeyKind) -> String {
    let key = PrivateKey::generate(kind).expect("every provider makes these");
    key.to_pkcs8_pem().to_string()
}

impl PublicKeyData for TestKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.algorithm
    }
}

impl rcgen::SigningKey for TestKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.key
            .sign(self.scheme, message)
            .map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

const RSA_2048: &str = include_str!("../testdata/rsa2048.pem");
const RSA_4096: &str = include_str!("../testdata/rsa4096.pem");
