//! Public keys, and the signatures they verify.

use std::fmt;

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls_pki_types::{AlgorithmIdentifier, alg_id};

use crate::{
    pki::{
        certificate::{Certificate, SubjectKey},
        encode,
        key::{curve_of, rsa_public_bits},
        pem,
    },
    policy::{self, PolicyError, Unsupported},
    provider::{sign::refuse_ed25519_if_strict, verify::SUPPORTED},
    settings::Mode,
    sign::{Curve, Scheme, fixed, no_p521},
};

/// Why bytes are no usable public key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PublicKeyError {
    /// No PEM block.
    #[error("invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key")] // golang-jwt's text
    Pem,
    /// No public key in any container.
    #[error("x509: malformed public key")]
    Malformed,
    /// A key of a kind this house does not know, such as DSA.
    #[error("x509: unknown public key algorithm")] // Go's text
    UnknownAlgorithm,
    /// A key too small or on a curve the policy refuses (POL-002, POL-003).
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A key of a kind the provider cannot use.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
}

/// Why a signature does not count.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VerifyError {
    /// The provider does not verify this scheme.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
    /// The scheme belongs to another kind of key, or to another curve.
    #[error("the key does not verify {0}")]
    Scheme(Scheme),
    /// Not the signature of this message by this key. Nothing more is said.
    #[error("the signature does not verify")]
    Signature,
}

/// A public key.
#[derive(Clone, Eq, PartialEq)]
pub struct PublicKey {
    kind: Kind,
    key: SubjectKey,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Rsa { bits: usize },
    Ecdsa(Curve),
    Ed25519,
}

impl PublicKey {
    /// Takes DER as certificates hold it (`SubjectPublicKeyInfo`).
    ///
    /// # Errors
    /// [`PublicKeyError`].
    pub fn from_spki(der: &[u8]) -> Result<Self, PublicKeyError> {
        Self::from_spki_for_mode(Mode::current(), der)
    }

    fn from_spki_for_mode(mode: Mode, der: &[u8]) -> Result<Self, PublicKeyError> {
        let key = SubjectKey::parse(der).map_err(|_| PublicKeyError::Malformed)?;
        Self::new(mode, key)
    }

    /// Takes the first block of `text`: a public key (`SubjectPublicKeyInfo` or PKCS#1), or that of a certificate.
    ///
    /// # Errors
    /// [`PublicKeyError`].
    ///
    /// Source: golang-jwt `ParseRSAPublicKeyFromPEM`, `ParseECPublicKeyFromPEM`.
    pub fn from_pem(text: &[u8]) -> Result<Self, PublicKeyError> {
        let block = pem::blocks(text).into_iter().next();
        let der = block.ok_or(PublicKeyError::Pem)?.bytes;
        let mode = Mode::current();
        if let Ok(key) = SubjectKey::parse(&der) {
            return Self::new(mode, key);
        }
        if let Ok(certificate) = Certificate::parse(&der) {
            return Self::new(mode, certificate.key);
        }
        if rsa_public_bits(&der).is_none() {
            return Err(PublicKeyError::Malformed);
        }
        let algorithm = alg_id::RSA_ENCRYPTION.as_ref().to_vec();
        Self::new(
            mode,
            SubjectKey {
                algorithm,
                bits: der,
            },
        )
    }

    /// The public half of a key that is loaded already.
    pub(crate) fn own(spki: &[u8]) -> Self {
        let key = SubjectKey::parse(spki).expect("written by us");
        let kind = Kind::of(&key).expect("written by us").0;
        Self { kind, key }
    }

