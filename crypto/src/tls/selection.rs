//! From configured lists to what is offered: versions, suites and groups.
//!
//! Names Go does not know are errors. Names Go knows and we cannot or may not offer are dropped with one warning, as
//! long as something usable is left.

use std::sync::{Arc, OnceLock};

use rustls::{
    CipherSuite, NamedGroup, SupportedCipherSuite, SupportedProtocolVersion,
    crypto::{CryptoProvider, SupportedKxGroup, WebPkiSupportedAlgorithms},
    version::{TLS12, TLS13},
};

use crate::{
    policy::{self, PolicyCode, Unsupported},
    provider::{Keys, Random, kx, suites, verify},
    settings::{Mode, Settings},
    tls::{
        Dialect, TlsError, Version,
        names::{self, NamedSuite},
    },
};

/// What an operator wrote.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wishes {
    pub(crate) dialect: Dialect,
    pub(crate) min: Option<Version>,
    pub(crate) max: Option<Version>,
    pub(crate) cipher_suites: Vec<String>,
    pub(crate) curves: Vec<String>,
}

/// What is offered.
pub(crate) struct Selection {
    pub(crate) provider: Arc<CryptoProvider>,
    pub(crate) versions: Vec<&'static SupportedProtocolVersion>,
    pub(crate) warnings: Vec<String>,
}

/// The provider with everything the settings allow.
pub(crate) fn full_provider(settings: &Settings) -> CryptoProvider {
    let mode = settings.mode();
    CryptoProvider {
        cipher_suites: suites::ALL
            .iter()
            .filter(|suite| suite_is_allowed(mode, suite.suite()))
            .copied()
            .collect(),
        kx_groups: allowed_groups(settings).collect(),
        signature_verification_algorithms: signature_algorithms(mode),
        secure_random: &Random,
        key_provider: &Keys,
    }
}

/// Turns wishes into an offer.
pub(crate) fn select(settings: &Settings, wishes: &Wishes) -> Result<Selection, TlsError> {
    let mut warnings = Vec::new();
    let (min, max) = version_range(settings.mode(), wishes, &mut warnings)?;
    let mut provider = full_provider(settings);
    if !wishes.cipher_suites.is_empty() {
        provider.cipher_suites = choose_suites(
            settings.mode(),
            wishes,
            provider.cipher_suites,
            &mut warnings,
        )?;
    }
    if !wishes.curves.is_empty() {
        provider.kx_groups = choose_groups(settings, &wishes.curves, &mut warnings)?;
    }
    let has_tls12 = provider
        .cipher_suites
        .iter()
        .any(|suite| suite.tls13().is_none());
    if max == Version::Tls12 && !has_tls12 {
        return Err(no_suite(settings.mode()).into());
    }
    let mut versions = Vec::new();
    if max == Version::Tls13 {
        versions.push(&TLS13);
    }
    if min == Version::Tls12 && has_tls12 {
        versions.push(&TLS12);
    }
    Ok(Selection {
        provider: Arc::new(provider),
        versions,
        warnings,
    })
}

fn no_suite(mode: Mode) -> policy::PolicyError {
    let why = "no usable TLS 1.2 cipher suite is left and TLS 1.3 is off";
    policy::refuse(
        mode,
        PolicyCode::NoCipherSuite,
        "this cipher_suites list",
        why,
        "ECDHE suites with AES-GCM",
    )
}

fn version_range(
    mode: Mode,
    wishes: &Wishes,
    warnings: &mut Vec<String>,
) -> Result<(Version, Version), TlsError> {
    let dialect = wishes.dialect;
    let max = wishes.max.unwrap_or(Version::Tls13);
    if max < Version::Tls12 {
        let what = format!("maximum TLS version {}", max.name(dialect));
        let why = "TLS 1.0 and 1.1 are broken";
        return Err(policy::refuse(mode, PolicyCode::Version, what, why, "TLS 1.2 or 1.3").into());
    }
    let written = wishes.min.unwrap_or(Version::Tls12);
    let min = written.max(Version::Tls12);
    if written < min {
        warnings.push(format!(
            "minimum TLS version {} raised to {}: TLS 1.0 and 1.1 are never offered",
            written.name(dialect),
            min.name(dialect)
        ));
    }
    if min > max {
        return Err(TlsError::VersionOrder {
            min: min.name(dialect),
            max: max.name(dialect),
        });
    }
    if dialect == Dialect::Etcd && min == Version::Tls13 && !wishes.cipher_suites.is_empty() {
        return Err(TlsError::SuitesWithoutTls12);
    }
    Ok((min, max))
}

