//! Non-negative whole numbers, for flags of ours.

use crate::value::quote;

/// Why a text is not a count.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("invalid count {}: expected a whole number from 0 to 18446744073709551615", quote(.0))]
pub struct CountError(String);

/// Parses a non-negative whole number in decimal digits.
///
/// # Errors
/// [`CountError`] for anything else: a sign, a fraction, a unit, blanks, or a number over 64 bits.
pub fn parse_count(written: &str) -> Result<u64, CountError> {
    let digits_only = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
    digits_only
        .then(|| written.parse().ok())
        .flatten()
        .ok_or_else(|| CountError(written.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_plain_decimal_digits() {
        assert_eq!(parse_count("0"), Ok(0));
        assert_eq!(parse_count("268435456"), Ok(268_435_456));
        for wrong in ["", "-1", "+1", "1.5", "1k", " 1", "18446744073709551616"] {
            let error = parse_count(wrong).unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with(&format!("invalid count \"{wrong}\": ")),
                "{error}"
            );
        }
    }
}
