//! Why there is no token, or none that counts.

use super::Algorithm;
use crate::{policy::PolicyError, sign::SignError};

/// Why a token is not made or not believed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JwtError {
    /// No algorithm of ours; `none` among them.
    #[error("unsupported signing method")] // upstream's text (etcd)
    Method,
    /// The token names another algorithm than the key's.
    #[error("invalid signing method")] // upstream's text (etcd)
    OtherMethod,
    /// The key is of another kind than the algorithm.
    #[error("the key does not fit {0}")]
    Key(Algorithm),
    /// A shared secret of no bytes.
    #[error("the shared secret is empty")]
    EmptySecret,
    /// A shared secret below 112 bits in a fips build (POL-008).
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Not three parts of base64 around JSON, or longer than [`TOKEN_BYTES_MAX`](super::TOKEN_BYTES_MAX).
    #[error("token is malformed")] // golang-jwt's text
    Malformed,
    /// The token asks for an extension nobody here knows (`crit`).
    #[error("token is unverifiable")] // golang-jwt's text
    Unverifiable,
    /// Not signed by this key.
    #[error("token signature is invalid")] // golang-jwt's text
    Signature,
    /// A date that is no number.
    #[error("token has invalid claims")] // golang-jwt's text
    Claims,
    /// `exp` lies in the past.
    #[error("token has invalid claims: token is expired")] // golang-jwt's text
    Expired,
    /// `nbf` lies in the future.
    #[error("token has invalid claims: token is not valid yet")] // golang-jwt's text
    NotYetValid,
    /// The key did not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
}
