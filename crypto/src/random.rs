//! Random bytes for keys, salts, tokens, serial numbers and nonces. Jitter and hash seeds do not need this module.

use crate::imp::rand::{SecureRandom as _, SystemRandom};

/// The random source gave no bytes. Nothing that needs a secret may go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the random source of the crypto module failed")]
pub struct RandomError;

/// Fills `buffer` from the provider's generator (ring: the operating system; AWS-LC: the module's DRBG).
///
/// # Errors
/// [`RandomError`] when the source fails; the buffer then holds nothing usable.
pub fn fill(buffer: &mut [u8]) -> Result<(), RandomError> {
    SystemRandom::new().fill(buffer).map_err(|_| RandomError)
}

/// Returns `N` random bytes.
///
/// # Panics
/// When the random source fails: a process without randomness must not make secrets.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut buffer = [0; N];
    fill(&mut buffer).expect("the random source works, or the process must end");
    buffer
}

/// Returns a random number over the whole range of `u64`.
///
/// # Panics
/// As [`bytes`].
#[must_use]
pub fn u64() -> u64 {
    u64::from_ne_bytes(bytes())
}

/// Returns a random (version 4) UUID in its lower-case text form.
///
/// # Panics
/// As [`bytes`].
#[must_use]
pub fn uuid_v4() -> String {
    let mut raw: [u8; 16] = bytes();
    raw[6] = (raw[6] & 0x0f) | 0x40;
    raw[8] = (raw[8] & 0x3f) | 0x80;
    let hex = crate::digest::hex(&raw);
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

#[cfg(test)]
mod tests {
    #[test]
    fn two_draws_differ() {
        assert_ne!(super::bytes::<32>(), super::bytes::<32>());
        assert_ne!(super::u64(), super::u64());
    }

    #[test]
    fn a_uuid_has_version_four_and_the_rfc_variant() {
        let uuid = super::uuid_v4();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(
            matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'),
            "{uuid}"
        );
        assert_eq!(uuid.matches('-').count(), 4);
    }
}
