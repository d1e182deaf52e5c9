//! Passwords, away from the engine: these take tens of milliseconds each, on a blocking pool, before anything is proposed.
//!
//! Source: etcd server/auth/store.go `CheckPassword`; server/etcdserver/v3_server.go `UserAdd`, `UserChangePassword`.

use base64::{
    Engine as _, alphabet,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use crypto::password;
use etcd_api::{
    Error,
    etcdserverpb::{AuthUserAddRequest, AuthUserChangePasswordRequest},
};
use tracing::info;

use crate::AuthError;

/// A password that is to be compared with that of a user. Made by [`AuthStore::login`](crate::AuthStore::login).
pub struct PasswordCheck {
    pub(crate) username: String,
    pub(crate) hash: Bytes,
    pub(crate) revision: u64,
}

impl PasswordCheck {
    /// Compares, and returns the auth revision at which the hash was the user's. When it is no longer the store's after
    /// the token was assigned, the check must be made again.
    ///
    /// # Errors
    /// [`Error::AuthFailed`], whatever is wrong.
    pub fn verify(self, password: &str) -> Result<u64, AuthError> {
        let hash = std::str::from_utf8(&self.hash).unwrap_or_default();
        match password::verify(hash, password.as_bytes()) {
            Ok(true) => Ok(self.revision),
            Ok(false) | Err(_) => {
                info!("user-name" = self.username, "invalid password"); // upstream's text
                Err(Error::AuthFailed.into())
            }
        }
    }
}

impl std::fmt::Debug for PasswordCheck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PasswordCheck({:?}, ***)", self.username)
    }
}

/// Puts the hash of the password in its place, before the request becomes an entry.
///
/// # Errors
/// [`AuthError::Password`].
pub fn hash_new_user(request: &mut AuthUserAddRequest, bcrypt_cost: u32) -> Result<(), AuthError> {
    let no_password = request
        .options
        .as_ref()
        .is_some_and(|options| options.no_password);
    if no_password {
        // Upstream leaves a password that counts for nothing in the entry; ours never writes one.
        request.password.clear();
        return Ok(());
    }
    request.hashed_password = hash(&request.password, bcrypt_cost)?;
    request.password.clear();
    Ok(())
}

/// As [`hash_new_user`], for a password that changes. An empty password leaves what the request says of the hash.
///
/// # Errors
/// [`AuthError::Password`].
pub fn hash_changed_password(
    request: &mut AuthUserChangePasswordRequest,
    bcrypt_cost: u32,
) -> Result<(), AuthError> {
    if !request.password.is_empty() {
        request.hashed_password = hash(&request.password, bcrypt_cost)?;
        request.password.clear();
    }
    Ok(())
}

fn hash(password: &str, cost: u32) -> Result<String, AuthError> {
    let hash = password::hash(password.as_bytes(), cost)?;
    Ok(STANDARD.encode(hash))
}

/// Reads the hash of an entry.
pub(crate) fn of_entry(password: &str, hashed: &str) -> Result<Bytes, AuthError> {
    if !password.is_empty() && hashed.is_empty() {
        return Err(AuthError::PlainPassword);
    }
    let hashed = hashed.replace(['\r', '\n'], "");
    let hash = STANDARD.decode(hashed);
    hash.map(Bytes::from).map_err(|_| AuthError::NoPasswordUser)
}

/// As Go decodes, who minds neither line ends nor stray bits: every member must read an entry alike.
const STANDARD: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);