/// TLS 1.3 suites stay whatever the list says, as in Go; the order is ours, as in Go.
fn choose_suites(
    mode: Mode,
    wishes: &Wishes,
    all: Vec<SupportedCipherSuite>,
    warnings: &mut Vec<String>,
) -> Result<Vec<SupportedCipherSuite>, TlsError> {
    let (mut wanted, mut never, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for name in &wishes.cipher_suites {
        match names::suite(wishes.dialect, name)? {
            NamedSuite::Tls13 => {}
            NamedSuite::Never => never.push(name.as_str()),
            NamedSuite::Tls12(suite) if suite_is_allowed(mode, suite) => wanted.push(suite),
            NamedSuite::Tls12(_) => refused.push(name.as_str()),
        }
    }
    if !never.is_empty() {
        warnings.push(format!(
            "cipher suites dropped: {}: CBC, RC4, 3DES and RSA key transport are never offered",
            never.join(", ")
        ));
    }
    if !refused.is_empty() {
        let what = format!("cipher suite {}", refused.join(", "));
        let why = "ChaCha20-Poly1305 is not approved";
        let error = policy::refuse(mode, PolicyCode::Cipher, what, why, "the AES-GCM suites");
        warnings.push(format!("cipher suites dropped: {error}"));
    }
    let stays =
        |suite: &SupportedCipherSuite| suite.tls13().is_some() || wanted.contains(&suite.suite());
    Ok(all.into_iter().filter(stays).collect())
}

fn choose_groups(
    settings: &Settings,
    curves: &[String],
    warnings: &mut Vec<String>,
) -> Result<Vec<&'static dyn SupportedKxGroup>, TlsError> {
    let mode = settings.mode();
    let mut wanted = Vec::new();
    for name in curves {
        let group = names::curve(name)?;
        if allowed_groups(settings).any(|allowed| allowed.name() == group) {
            wanted.push(group);
        } else if kx::all().any(|known| known.name() == group) {
            let why = "X25519 alone is not in SP 800-56A";
            let what = format!("curve {name}");
            let error = policy::refuse(
                mode,
                PolicyCode::Signature,
                what,
                why,
                "CurveP256, CurveP384 or CurveP521",
            );
            warnings.push(format!("curve dropped: {error}"));
        } else {
            let error = Unsupported::new(format!("curve {name}"), "build with aws-lc or fips");
            warnings.push(format!("curve dropped: {error}"));
        }
    }
    let groups: Vec<_> = allowed_groups(settings)
        .filter(|group| wanted.contains(&group.name()))
        .collect();
    if groups.is_empty() {
        let why = "no usable curve is left";
        let alternatives = "CurveP256 or CurveP384";
        return Err(policy::refuse(
            mode,
            PolicyCode::NoGroup,
            "this curve_preferences list",
            why,
            alternatives,
        )
        .into());
    }
    Ok(groups)
}

fn suite_is_allowed(mode: Mode, suite: CipherSuite) -> bool {
    let chacha = matches!(
        suite,
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256
            | CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
            | CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
    );
    !(chacha && mode.is_fips())
}

/// The groups of the mode that the provider has, best first.
fn allowed_groups(settings: &Settings) -> impl Iterator<Item = &'static dyn SupportedKxGroup> {
    let preference: &[NamedGroup] = if settings.mode().is_fips() {
        &[
            NamedGroup::secp256r1MLKEM768,
            NamedGroup::X25519MLKEM768,
            NamedGroup::secp256r1,
            NamedGroup::secp384r1,
            NamedGroup::secp521r1,
        ]
    } else {
        &[
            NamedGroup::X25519MLKEM768,
            NamedGroup::X25519,
            NamedGroup::secp256r1,
            NamedGroup::secp384r1,
            NamedGroup::secp521r1,
        ]
    };
    let hybrids = settings.post_quantum;
    preference
        .iter()
        .filter(move |name| {
            hybrids
                || !matches!(
                    **name,
                    NamedGroup::secp256r1MLKEM768 | NamedGroup::X25519MLKEM768
                )
        })
        .filter_map(|name| kx::all().find(|group| group.name() == *name))
}

/// What is accepted of peers; the strict policy takes Ed25519 out.
pub(crate) fn signature_algorithms(mode: Mode) -> WebPkiSupportedAlgorithms {
    static STRICT: OnceLock<WebPkiSupportedAlgorithms> = OnceLock::new();

    if mode != Mode::FipsStrict {
        return verify::SUPPORTED;
    }
    *STRICT.get_or_init(|| {
        let ed25519 = rustls_pki_types::alg_id::ED25519;
        let all: Vec<_> = verify::SUPPORTED
            .all
            .iter()
            .copied()
            .filter(|one| one.public_key_alg_id() != ed25519)
            .collect();
        let mapping: Vec<_> = verify::SUPPORTED
            .mapping
            .iter()
            .copied()
            .filter(|(scheme, _)| *scheme != rustls::SignatureScheme::ED25519)
            .collect();
        // Made once a process, and rustls wants it for ever.
        WebPkiSupportedAlgorithms {
            all: all.leak(),
            mapping: mapping.leak(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{full_provider, signature_algorithms};
    use crate::settings::{Mode, Settings};

    #[test]
    fn the_strict_policy_takes_ed25519_out_and_nothing_else() {
        let (all, strict) = (
            signature_algorithms(Mode::Fips),
            signature_algorithms(Mode::FipsStrict),
        );
        assert_eq!(all.all.len(), strict.all.len() + 1);
        assert_eq!(all.mapping.len(), strict.mapping.len() + 1);
        assert!(
            strict
                .mapping
                .iter()
                .all(|(scheme, _)| *scheme != rustls::SignatureScheme::ED25519)
        );
    }

    #[test]
    fn a_fips_build_offers_approved_parts_only() {
        let offer = full_provider(&Settings::default());
        assert_eq!(offer.fips(), cfg!(feature = "fips"));
        assert!(!offer.cipher_suites.is_empty() && !offer.kx_groups.is_empty());
    }
}
