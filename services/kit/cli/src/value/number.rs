//! Numbers and truth values as Go's `strconv` reads them, with base prefixes and underscores.
//!
//! Source: Go strconv/atoi.go, `ParseUint` and `ParseInt` with base 0; strconv/atob.go.

/// Why a text is no number, in the words of Go's package `flag`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NumberError {
    /// No number.
    #[error("parse error")]
    Syntax,
    /// A number with too many bits.
    #[error("value out of range")]
    Range,
}

/// Reads a number without a sign, of at most `bits` bits: `10`, `0x_ff`, `0b1`, `0o7`, `07`.
///
/// # Errors
/// [`NumberError`].
pub fn parse_uint(text: &str, bits: u32) -> Result<u64, NumberError> {
    let (base, digits) = base(text);
    if digits.is_empty() || !underscores_ok(text) {
        return Err(NumberError::Syntax);
    }
    let mut number: u64 = 0;
    let mut is_too_large = false;
    for digit in digits.chars().filter(|digit| *digit != '_') {
        let digit = digit.to_digit(base).ok_or(NumberError::Syntax)?;
        let next = number.checked_mul(u64::from(base));
        let next = next.and_then(|next| next.checked_add(u64::from(digit)));
        is_too_large |= next.is_none();
        number = next.unwrap_or(u64::MAX);
    }
    if is_too_large || number > u64::MAX >> (64 - bits) {
        return Err(NumberError::Range);
    }
    Ok(number)
}

/// Reads a number with or without a sign, of 64 bits.
///
/// # Errors
/// [`NumberError`].
pub fn parse_int(text: &str) -> Result<i64, NumberError> {
    let (is_negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let number = i128::from(parse_uint(digits, 64)?);
    let number = if is_negative { -number } else { number };
    i64::try_from(number).map_err(|_| NumberError::Range)
}

/// Reads a truth value.
///
/// # Errors
/// [`NumberError::Syntax`].
pub fn parse_bool(text: &str) -> Result<bool, NumberError> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(NumberError::Syntax),
    }
}

/// Splits the prefix that names the base off.
fn base(text: &str) -> (u32, &str) {
    let Some(rest) = text.strip_prefix('0').filter(|rest| !rest.is_empty()) else {
        return (10, text);
    };
    // A prefix alone is no number: its letter is then no digit either.
    let has_digits = rest.len() > 1;
    match rest.as_bytes()[0] | 0x20 {
        b'x' if has_digits => (16, &rest[1..]),
        b'b' if has_digits => (2, &rest[1..]),
        b'o' if has_digits => (8, &rest[1..]),
        _ => (8, rest),
    }
}

/// Underscores stand between digits, or between a prefix and a digit.
///
/// Source: Go strconv/atoi.go, `underscoreOK`.
fn underscores_ok(text: &str) -> bool {
    let (has_prefix, rest) = match text.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x" | "0b" | "0o") => (true, &text[2..]),
        _ => (false, text),
    };
    let mut before = if has_prefix { '0' } else { ' ' };
    for char in rest.chars() {
        match char {
            '_' if before != '0' => return false,
            '_' => before = '_',
            _ => before = '0',
        }
    }
    before != '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<u64, NumberError>) {
        assert_eq!(parse_uint(text, 64), expected, "{text:?}");
    }

    #[test]
    fn a_prefix_names_the_base() {
        check("10", Ok(10));
        check("0", Ok(0));
        check("010", Ok(8));
        check("0o17", Ok(15));
        check("0xfF", Ok(255));
        check("0b101", Ok(5));
        for wrong in ["", "0x", "08", "1a", "-1", "+1", " 1", "0xg", "1.5"] {
            check(wrong, Err(NumberError::Syntax));
        }
    }

    #[test]
    fn underscores_need_digits_around_them() {
        check("1_000", Ok(1000));
        check("0x_ff", Ok(255));
        check("0xf_f", Ok(255));
        check("0_7", Ok(7));
        for wrong in ["1__0", "_1", "0x__1", "0x1_", "0_"] {
            check(wrong, Err(NumberError::Syntax));
        }
    }

    #[test]
    fn a_number_has_no_more_bits_than_there_are() {
        check("18446744073709551615", Ok(u64::MAX));
        check("18446744073709551616", Err(NumberError::Range));
        assert_eq!(parse_uint("4294967295", 32), Ok(4_294_967_295));
        assert_eq!(parse_uint("4294967296", 32), Err(NumberError::Range));
        assert_eq!(parse_int("-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(parse_int("9223372036854775808"), Err(NumberError::Range));
        assert_eq!(parse_int("+7"), Ok(7));
        assert_eq!(parse_int("--7"), Err(NumberError::Syntax));
    }

    #[test]
    fn truth_has_six_spellings() {
        for yes in ["1", "t", "T", "true", "TRUE", "True"] {
            assert_eq!(parse_bool(yes), Ok(true));
        }
        for no in ["0", "f", "F", "false", "FALSE", "False"] {
            assert_eq!(parse_bool(no), Ok(false));
        }
        assert_eq!(parse_bool("yes"), Err(NumberError::Syntax));
    }
}
