//! Why a request is refused, and why stored users cannot be read.

use crypto::{jwt::JwtError, password::PasswordHashError};
use etcd_api::Error;

/// Why a request is refused.
///
/// Clients see the code and the text of [`AuthError::Known`]; all others go out as `Unknown` with their text.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AuthError {
    /// An error clients know.
    #[error(transparent)]
    Known(#[from] Error),
    /// The user logs in with a certificate only, or the hash in the request is not base64.
    #[error("auth: authentication failed, password was given for no password user")]
    // upstream's text
    NoPasswordUser,
    /// The member has a public key only.
    #[error("auth: token signing attempted with verify-only key")] // upstream's text
    VerifyOnly,
    /// The password cannot be hashed.
    #[error(transparent)]
    Password(#[from] PasswordHashError),
    /// The token cannot be signed.
    #[error(transparent)]
    Sign(#[from] JwtError),
    /// An entry written before etcd 3.5 holds a password itself; hashing it would give every member another hash.
    #[error("auth: the log holds a password that is not hashed")]
    PlainPassword,
}

/// Why stored users cannot be read. The store is damaged, or written by something else.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] etcd_backend::ReadError),
    /// A user is not what is stored for users.
    #[error("decode user {name:?}")]
    User {
        /// The name it is stored under.
        name: String,
        /// What is wrong.
        #[source]
        source: prost::DecodeError,
    },
    /// A role is not what is stored for roles.
    #[error("decode role {name:?}")]
    Role {
        /// The name it is stored under.
        name: String,
        /// What is wrong.
        #[source]
        source: prost::DecodeError,
    },
    /// A user or a role has a name that is no text.
    #[error("the name {0:?} is not UTF-8")]
    Name(Vec<u8>),
    /// The auth revision is not eight bytes.
    #[error("the stored auth revision has {0} bytes, not 8")]
    Revision(usize),
}
