//! Password hashes: bcrypt, as configuration files and etcd's users have it, and PBKDF2, which every build and policy
//! allows.
//!
//! Hashing takes tens of milliseconds and more by design: run it on a blocking pool. bcrypt is listed in the report
//! once used, and the strict policy refuses it (POL-009).

mod bcrypt;
mod pbkdf2;

use crate::{kdf::KdfError, policy::PolicyError, random::RandomError, settings::Mode};

pub(crate) use self::bcrypt::was_used as bcrypt_was_used;

/// Why a text is not a usable password hash, or none is made. The bcrypt texts are those of
/// golang.org/x/crypto/bcrypt.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PasswordHashError {
    /// Shorter than any bcrypt hash.
    #[error("crypto/bcrypt: hashedSecret too short to be a bcrypted password")] // Go's text
    TooShort,
    /// Does not start with `$`.
    #[error(
        "crypto/bcrypt: bcrypt hashes must start with '$', but hashedSecret started with '{0}'"
    )] // Go's text
    Prefix(char),
    /// A version after 2.
    #[error(
        "crypto/bcrypt: bcrypt algorithm version '{0}' requested is newer than current version '2'"
    )] // Go's text
    VersionTooNew(char),
    /// Two characters that are not a number where the cost stands.
    #[error("strconv.Atoi: parsing {0:?}: invalid syntax")] // Go's text
    CostSyntax(String),
    /// A cost bcrypt does not have.
    #[error("crypto/bcrypt: cost {0} is outside allowed inclusive range 4..31")] // Go's text
    CostRange(i32),
    /// The salt is not bcrypt's base64.
    #[error("illegal base64 data at input byte {0}")] // Go's text
    Salt(usize),
    /// bcrypt would hash only a part of the password.
    #[error("bcrypt: password length exceeds 72 bytes")] // Go's text
    PasswordTooLong,
    /// Starts with `$pbkdf2-sha256$` and does not go on as such a hash.
    #[error("malformed $pbkdf2-sha256$ hash: {0}")]
    Pbkdf2(&'static str),
    /// The strict policy allows no bcrypt, and a fips build no weak PBKDF2 (POL-009).
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// No salt could be drawn.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Checks that a configured hash can be used, without a password: its form, its parameters and the policy.
///
/// # Errors
/// [`PasswordHashError`]; for a text that is no `$pbkdf2-sha256$` hash, what Go says of it as a bcrypt hash.
pub fn check(hash: &str) -> Result<(), PasswordHashError> {
    check_for_mode(Mode::current(), hash)
}

fn check_for_mode(mode: Mode, hash: &str) -> Result<(), PasswordHashError> {
    if hash.starts_with(pbkdf2::PREFIX) {
        pbkdf2::check(mode, hash)
    } else {
        bcrypt::check(mode, hash).map(|_| ())
    }
}

/// Says whether `password` has the hash `hash`: bcrypt (`$2a$`, `$2b$`, `$2x$`, `$2y$`), of which only the first 72
/// bytes count, or `$pbkdf2-sha256$`.
///
/// # Errors
/// As [`check`]; [`PasswordHashError::Salt`] for a bcrypt salt that cannot be decoded; POL-009 in a fips build for
/// PBKDF2 of a password below 14 bytes.
pub fn verify(hash: &str, password: &[u8]) -> Result<bool, PasswordHashError> {
    verify_for_mode(Mode::current(), hash, password)
}

fn verify_for_mode(mode: Mode, hash: &str, password: &[u8]) -> Result<bool, PasswordHashError> {
    if hash.starts_with(pbkdf2::PREFIX) {
        pbkdf2::verify(mode, hash, password)
    } else {
        bcrypt::verify(mode, hash, password)
    }
}

/// Returns a new bcrypt hash, `$2a$`. The time doubles with each step of `cost`, 4 to 31; below 4 means 10, as in Go.
///
/// # Errors
/// [`PasswordHashError::PasswordTooLong`] beyond 72 bytes, [`PasswordHashError::CostRange`] beyond 31; POL-009 under
/// the strict policy.
pub fn hash(password: &[u8], cost: u32) -> Result<String, PasswordHashError> {
    bcrypt::hash(Mode::current(), password, cost)
}

/// Returns a new hash `$pbkdf2-sha256$i=600000$<salt>$<hash>`.
///
/// # Errors
/// POL-009 in a fips build for a password below 14 bytes.
pub fn hash_pbkdf2(password: &[u8]) -> Result<String, PasswordHashError> {
    pbkdf2::hash(Mode::current(), password)
}

impl From<KdfError> for PasswordHashError {
    fn from(error: KdfError) -> Self {
        match error {
            KdfError::Policy(error) => error.into(),
            KdfError::EmptySalt | KdfError::EmptyInfo | KdfError::OutputLength(_) => {
                Self::Pbkdf2("the length of the hash")
            }
        }
    }
}

#[cfg(test)]
mod tests;
