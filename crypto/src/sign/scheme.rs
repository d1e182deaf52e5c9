//! The ways to sign this house knows, and their names.

use std::{fmt, str::FromStr};

use rustls::SignatureScheme;
use rustls_pki_types::{AlgorithmIdentifier, alg_id};

use crate::{
    policy::{self, PolicyCode, Refused, Unsupported},
    provider::verify::Curve,
    settings::Mode,
};

/// The digest inside a signature.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// How a message is signed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Scheme {
    /// RSA PKCS#1 v1.5.
    RsaPkcs1(Hash),
    /// RSA-PSS: the mask is made with the same digest, the salt is as long as the digest.
    RsaPss(Hash),
    /// ECDSA. Keys sign with the digest of their curve's strength only; verification takes others too.
    Ecdsa(Curve, Hash),
    /// Ed25519.
    Ed25519,
}

impl Scheme {
    /// The scheme for rustls; `None` where TLS has none (a curve with another's digest).
    pub(crate) fn tls(self) -> Option<SignatureScheme> {
        Some(match self {
            Self::RsaPkcs1(Hash::Sha256) => SignatureScheme::RSA_PKCS1_SHA256,
            Self::RsaPkcs1(Hash::Sha384) => SignatureScheme::RSA_PKCS1_SHA384,
            Self::RsaPkcs1(Hash::Sha512) => SignatureScheme::RSA_PKCS1_SHA512,
            Self::RsaPss(Hash::Sha256) => SignatureScheme::RSA_PSS_SHA256,
            Self::RsaPss(Hash::Sha384) => SignatureScheme::RSA_PSS_SHA384,
            Self::RsaPss(Hash::Sha512) => SignatureScheme::RSA_PSS_SHA512,
            Self::Ecdsa(Curve::P256, Hash::Sha256) => SignatureScheme::ECDSA_NISTP256_SHA256,
            Self::Ecdsa(Curve::P384, Hash::Sha384) => SignatureScheme::ECDSA_NISTP384_SHA384,
            Self::Ecdsa(Curve::P521, Hash::Sha512) => SignatureScheme::ECDSA_NISTP521_SHA512,
            Self::Ecdsa(..) => return None,
            Self::Ed25519 => SignatureScheme::ED25519,
        })
    }

    /// The identifier of keys and that of signatures, as X.509 has them.
    pub(crate) fn ids(self) -> (AlgorithmIdentifier, AlgorithmIdentifier) {
        match self {
            Self::RsaPkcs1(hash) => {
                let signature = match hash {
                    Hash::Sha256 => alg_id::RSA_PKCS1_SHA256,
                    Hash::Sha384 => alg_id::RSA_PKCS1_SHA384,
                    Hash::Sha512 => alg_id::RSA_PKCS1_SHA512,
                };
                (alg_id::RSA_ENCRYPTION, signature)
            }
            Self::RsaPss(hash) => {
                let signature = match hash {
                    Hash::Sha256 => alg_id::RSA_PSS_SHA256,
                    Hash::Sha384 => alg_id::RSA_PSS_SHA384,
                    Hash::Sha512 => alg_id::RSA_PSS_SHA512,
                };
                (alg_id::RSA_ENCRYPTION, signature)
            }
            Self::Ecdsa(curve, hash) => {
                let signature = match hash {
                    Hash::Sha256 => alg_id::ECDSA_SHA256,
                    Hash::Sha384 => alg_id::ECDSA_SHA384,
                    Hash::Sha512 => alg_id::ECDSA_SHA512,
                };
                (curve.key_id(), signature)
            }
            Self::Ed25519 => (alg_id::ED25519, alg_id::ED25519),
        }
    }
}

/// The name TLS has for it, or one made in its manner: `rsa_pss_sha256`, `ecdsa_secp384r1_sha384`, `ed25519`.
impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaPkcs1(hash) => write!(f, "rsa_pkcs1_{hash}"),
            Self::RsaPss(hash) => write!(f, "rsa_pss_{hash}"),
            Self::Ecdsa(curve, hash) => write!(f, "ecdsa_{}_{hash}", curve_name(*curve)),
            Self::Ed25519 => f.write_str("ed25519"),
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        })
    }
}

fn curve_name(curve: Curve) -> &'static str {
    match curve {
        Curve::P256 => "secp256r1",
        Curve::P384 => "secp384r1",
        Curve::P521 => "secp521r1",
    }
}

