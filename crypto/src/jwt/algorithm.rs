//! The algorithms of tokens (RFC 7518 section 3, RFC 8037).

use std::{fmt, str::FromStr};

use super::JwtError;
use crate::{
    hmac,
    sign::{Curve, Hash, Scheme},
};

/// How a token is signed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Algorithm {
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// RSA PKCS#1 v1.5 with SHA-384.
    Rs384,
    /// RSA PKCS#1 v1.5 with SHA-512.
    Rs512,
    /// RSA-PSS with SHA-256.
    Ps256,
    /// RSA-PSS with SHA-384.
    Ps384,
    /// RSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512. ring has none.
    Es512,
    /// Ed25519.
    EdDsa,
    /// HMAC-SHA-256.
    Hs256,
    /// HMAC-SHA-384.
    Hs384,
    /// HMAC-SHA-512.
    Hs512,
}

impl Algorithm {
    /// The name in tokens and configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// The signature scheme; `None` for shared secrets.
    #[must_use]
    pub fn scheme(self) -> Option<Scheme> {
        Some(match self {
            Self::Rs256 => Scheme::RsaPkcs1(Hash::Sha256),
            Self::Rs384 => Scheme::RsaPkcs1(Hash::Sha384),
            Self::Rs512 => Scheme::RsaPkcs1(Hash::Sha512),
            Self::Ps256 => Scheme::RsaPss(Hash::Sha256),
            Self::Ps384 => Scheme::RsaPss(Hash::Sha384),
            Self::Ps512 => Scheme::RsaPss(Hash::Sha512),
            Self::Es256 => Scheme::Ecdsa(Curve::P256, Hash::Sha256),
            Self::Es384 => Scheme::Ecdsa(Curve::P384, Hash::Sha384),
            Self::Es512 => Scheme::Ecdsa(Curve::P521, Hash::Sha512),
            Self::EdDsa => Scheme::Ed25519,
            Self::Hs256 | Self::Hs384 | Self::Hs512 => return None,
        })
    }

    /// The digest under a shared secret; `None` for key pairs.
    pub(super) fn hmac(self) -> Option<hmac::Algorithm> {
        match self {
            Self::Hs256 => Some(hmac::Algorithm::Sha256),
            Self::Hs384 => Some(hmac::Algorithm::Sha384),
            Self::Hs512 => Some(hmac::Algorithm::Sha512),
            _ => None,
        }
    }

    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads a name, which is case-sensitive.
///
/// # Errors
/// [`JwtError::Method`] for every other text, `none` among them.
impl FromStr for Algorithm {
    type Err = JwtError;

    fn from_str(name: &str) -> Result<Self, JwtError> {
        let found = Self::ALL.into_iter().find(|known| known.name() == name);
        found.ok_or(JwtError::Method)
    }
}
