//! bcrypt, checked and made exactly as Go does it. It is outside every module.
//!
//! Source: golang.org/x/crypto/bcrypt.

use std::sync::atomic::{AtomicBool, Ordering};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use super::PasswordHashError;
use crate::{
    compare::constant_time_eq,
    policy::{self, PolicyCode, PolicyError},
    random,
    settings::Mode,
};

/// Checks the form of a hash and returns its cost.
///
/// Source: `bcrypt.Cost`, which exporter-toolkit calls for every user at start.
pub(super) fn check(mode: Mode, hash: &str) -> Result<u32, PasswordHashError> {
    refuse_if_strict(mode)?;
    let cost = Hash::parse(hash.as_bytes())?.cost;
    USED.store(true, Ordering::Relaxed); // a hash that is configured is in use
    Ok(cost)
}

/// Source: `bcrypt.CompareHashAndPassword`.
pub(super) fn verify(mode: Mode, hash: &str, password: &[u8]) -> Result<bool, PasswordHashError> {
    refuse_if_strict(mode)?;
    let hash = Hash::parse(hash.as_bytes())?;
    let salt = decode_salt(hash.salt)?;
    // Only the first 72 bytes count, as in every bcrypt.
    let password = &password[..password.len().min(PASSWORD_BYTES_MAX)];
    let computed = digest(hash.cost, salt, password);
    Ok(constant_time_eq(computed.as_bytes(), hash.digest))
}

/// Source: `bcrypt.GenerateFromPassword`.
pub(super) fn hash(mode: Mode, password: &[u8], cost: u32) -> Result<String, PasswordHashError> {
    refuse_if_strict(mode)?;
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordHashError::PasswordTooLong);
    }
    let cost = match cost {
        ..COST_MIN => COST_DEFAULT, // as in Go
        COST_MIN..=COST_MAX => cost,
        _ => {
            let cost = i32::try_from(cost).unwrap_or(i32::MAX);
            return Err(PasswordHashError::CostRange(cost));
        }
    };
    let mut salt = [0; 16];
    random::fill(&mut salt)?;
    let digest = digest(cost, salt, password);
    Ok(format!("$2a${cost:02}${}{digest}", BASE64.encode(salt)))
}

fn digest(cost: u32, salt: [u8; 16], password: &[u8]) -> String {
    USED.store(true, Ordering::Relaxed);
    let mut secret = Zeroizing::new(Vec::with_capacity(PASSWORD_BYTES_MAX + 1));
    secret.extend_from_slice(password);
    secret.push(0); // bcrypt hashes the terminating NUL of C
    secret.truncate(PASSWORD_BYTES_MAX);
    BASE64.encode(&bcrypt::bcrypt(cost, salt, &secret)[..DIGEST_BYTES])
}

/// True once this process has met a bcrypt hash.
pub(crate) fn was_used() -> bool {
    USED.load(Ordering::Relaxed)
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
        "a $pbkdf2-sha256$ hash, or client certificates",
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
        Ok(cost @ COST_MIN..=COST_MAX) => Ok(cost),
        _ => Err(PasswordHashError::CostRange(cost)),
    }
}

fn decode_salt(salt: &[u8]) -> Result<[u8; 16], PasswordHashError> {
    let decoded = BASE64.decode(salt).map_err(|error| match error {
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
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);
const HASH_CHARACTERS_MIN: usize = 59;
const SALT_CHARACTERS: usize = 22;
const COST_MIN: u32 = 4;
const COST_MAX: u32 = 31;
const COST_DEFAULT: u32 = 10;
const DIGEST_BYTES: usize = 23; // bcrypt encodes 23 of its 24 bytes
const PASSWORD_BYTES_MAX: usize = 72;

static USED: AtomicBool = AtomicBool::new(false);
