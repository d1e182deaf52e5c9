//! The time a client gives a request, as it writes it: up to eight digits and a unit.
//!
//! Source: grpc-go v1.83 internal/transport/http_util.go `decodeTimeout`.

use std::time::Duration;

/// Reads a timeout.
///
/// # Errors
/// Upstream's words for what is wrong.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let (digits, unit) = match text.len() {
        0 | 1 => return Err(format!("transport: timeout string is too short: {text:?}")),
        2..=9 => text.split_at_checked(text.len() - 1),
        _ => return Err(format!("transport: timeout string is too long: {text:?}")),
    }
    .unwrap_or((text, ""));
    let unit = match unit {
        "H" => Duration::from_secs(3600),
        "M" => Duration::from_secs(60),
        "S" => Duration::from_secs(1),
        "m" => Duration::from_millis(1),
        "u" => Duration::from_micros(1),
        "n" => Duration::from_nanos(1),
        _ => {
            return Err(format!(
                "transport: timeout unit is not recognized: {text:?}"
            ));
        }
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let count = digits.parse::<u32>().ok().filter(|_| is_number);
    // Eight digits of hours fit into neither u32 seconds nor the patience of anybody, but into a `Duration`.
    count
        .and_then(|count| unit.checked_mul(count))
        .ok_or_else(|| format!("strconv.ParseUint: parsing {digits:?}: invalid syntax"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(text: &str, words: &str) {
        assert_eq!(parse(text).unwrap_err(), words);
    }

    #[test]
    fn every_unit_is_read() {
        assert_eq!(parse("99999999H").unwrap().as_secs(), 99_999_999 * 3600);
        assert_eq!(parse("2M").unwrap(), Duration::from_secs(120));
        assert_eq!(parse("5S").unwrap(), Duration::from_secs(5));
        assert_eq!(parse("4999m").unwrap(), Duration::from_millis(4999));
        assert_eq!(parse("7u").unwrap(), Duration::from_micros(7));
        assert_eq!(parse("0n").unwrap(), Duration::ZERO);
    }

    #[test]
    fn what_is_no_timeout_is_named() {
        check_refused("S", "transport: timeout string is too short: \"S\"");
        check_refused(
            "123456789S",
            "transport: timeout string is too long: \"123456789S\"",
        );
        check_refused("5x", "transport: timeout unit is not recognized: \"5x\"");
        check_refused(
            "5\u{e9}",
            "transport: timeout unit is not recognized: \"5\u{e9}\"",
        );
        check_refused("+5S", "strconv.ParseUint: parsing \"+5\": invalid syntax");
    }
}
