//! Comparison of secrets in constant time, through the provider.

use std::sync::LazyLock;

use crate::{imp::hmac, random};

/// Compares two byte strings in a time that depends on their lengths only.
///
/// Both sides are keyed with a secret of this process first, so what is compared are two tags nobody outside can
/// predict; the provider compares those. (ring's plain comparison is deprecated for callers outside ring.)
#[must_use]
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    static KEY: LazyLock<hmac::Key> =
        LazyLock::new(|| hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>()));
    hmac::verify(&KEY, a, hmac::sign(&KEY, b).as_ref()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::constant_time_eq;

    #[test]
    fn equal_bytes_are_equal_and_others_are_not() {
        assert!(constant_time_eq(b"", b""));
        assert!(constant_time_eq(b"secret", b"secret"));
        assert!(!constant_time_eq(b"secret", b"secreT"));
        assert!(!constant_time_eq(b"secret", b"secret\0"));
    }
}