/// Reads what [`Display`](fmt::Display) writes, with `rsa_pss_rsae_` for `rsa_pss_` as TLS has it.
///
/// # Errors
/// POL-002 for SHA-1, MD5 and the curve secp256k1, in any signature; [`Unsupported`] for P-521 where the provider has
/// none, and for every other name.
impl FromStr for Scheme {
    type Err = Refused;

    fn from_str(name: &str) -> Result<Self, Refused> {
        let plain = name
            .to_ascii_lowercase()
            .replace("rsa_pss_rsae_", "rsa_pss_");
        let found = ALL.iter().find(|scheme| scheme.to_string() == plain);
        match found {
            Some(Self::Ecdsa(Curve::P521, _)) if cfg!(feature = "ring") => Err(no_p521().into()),
            Some(scheme) => Ok(*scheme),
            None if REFUSED.iter().any(|part| plain.contains(part)) => Err(policy::refuse(
                Mode::current(),
                PolicyCode::Signature,
                format!("signature algorithm {name}"),
                "its strength is below 112 bits, or its curve is not on the list",
                "RSA or ECDSA with SHA-256, SHA-384 or SHA-512",
            )
            .into()),
            None => {
                let what = format!("signature algorithm {name:?}");
                let advice = "use RSA or ECDSA with SHA-256, SHA-384 or SHA-512, or Ed25519";
                Err(Unsupported::new(what, advice).into())
            }
        }
    }
}

/// What no signature may contain.
const REFUSED: &[&str] = &["_sha1", "_md5", "secp256k1", "secp192", "secp224"];

pub(crate) fn no_p521() -> Unsupported {
    Unsupported::new(Curve::P521.name(), "build with aws-lc or fips")
}

pub(super) const ALL: &[Scheme] = {
    use Hash::{Sha256, Sha384, Sha512};
    use Scheme::{Ecdsa, Ed25519, RsaPkcs1, RsaPss};
    &[
        RsaPkcs1(Sha256),
        RsaPkcs1(Sha384),
        RsaPkcs1(Sha512),
        RsaPss(Sha256),
        RsaPss(Sha384),
        RsaPss(Sha512),
        Ecdsa(Curve::P256, Sha256),
        Ecdsa(Curve::P256, Sha384),
        Ecdsa(Curve::P256, Sha512),
        Ecdsa(Curve::P384, Sha256),
        Ecdsa(Curve::P384, Sha384),
        Ecdsa(Curve::P384, Sha512),
        Ecdsa(Curve::P521, Sha256),
        Ecdsa(Curve::P521, Sha384),
        Ecdsa(Curve::P521, Sha512),
        Ed25519,
    ]
};

#[cfg(test)]
mod tests {
    use super::{ALL, Hash, Scheme, no_p521};
    use crate::{policy::Refused, provider::verify::Curve};

    #[test]
    fn every_scheme_is_found_by_its_own_name() {
        for scheme in ALL {
            let found = scheme.to_string().parse::<Scheme>();
            match scheme {
                Scheme::Ecdsa(Curve::P521, _) if cfg!(feature = "ring") => {
                    assert_eq!(found, Err(no_p521().into()));
                }
                _ => assert_eq!(found, Ok(*scheme)),
            }
        }
        let tls_name = "rsa_pss_rsae_sha256".parse();
        assert_eq!(tls_name, Ok(Scheme::RsaPss(Hash::Sha256)));
    }

    #[test]
    fn weak_signatures_are_refused_by_rule_and_unknown_names_are_not() {
        for name in [
            "rsa_pkcs1_sha1",
            "ecdsa_sha1",
            "rsa_pkcs1_md5",
            "ecdsa_secp256k1_sha256",
        ] {
            let refused = name.parse::<Scheme>().unwrap_err();
            assert!(
                refused.to_string().starts_with("crypto policy POL-002 ("),
                "{refused}"
            );
        }
        for name in [
            "ed448",
            "ecdsa_secp256r1_sha3_256",
            "rsa_pkcs1_sha224",
            "dsa_sha256",
            "",
        ] {
            let refused = name.parse::<Scheme>();
            assert!(matches!(refused, Err(Refused::Unsupported(_))), "{name}");
        }
    }
}
