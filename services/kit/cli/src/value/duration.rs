//! Go's durations: read as kingpin reads them, printed as `time.Duration` prints itself.

use std::{
    fmt::{self, Display, Formatter},
    time::Duration,
};

/// A span of time in nanoseconds, possibly negative, at most about 292 years either way.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct GoDuration(i64);

/// Why a text is not a duration. The texts are upstream's: operators see them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DurationError {
    /// Not a sequence of numbers with units, or too long a time.
    #[error("time: invalid duration \"{0}\"")]
    Invalid(String),
    /// A number without a unit.
    #[error("time: missing unit in duration \"{0}\"")]
    MissingUnit(String),
    /// A unit that is not in the list.
    #[error("time: unknown unit \"{unit}\" in duration \"{text}\"")]
    UnknownUnit {
        /// The unit as written.
        unit: String,
        /// The whole text.
        text: String,
    },
}

/// A time that must not be negative is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0} is negative")]
pub struct NegativeDuration(GoDuration);

const SECOND: i64 = 1_000_000_000;

/// Units and their nanoseconds. Both micro signs, U+00B5 and U+03BC, are in use.
const UNITS: [(&str, i64); 10] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3_600 * SECOND),
    ("d", 24 * 3_600 * SECOND),
    ("w", 168 * 3_600 * SECOND),
];

/// Parses a signed sequence of decimal numbers, each with an optional fraction and a unit: `300ms`, `-1.5h`, `1w2d`.
///
/// # Errors
/// [`DurationError`], with the text kingpin shows.
///
/// Source: xhit/go-str2duration `ParseDuration`, which kingpin's `Duration` values use.
pub fn parse_duration(text: &str) -> Result<GoDuration, DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(GoDuration(0));
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let (part, after) = parse_part(rest, text)?;
        total = total.checked_add(part).ok_or_else(invalid)?;
        rest = after;
    }
    Ok(GoDuration(if negative { -total } else { total }))
}

/// Parses what Go itself parses: as [`parse_duration`], without days and weeks.
///
/// # Errors
/// [`DurationError`], with Go's text.
///
/// Source: Go time/format.go, `ParseDuration`.
pub fn parse_go_duration(text: &str) -> Result<GoDuration, DurationError> {
    let is_unit = |char: char| char != '.' && !char.is_ascii_digit();
    let mut units = text.split(|char| !is_unit(char));
    match units.find(|unit| matches!(*unit, "d" | "w")) {
        None => parse_duration(text),
        Some(unit) => Err(DurationError::UnknownUnit {
            unit: unit.to_owned(),
            text: text.to_owned(),
        }),
    }
}

/// Parses one number with its unit and returns its nanoseconds and what follows.
fn parse_part<'a>(written: &'a str, whole: &str) -> Result<(i64, &'a str), DurationError> {
    let invalid = || DurationError::Invalid(whole.to_owned());
    let (integer, rest) = split_digits(written);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), split_digits);
    if integer.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let value: i64 = if integer.is_empty() {
        0
    } else {
        integer.parse().map_err(|_| invalid())?
    };
    let unit_end = rest
        .find(|char: char| char == '.' || char.is_ascii_digit())
        .unwrap_or(rest.len());
    let (unit, after) = rest.split_at(unit_end);
    if unit.is_empty() {
        return Err(DurationError::MissingUnit(whole.to_owned()));
    }
    let Some(&(_, nanoseconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(DurationError::UnknownUnit {
            unit: unit.to_owned(),
            text: whole.to_owned(),
        });
    };
    let value = value.checked_mul(nanoseconds).ok_or_else(invalid)?;
    let value = value
        .checked_add(fraction_of(fraction, nanoseconds))
        .ok_or_else(invalid)?;
    Ok((value, after))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(
        text.find(|char: char| !char.is_ascii_digit())
            .unwrap_or(text.len()),
    )
}

/// Returns `0.<digits>` units in nanoseconds, rounded down; digits that no longer fit 63 bits are without effect.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "upstream computes it in float64 too"
)]
fn fraction_of(digits: &str, unit: i64) -> i64 {
    let mut value: i64 = 0;
    let mut scale = 1.0;
    for digit in digits.bytes() {
        let Some(next) = value
            .checked_mul(10)
            .and_then(|tens| tens.checked_add(i64::from(digit - b'0')))
        else {
            break;
        };
        value = next;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as i64
}

/// Returns the duration as Go prints it: `5m0s`, `1.5s`, `300ms`, `0s`.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    GoDuration::from(duration).to_string()
}

