//! Keys derived from secrets: HKDF from strong ones, PBKDF2 from passwords. The key schedules of TLS are the
//! provider's own.

use std::num::NonZeroU32;

use zeroize::Zeroizing;

use crate::{
    hmac::Algorithm,
    imp::{hkdf as hkdf_module, pbkdf2 as pbkdf2_module},
    policy::{self, PolicyCode, PolicyError},
    settings::Mode,
};

/// Fewest PBKDF2 rounds in a fips build (SP 800-132).
pub const FIPS_ROUNDS_MIN: u32 = 1000;

/// Shortest PBKDF2 salt in a fips build, in bytes (SP 800-132).
pub const FIPS_SALT_BYTES_MIN: usize = 16;

/// Shortest password PBKDF2 takes in a fips build, in bytes (112 bits).
pub const FIPS_PASSWORD_BYTES_MIN: usize = 14;

/// Most PBKDF2 output, in bytes. More than any key, and far below the module's own limit.
pub const PBKDF2_OUTPUT_BYTES_MAX: usize = 1024;

/// Why no key is derived.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KdfError {
    /// PBKDF2 parameters below the rules of a fips build (POL-009).
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A salt that is there but empty: leave it out instead.
    #[error("an empty HKDF salt; pass none")]
    EmptySalt,
    /// Keys derived from one secret for two ends must differ by their info.
    #[error("an empty HKDF info; name what the key is for")]
    EmptyInfo,
    /// More output than the function gives, or none.
    #[error("{0} bytes of derived key are outside the function's range")]
    OutputLength(usize),
}

