//! Why there is no key, or no signature.

use super::Scheme;
use crate::{
    policy::{PolicyError, Refused, Unsupported},
    provider::sign::LoadKeyError,
};

/// Why bytes are no private key, or none can be made. The texts are Go's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// The PEM text does not hold a key; Go's text says what was found instead.
    #[error("{0}")]
    Pem(String),
    /// The key does not parse in any container, or its numbers do not fit each other.
    #[error("tls: failed to parse private key")] // Go's text
    Malformed,
    /// The key is one that cannot sign, such as X25519.
    #[error("tls: found unknown private key type in PKCS#8 wrapping")] // Go's text
    Purpose,
    /// A key too small or of a kind the policy refuses (POL-002, POL-003).
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A key of a kind the provider cannot use.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
}

/// Why nothing is signed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SignError {
    /// The scheme belongs to another kind of key, or to another curve.
    #[error("the key does not sign with {0}")]
    Scheme(Scheme),
    /// The module failed.
    #[error("the crypto module did not sign the message")]
    Module,
}

impl From<LoadKeyError> for KeyError {
    fn from(error: LoadKeyError) -> Self {
        match error {
            LoadKeyError::Refused(Refused::Policy(error)) => error.into(),
            LoadKeyError::Refused(Refused::Unsupported(error)) => error.into(),
            LoadKeyError::Inconsistent => Self::Malformed,
        }
    }
}
