//! Password hashes of configuration files: bcrypt, checked exactly as Go checks it.
//!
//! bcrypt is outside every module; the report lists it once used, and the strict policy refuses it (POL-009).
//! Hashing new passwords and PBKDF2 hashes are left to the issue that brings etcd's users.
//!
//! Source: golang.org/x/crypto/bcrypt.

use std::sync::atomic::{AtomicBool, Ordering};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use crate::{
    compare::constant_time_eq,
    policy::{self, PolicyCode, PolicyError},
    settings::Mode,
};

/// Why a text is not a usable password hash. The texts are those of golang.org/x/crypto/bcrypt.
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
    /// The strict policy allows no bcrypt.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// Checks the form of a bcrypt hash and returns its cost, 4 to 31.
///
/// # Errors
/// [`PasswordHashError`], with Go's text, for anything that is no bcrypt hash; POL-009 under the strict policy.
///
/// Source: `bcrypt.Cost`, which exporter-toolkit calls for every user at start.
pub fn bcrypt_cost(hash: &str) -> Result<u32, PasswordHashError> {
    refuse_if_strict(Mode::current())?;
    let cost = Hash::parse(hash.as_bytes())?.cost;
    BCRYPT_USED.store(true, Ordering::Relaxed); // a hash that is configured is in use
    Ok(cost)
}

/// Says whether `password` has the bcrypt hash `hash`. Only the first 72 bytes count, as in every bcrypt.
///
/// This takes tens of milliseconds by design (it doubles with each step of the cost): run it on a blocking pool.
///
/// # Errors
/// As [`bcrypt_cost`], and [`PasswordHashError::Salt`] for a salt that cannot be decoded.
///
/// Source: `bcrypt.CompareHashAndPassword`.
pub fn verify_bcrypt(hash: &str, password: &[u8]) -> Result<bool, PasswordHashError> {
    refuse_if_strict(Mode::current())?;
    let hash = Hash::parse(hash.as_bytes())?;
    let salt = decode_salt(hash.salt)?;
    BCRYPT_USED.store(true, Ordering::Relaxed);
    let mut secret = Zeroizing::new(Vec::with_capacity(PASSWORD_BYTES_MAX + 1));
    secret.extend_from_slice(&password[..password.len().min(PASSWORD_BYTES_MAX)]);
    secret.push(0); // bcrypt hashes the terminating NUL of C
    secret.truncate(PASSWORD_BYTES_MAX);
    let computed = BCRYPT_BASE64.encode(&bcrypt::bcrypt(hash.cost, salt, &secret)[..DIGEST_BYTES]);
    Ok(constant_time_eq(computed.as_bytes(), hash.digest))
}

/// True once this process has checked a bcrypt hash.
pub(crate) fn bcrypt_was_used() -> bool {
    BCRYPT_USED.load(Ordering::Relaxed)
}

fn refuse_if_strict(mode: Mode) -> Result<(), PolicyError> {
    if mode != Mode::FipsStrict {
        return Ok(());
    }
    Err(policy::refuse(
        mode,
        PolicyCode::PasswordHash,
        "a bcrypt password hash",
        "bcrypt is not an approved algorithm",
        "client certificates",
    ))
}

/// The parts of `$2a$10$<22 characters of salt><31 characters of digest>`.
struct Hash<'a> {
    cost: u32,
    salt: &'a [u8],
    digest: &'a [u8],
}

impl<'a> Hash<'a> {
    fn parse(text: &'a [u8]) -> Result<Self, PasswordHashError> {
        if text.len() < HASH_CHARACTERS_MIN {
            return Err(PasswordHashError::TooShort);
        }
        if text[0] != b'$' {
            return Err(PasswordHashError::Prefix(text[0].into()));
        }
        if text[1] > b'2' {
            return Err(PasswordHashError::VersionTooNew(text[1].into()));
        }
        // Go takes any minor version, and none at all.
        let rest = if text[2] == b'$' {
            &text[3..]
        } else {
            &text[4..]
        };
        let cost = parse_cost(&rest[..2])?;
        let (salt, digest) = rest[3..].split_at(SALT_CHARACTERS);
        Ok(Self { cost, salt, digest })
    }
}

/// Reads two characters as Go's `strconv.Atoi` does, sign included.
fn parse_cost(digits: &[u8]) -> Result<u32, PasswordHashError> {
    let text = String::from_utf8_lossy(digits).into_owned();
    let cost: i32 = text
        .parse()
        .map_err(|_| PasswordHashError::CostSyntax(text))?;
    match u32::try_from(cost) {
        Ok(cost @ 4..=31) => Ok(cost),
        _ => Err(PasswordHashError::CostRange(cost)),
    }
}

fn decode_salt(salt: &[u8]) -> Result<[u8; 16], PasswordHashError> {
    let decoded = BCRYPT_BASE64.decode(salt).map_err(|error| match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => {
            PasswordHashError::Salt(at)
        }
        _ => PasswordHashError::Salt(salt.len()),
    })?;
    decoded
        .try_into()
        .map_err(|_| PasswordHashError::Salt(salt.len()))
}

/// bcrypt's own alphabet; Go does not mind stray bits behind the last character.
const BCRYPT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);
const HASH_CHARACTERS_MIN: usize = 59;
const SALT_CHARACTERS: usize = 22;
const DIGEST_BYTES: usize = 23; // bcrypt encodes 23 of its 24 bytes
const PASSWORD_BYTES_MAX: usize = 72;

static BCRYPT_USED: AtomicBool = AtomicBool::new(false);

#[cfg(test)]
mod tests;