/// Returns `output_bytes` of HKDF (RFC 5869) from a secret that is strong already.
///
/// # Errors
/// [`KdfError::EmptySalt`], [`KdfError::EmptyInfo`]; [`KdfError::OutputLength`] for 0 or more than 255 digests.
pub fn hkdf(
    algorithm: Algorithm,
    salt: Option<&[u8]>,
    secret: &[u8],
    info: &[u8],
    output_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, KdfError> {
    if salt.is_some_and(<[u8]>::is_empty) {
        return Err(KdfError::EmptySalt);
    }
    if info.is_empty() {
        return Err(KdfError::EmptyInfo);
    }
    if output_bytes == 0 {
        return Err(KdfError::OutputLength(0));
    }
    let algorithm = match algorithm {
        Algorithm::Sha256 => hkdf_module::HKDF_SHA256,
        Algorithm::Sha384 => hkdf_module::HKDF_SHA384,
        Algorithm::Sha512 => hkdf_module::HKDF_SHA512,
    };
    let zeros = [0; DIGEST_BYTES_MAX]; // RFC 5869 section 2.2: what an absent salt stands for
    let zeros = &zeros[..hkdf_module::KeyType::len(&algorithm)];
    let mut output = Zeroizing::new(vec![0; output_bytes]);
    hkdf_module::Salt::new(algorithm, salt.unwrap_or(zeros))
        .extract(secret)
        .expand(&[info], Length(output_bytes))
        .and_then(|okm| okm.fill(&mut output))
        .map_err(|_| KdfError::OutputLength(output_bytes))?;
    Ok(output)
}

struct Length(usize);

impl hkdf_module::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// Returns `output_bytes` of PBKDF2 (RFC 8018). The output is for storing passwords and data, not for sessions.
///
/// Takes as long as `rounds` asks for: run it on a blocking pool.
///
/// # Errors
/// POL-009 in a fips build for fewer than [`FIPS_ROUNDS_MIN`] rounds, a salt below [`FIPS_SALT_BYTES_MIN`] or a
/// password below [`FIPS_PASSWORD_BYTES_MIN`]; [`KdfError::OutputLength`] for 0 or more than
/// [`PBKDF2_OUTPUT_BYTES_MAX`].
pub fn pbkdf2(
    algorithm: Algorithm,
    rounds: NonZeroU32,
    salt: &[u8],
    password: &[u8],
    output_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, KdfError> {
    pbkdf2_for_mode(
        Mode::current(),
        algorithm,
        rounds,
        salt,
        password,
        output_bytes,
    )
}

pub(crate) fn pbkdf2_for_mode(
    mode: Mode,
    algorithm: Algorithm,
    rounds: NonZeroU32,
    salt: &[u8],
    password: &[u8],
    output_bytes: usize,
) -> Result<Zeroizing<Vec<u8>>, KdfError> {
    if mode.is_fips() {
        check_pbkdf2(mode, rounds.get(), salt.len())?;
        if password.len() < FIPS_PASSWORD_BYTES_MIN {
            let what = format!("PBKDF2 of a password of {} bytes", password.len());
            let why = "the minimum is 14 bytes";
            return Err(refuse(mode, what, why, "a password of 14 bytes or more").into());
        }
    }
    if !(1..=PBKDF2_OUTPUT_BYTES_MAX).contains(&output_bytes) {
        return Err(KdfError::OutputLength(output_bytes));
    }
    let algorithm = match algorithm {
        Algorithm::Sha256 => pbkdf2_module::PBKDF2_HMAC_SHA256,
        Algorithm::Sha384 => pbkdf2_module::PBKDF2_HMAC_SHA384,
        Algorithm::Sha512 => pbkdf2_module::PBKDF2_HMAC_SHA512,
    };
    let mut output = Zeroizing::new(vec![0; output_bytes]);
    pbkdf2_module::derive(algorithm, rounds, salt, password, &mut output);
    Ok(output)
}

/// The rules of a fips build that a stored hash can be checked against before any password is known.
pub(crate) fn check_pbkdf2(mode: Mode, rounds: u32, salt_bytes: usize) -> Result<(), PolicyError> {
    if !mode.is_fips() {
        return Ok(());
    }
    if rounds < FIPS_ROUNDS_MIN {
        let what = format!("PBKDF2 with {rounds} rounds");
        return Err(refuse(mode, what, "the minimum is 1000", "600000 rounds"));
    }
    if salt_bytes < FIPS_SALT_BYTES_MIN {
        let what = format!("PBKDF2 with a salt of {salt_bytes} bytes");
        let why = "the minimum is 16 bytes";
        return Err(refuse(mode, what, why, "a random salt of 16 bytes or more"));
    }
    Ok(())
}

fn refuse(mode: Mode, what: String, why: &'static str, alternatives: &'static str) -> PolicyError {
    policy::refuse(mode, PolicyCode::PasswordHash, what, why, alternatives)
}

/// SHA-512's.
const DIGEST_BYTES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::{KdfError, hkdf, pbkdf2_for_mode};
    use crate::{digest::hex, hmac::Algorithm, settings::Mode};

    #[test]
    fn rfc_5869_case_one_holds() {
        let salt: Vec<u8> = (0..13).collect();
        let info: Vec<u8> = (0xf0..0xfa).collect();
        let key = hkdf(Algorithm::Sha256, Some(&salt), &[0x0b; 22], &info, 42).unwrap();
        assert_eq!(
            hex(&key),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        );
    }

    #[test]
    fn hkdf_asks_for_an_info_and_no_empty_salt() {
        let derive = |salt, info, bytes| hkdf(Algorithm::Sha256, salt, b"secret", info, bytes);
        assert_eq!(
            derive(Some(b"".as_slice()), b"i", 32),
            Err(KdfError::EmptySalt)
        );
        assert_eq!(derive(None, b"", 32), Err(KdfError::EmptyInfo));
        for bytes in [0, 255 * 32 + 1] {
            assert_eq!(
                derive(None, b"i", bytes),
                Err(KdfError::OutputLength(bytes))
            );
        }
        assert!(derive(None, b"i", 255 * 32).is_ok());
    }

    fn pbkdf2(mode: Mode, rounds: u32, salt: &[u8], password: &[u8]) -> Result<String, KdfError> {
        let rounds = NonZeroU32::new(rounds).unwrap();
        pbkdf2_for_mode(mode, Algorithm::Sha256, rounds, salt, password, 32).map(|key| hex(&key))
    }

    #[test]
    fn pbkdf2_gives_the_published_key() {
        // RFC 7914 section 11.
        assert_eq!(
            pbkdf2(Mode::Standard, 80_000, b"NaCl", b"Password").unwrap(),
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
        );
    }

    #[test]
    fn fips_has_a_least_for_rounds_salt_and_password() {
        let check = |rounds, salt: &[u8], password: &[u8], expected: &str| {
            assert!(pbkdf2(Mode::Standard, rounds, salt, password).is_ok());
            for mode in [Mode::Fips, Mode::FipsStrict] {
                let error = pbkdf2(mode, rounds, salt, password)
                    .unwrap_err()
                    .to_string();
                let expected = format!("crypto policy POL-009 ({}): {expected}", mode.name());
                assert_eq!(error, expected);
            }
        };
        let (salt, password) = ([1; 16], [b'p'; 14]);
        assert!(pbkdf2(Mode::FipsStrict, 1000, &salt, &password).is_ok());
        check(
            999,
            &salt,
            &password,
            "PBKDF2 with 999 rounds is not allowed: the minimum is 1000; use 600000 rounds",
        );
        check(
            1000,
            &salt[..15],
            &password,
            "PBKDF2 with a salt of 15 bytes is not allowed: the minimum is 16 bytes; use a random salt of 16 bytes or \
             more",
        );
        check(
            1000,
            &salt,
            &password[..13],
            "PBKDF2 of a password of 13 bytes is not allowed: the minimum is 14 bytes; use a password of 14 bytes or \
             more",
        );
    }
}
