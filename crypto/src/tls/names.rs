//! Go's names for cipher suites and curves, and which of them this house can offer.
//!
//! Source: Go crypto/tls cipher_suites.go; exporter-toolkit web/tls_config.go; etcd pkg/tlsutil.

use rustls::{CipherSuite, NamedGroup, SignatureScheme};

use crate::tls::TlsError;

/// Whose configuration is being read: the known names and the error texts differ.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Dialect {
    /// exporter-toolkit web configuration (default).
    #[default]
    Toolkit,
    /// etcd flags.
    Etcd,
}

/// What a name Go knows means to us.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NamedSuite {
    /// A TLS 1.2 suite we implement.
    Tls12(CipherSuite),
    /// A TLS 1.3 suite: Go does not let anybody choose among these, so it selects nothing.
    Tls13,
    /// Go knows it, we never do: CBC, RC4, 3DES, RSA key transport.
    Never,
}

const TLS12: &[(&str, CipherSuite)] = &[
    (
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ),
    (
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ),
    (
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
];

const TLS13: &[&str] = &[
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
];

/// Go calls these secure enough to list; nobody here implements CBC.
const SECURE_NEVER: &[&str] = &[
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
];

/// Go's insecure list: etcd accepts these names, the toolkit does not know them.
const INSECURE: &[&str] = &[
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
];

/// etcd's two older spellings.
const ETCD_ALIASES: &[(&str, CipherSuite)] = &[
    (
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
];

/// Reads the name of a cipher suite.
pub(crate) fn suite(dialect: Dialect, name: &str) -> Result<NamedSuite, TlsError> {
    let known = |table: &[(&str, CipherSuite)]| {
        table
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, suite)| NamedSuite::Tls12(*suite))
    };
    let etcd = dialect == Dialect::Etcd;
    if let Some(suite) = known(TLS12).or_else(|| if etcd { known(ETCD_ALIASES) } else { None }) {
        Ok(suite)
    } else if TLS13.contains(&name) {
        Ok(NamedSuite::Tls13)
    } else if SECURE_NEVER.contains(&name) || (etcd && INSECURE.contains(&name)) {
        Ok(NamedSuite::Never)
    } else {
        Err(TlsError::UnknownCipher {
            dialect,
            name: name.to_owned(),
        })
    }
}

/// Reads the toolkit's name of a curve.
pub(crate) fn curve(name: &str) -> Result<NamedGroup, TlsError> {
    match name {
        "CurveP256" => Ok(NamedGroup::secp256r1),
        "CurveP384" => Ok(NamedGroup::secp384r1),
        "CurveP521" => Ok(NamedGroup::secp521r1),
        "X25519" => Ok(NamedGroup::X25519),
        _ => Err(TlsError::UnknownCurve(name.to_owned())),
    }
}

/// Go's name of a suite: the one of the IANA list, without the `13` rustls adds.
pub(crate) fn suite_name(suite: CipherSuite) -> String {
    suite
        .as_str()
        .unwrap_or("unknown")
        .replacen("TLS13_", "TLS_", 1)
}

/// The IANA name of a group.
pub(crate) fn group_name(group: NamedGroup) -> &'static str {
    match group {
        NamedGroup::secp256r1 => "secp256r1",
        NamedGroup::secp384r1 => "secp384r1",
        NamedGroup::secp521r1 => "secp521r1",
        NamedGroup::X25519 => "x25519",
        NamedGroup::secp256r1MLKEM768 => "SecP256r1MLKEM768",
        NamedGroup::X25519MLKEM768 => "X25519MLKEM768",
        _ => "unknown",
    }
}

/// The IANA name of a signature scheme.
pub(crate) fn scheme_name(scheme: SignatureScheme) -> &'static str {
    match scheme {
        SignatureScheme::ECDSA_NISTP256_SHA256 => "ecdsa_secp256r1_sha256",
        SignatureScheme::ECDSA_NISTP384_SHA384 => "ecdsa_secp384r1_sha384",
        SignatureScheme::ECDSA_NISTP521_SHA512 => "ecdsa_secp521r1_sha512",
        SignatureScheme::ED25519 => "ed25519",
        SignatureScheme::RSA_PSS_SHA256 => "rsa_pss_rsae_sha256",
        SignatureScheme::RSA_PSS_SHA384 => "rsa_pss_rsae_sha384",
        SignatureScheme::RSA_PSS_SHA512 => "rsa_pss_rsae_sha512",
        SignatureScheme::RSA_PKCS1_SHA256 => "rsa_pkcs1_sha256",
        SignatureScheme::RSA_PKCS1_SHA384 => "rsa_pkcs1_sha384",
        SignatureScheme::RSA_PKCS1_SHA512 => "rsa_pkcs1_sha512",
        _ => "unknown",
    }
}

/// Refuses a list that HTTP/2 cannot work with, as Go's server does at its start.
///
/// # Errors
/// [`TlsError::Http2Cipher`] when `names` is not empty and holds no ECDHE AES-128-GCM suite.
///
/// Source: golang.org/x/net/http2 `ConfigureServer`.
pub fn http2_cipher_check(names: &[String]) -> Result<(), TlsError> {
    let required = |name: &String| {
        name == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
            || name == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    };
    if names.is_empty() || names.iter().any(required) {
        Ok(())
    } else {
        Err(TlsError::Http2Cipher)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Dialect, NamedSuite, curve, group_name, http2_cipher_check, scheme_name, suite, suite_name,
    };

    #[test]
    fn the_toolkit_does_not_know_gos_insecure_suites_but_etcd_does() {
        let name = "TLS_RSA_WITH_RC4_128_SHA";
        assert_eq!(suite(Dialect::Etcd, name).unwrap(), NamedSuite::Never);
        assert_eq!(
            suite(Dialect::Toolkit, name).unwrap_err().to_string(),
            format!("unknown cipher: {name}")
        );
        assert_eq!(
            suite(Dialect::Etcd, "X").unwrap_err().to_string(),
            r#"unexpected TLS cipher suite "X""#
        );
    }

    #[test]
    fn every_usable_name_is_the_name_of_its_suite() {
        for (name, id) in super::TLS12 {
            assert_eq!(suite_name(*id), *name);
            assert_eq!(
                suite(Dialect::Toolkit, name).unwrap(),
                NamedSuite::Tls12(*id)
            );
        }
        assert_eq!(
            suite(Dialect::Toolkit, "TLS_AES_128_GCM_SHA256").unwrap(),
            NamedSuite::Tls13
        );
    }

    #[test]
    fn everything_on_offer_has_a_name() {
        let offer = crate::tls::selection::full_provider(&crate::Settings::default());
        for suite in &offer.cipher_suites {
            assert_ne!(suite_name(suite.suite()), "unknown");
        }
        for group in &offer.kx_groups {
            assert_ne!(group_name(group.name()), "unknown", "{group:?}");
        }
        for (scheme, _) in offer.signature_verification_algorithms.mapping {
            assert_ne!(scheme_name(*scheme), "unknown", "{scheme:?}");
        }
    }

    #[test]
    fn an_unknown_curve_has_upstreams_text() {
        assert_eq!(
            curve("P-256").unwrap_err().to_string(),
            "unknown curve: P-256"
        );
    }

    #[test]
    fn http2_needs_an_aes_128_gcm_suite_in_a_list_that_is_given() {
        let list = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        assert!(http2_cipher_check(&[]).is_ok());
        assert!(http2_cipher_check(&list(&["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"])).is_ok());
        let error = http2_cipher_check(&list(&["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("http2: TLSConfig.CipherSuites is missing an HTTP/2-required"),
            "{error}"
        );
    }
}
