//! PBKDF2-HMAC-SHA-256 as a password hash: `$pbkdf2-sha256$i=<rounds>$<salt>$<hash>`, base64 without padding.
//!
//! Source: the PHC string format.

use std::num::NonZeroU32;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

use super::PasswordHashError;
use crate::{compare::constant_time_eq, hmac::Algorithm, kdf, random, settings::Mode};

pub(super) const PREFIX: &str = "$pbkdf2-sha256$";

pub(super) fn check(mode: Mode, hash: &str) -> Result<(), PasswordHashError> {
    let hash = Hash::parse(hash)?;
    Ok(kdf::check_pbkdf2(mode, hash.rounds.get(), hash.salt.len())?)
}

pub(super) fn verify(mode: Mode, hash: &str, password: &[u8]) -> Result<bool, PasswordHashError> {
    let Hash {
        rounds,
        salt,
        digest,
    } = Hash::parse(hash)?;
    let length = digest.len();
    let computed = kdf::pbkdf2_for_mode(mode, Algorithm::Sha256, rounds, &salt, password, length)?;
    Ok(constant_time_eq(&computed, &digest))
}

pub(super) fn hash(mode: Mode, password: &[u8]) -> Result<String, PasswordHashError> {
    let mut salt = [0; SALT_BYTES];
    random::fill(&mut salt)?;
    let digest = kdf::pbkdf2_for_mode(
        mode,
        Algorithm::Sha256,
        ROUNDS,
        &salt,
        password,
        DIGEST_BYTES,
    )?;
    let (salt, digest) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(digest));
    Ok(format!("{PREFIX}i={ROUNDS}${salt}${digest}"))
}

struct Hash {
    rounds: NonZeroU32,
    salt: Vec<u8>,
    digest: Vec<u8>,
}

impl Hash {
    fn parse(text: &str) -> Result<Self, PasswordHashError> {
        let malformed = |what| move || PasswordHashError::Pbkdf2(what);
        let rest = text.strip_prefix(PREFIX);
        let mut parts = rest.unwrap_or_default().split('$');
        let (Some(rounds), Some(salt), Some(digest), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(PasswordHashError::Pbkdf2("it does not have three parts"));
        };
        let rounds = rounds
            .strip_prefix("i=")
            .and_then(|rounds| rounds.parse().ok())
            .filter(|rounds| *rounds <= ROUNDS_MAX)
            .ok_or_else(malformed("the number of rounds"))?;
        let decode = |part: &str, range: std::ops::RangeInclusive<usize>| {
            let bytes = STANDARD_NO_PAD.decode(part).ok();
            bytes.filter(|bytes| range.contains(&bytes.len()))
        };
        Ok(Self {
            rounds,
            salt: decode(salt, 8..=64).ok_or_else(malformed("the salt"))?,
            digest: decode(digest, 16..=64).ok_or_else(malformed("the hash"))?,
        })
    }
}

/// What a new hash costs: about a tenth of a second to a third of one.
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).expect("not zero");

/// A hash that takes longer than some seconds is a mistake, and stops every login behind it.
const ROUNDS_MAX: NonZeroU32 = NonZeroU32::new(10_000_000).expect("not zero");

const SALT_BYTES: usize = 16;
const DIGEST_BYTES: usize = 32;