    fn new(mode: Mode, key: SubjectKey) -> Result<Self, PublicKeyError> {
        let Some((kind, is_well_formed)) = Kind::of(&key) else {
            return Err(match curve_of(&key.algorithm) {
                Some(oid) => {
                    policy::curve_not_listed(mode, "a public key", &oid.to_string()).into()
                }
                None => PublicKeyError::UnknownAlgorithm,
            });
        };
        if !is_well_formed {
            return Err(PublicKeyError::Malformed);
        }
        match kind {
            Kind::Rsa { bits } if bits < policy::RSA_BITS_MIN => {
                return Err(policy::rsa_too_small(mode, "a public key", bits).into());
            }
            Kind::Rsa { bits } if bits > RSA_BITS_MAX => {
                let what = format!("verifying with an RSA key of {bits} bits");
                return Err(Unsupported::new(what, "use RSA 2048 to 4096, or ECDSA").into());
            }
            Kind::Ecdsa(Curve::P521) if cfg!(feature = "ring") => return Err(no_p521().into()),
            Kind::Ed25519 => refuse_ed25519_if_strict(mode)?,
            Kind::Rsa { .. } | Kind::Ecdsa(_) => {}
        }
        Ok(Self { kind, key })
    }

    /// Checks that `signature` is this key's over `message`; ECDSA signatures are DER.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify(
        &self,
        scheme: Scheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let (key_id, signature_id) = scheme.ids();
        if !self.fits(scheme) {
            return Err(VerifyError::Scheme(scheme));
        }
        let WebPkiSupportedAlgorithms { all, .. } = SUPPORTED;
        let algorithm = all.iter().find(|algorithm| {
            algorithm.public_key_alg_id() == key_id && algorithm.signature_alg_id() == signature_id
        });
        let algorithm = algorithm
            .ok_or_else(|| Unsupported::new(scheme.to_string(), "build with aws-lc or fips"))?;
        algorithm
            .verify_signature(&self.key.bits, message, signature)
            .map_err(|_| VerifyError::Signature)
    }

    /// As [`PublicKey::verify`], but an ECDSA signature is two numbers of the curve's length side by side, as JWS has
    /// it.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify_fixed(
        &self,
        scheme: Scheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        match scheme {
            Scheme::Ecdsa(curve, _) => {
                let signature = fixed::to_der(curve, signature).ok_or(VerifyError::Signature)?;
                self.verify(scheme, message, &signature)
            }
            _ => self.verify(scheme, message, signature),
        }
    }

    /// DER as certificates hold it (`SubjectPublicKeyInfo`).
    #[must_use]
    pub fn spki_der(&self) -> Vec<u8> {
        let algorithm = encode::sequence(&self.key.algorithm);
        encode::sequence(&[algorithm, encode::bit_string(&self.key.bits)].concat())
    }

    /// The curve of an ECDSA key.
    #[must_use]
    pub fn curve(&self) -> Option<Curve> {
        match self.kind {
            Kind::Ecdsa(curve) => Some(curve),
            _ => None,
        }
    }

    /// Says whether signatures of `scheme` can be this key's.
    pub(crate) fn fits(&self, scheme: Scheme) -> bool {
        self.key.algorithm == scheme.ids().0.as_ref()
    }

    /// The bare key: a point, an `RSAPublicKey`, or Ed25519's 32 bytes.
    pub(crate) fn bits(&self) -> &[u8] {
        &self.key.bits
    }
}

impl Kind {
    /// The kind, and whether the key has its form; `None` for kinds unknown here. Points are uncompressed, as in Go.
    fn of(key: &SubjectKey) -> Option<(Self, bool)> {
        let is = |id: AlgorithmIdentifier| key.algorithm == id.as_ref();
        if is(alg_id::RSA_ENCRYPTION) {
            let bits = rsa_public_bits(&key.bits);
            return Some((
                Self::Rsa {
                    bits: bits.unwrap_or(0),
                },
                bits.is_some(),
            ));
        }
        if is(alg_id::ED25519) {
            return Some((Self::Ed25519, key.bits.len() == 32));
        }
        let curve = Curve::ALL.into_iter().find(|curve| is(curve.key_id()))?;
        let is_point = key.bits.len() == 1 + 2 * curve.scalar_bytes() && key.bits[0] == 4;
        Some((Self::Ecdsa(curve), is_point))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({:?})", self.kind)
    }
}

/// Largest RSA key a signature is verified with, in bits: what every provider takes, and a bound on the time it takes.
const RSA_BITS_MAX: usize = 8192;

#[cfg(test)]
mod tests;