impl GoDuration {
    /// Returns a span of so many nanoseconds.
    #[must_use]
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// Returns the whole span in nanoseconds.
    #[must_use]
    pub const fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Returns the span as a standard duration; a negative one is zero.
    #[must_use]
    pub fn to_std(self) -> Duration {
        Duration::from_nanos(self.0.try_into().unwrap_or(0))
    }
}

impl TryFrom<GoDuration> for Duration {
    type Error = NegativeDuration;

    fn try_from(duration: GoDuration) -> Result<Self, NegativeDuration> {
        let nanoseconds = duration
            .0
            .try_into()
            .map_err(|_| NegativeDuration(duration))?;
        Ok(Self::from_nanos(nanoseconds))
    }
}

impl From<Duration> for GoDuration {
    /// Converts a standard duration; what does not fit is the longest time Go knows.
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl Display for GoDuration {
    /// Source: Go time/time.go, `Duration.format`.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match nanoseconds {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{nanoseconds}ns"),
            1_000..1_000_000 => write!(f, "{}µs", Fraction(nanoseconds, 1_000)),
            1_000_000..1_000_000_000 => write!(f, "{}ms", Fraction(nanoseconds, 1_000_000)),
            _ => {
                let (hours, minutes) = (
                    nanoseconds / (3_600_000_000_000),
                    nanoseconds / 60_000_000_000 % 60,
                );
                if hours > 0 {
                    write!(f, "{hours}h")?;
                }
                if hours > 0 || minutes > 0 {
                    write!(f, "{minutes}m")?;
                }
                write!(
                    f,
                    "{}s",
                    Fraction(nanoseconds % 60_000_000_000, 1_000_000_000)
                )
            }
        }
    }
}

/// A number of units, written as a decimal without trailing zeros.
struct Fraction(u64, u64);

impl Display for Fraction {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(value, unit) = *self;
        write!(f, "{}", value / unit)?;
        let digits = unit.ilog10() as usize;
        let fraction = format!("{:0digits$}", value % unit);
        match fraction.trim_end_matches('0') {
            "" => Ok(()),
            fraction => write!(f, ".{fraction}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, printed: &str) {
        assert_eq!(
            parse_duration(text).map(|duration| duration.to_string()),
            Ok(printed.to_owned())
        );
    }

    #[track_caller]
    fn refused(text: &str, error: &str) {
        assert_eq!(
            parse_duration(text).map_err(|error| error.to_string()),
            Err(error.to_owned())
        );
    }

    #[test]
    fn durations_print_as_go_prints_them() {
        check("5m", "5m0s");
        check("0", "0s");
        check("-0", "0s");
        check("1d", "24h0m0s");
        check("1w2d3h", "219h0m0s");
        check("1.5h", "1h30m0s");
        check("+.5s", "500ms");
        check("1s500ms", "1.5s");
        check("90s", "1m30s");
        check("1500us", "1.5ms");
        check("2µs3ns", "2.003µs");
        check("2μs", "2µs");
        check("7ns", "7ns");
        check("-1h", "-1h0m0s");
        check("2540400h10m10.000000001s", "2540400h10m10.000000001s");
        check("0.3333333333333333333h", "20m0s");
    }

    #[test]
    fn standard_durations_hold_what_is_not_negative() {
        let duration = parse_duration("1.5s").unwrap();
        assert_eq!(
            Duration::try_from(duration),
            Ok(Duration::from_millis(1500))
        );
        assert_eq!(GoDuration::from(Duration::from_millis(1500)), duration);
        let negative = parse_duration("-1m").unwrap();
        assert_eq!(negative.to_std(), Duration::ZERO);
        assert_eq!(
            Duration::try_from(negative).unwrap_err().to_string(),
            "-1m0s is negative"
        );
    }

    #[test]
    fn refused_durations_have_upstreams_texts() {
        refused("", r#"time: invalid duration """#);
        refused("xx", r#"time: invalid duration "xx""#);
        refused("-", r#"time: invalid duration "-""#);
        refused(".s", r#"time: invalid duration ".s""#);
        refused("5", r#"time: missing unit in duration "5""#);
        refused("5y", r#"time: unknown unit "y" in duration "5y""#);
        refused("1h 2m", r#"time: unknown unit "h " in duration "1h 2m""#);
        refused(
            "9223372036854775808ns",
            r#"time: invalid duration "9223372036854775808ns""#,
        );
        refused("15251w", r#"time: invalid duration "15251w""#);
        refused("\"", "time: invalid duration \"\"\"");
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_back(nanoseconds in -i64::MAX..i64::MAX) {
            let duration = GoDuration(nanoseconds);
            prop_assert_eq!(parse_duration(&duration.to_string()), Ok(duration));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[-+.0-9a-zµ ]{0,24}|.{0,8}") {
            drop(parse_duration(&text));
        }
    }
}
