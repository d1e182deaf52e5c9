//! Moments as people read them: RFC 3339 in the local zone.

use jiff::{Timestamp, tz::TimeZone};

use crate::store::clock::Moment;

/// Returns the moment with nanoseconds, without trailing zeros, as Go's JSON shows a time.
///
/// Source: Go time `RFC3339Nano`.
pub(crate) fn rfc3339_nanos(at: Moment) -> String {
    let fraction = match at.nanos {
        0 => String::new(),
        nanos => format!(".{nanos:09}").trim_end_matches('0').to_owned(),
    };
    format(at, &fraction)
}

/// Returns the moment with whole seconds.
pub(crate) fn rfc3339(at: Moment) -> String {
    format(at, "")
}

fn format(at: Moment, fraction: &str) -> String {
    // Outside the years -9999 to 9999 there is no text; a clock that far off is shown as the beginning.
    let whole = Timestamp::from_second(at.seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    let zoned = whole.to_zoned(TimeZone::system());
    let offset = match zoned.offset().seconds() {
        0 => "Z".to_owned(),
        _ => zoned.strftime("%:z").to_string(),
    };
    format!("{}{fraction}{offset}", zoned.strftime("%Y-%m-%dT%H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_zeros_of_the_fraction_are_left_out() {
        let text = rfc3339_nanos(Moment {
            seconds: 1_700_000_000,
            nanos: 123_450_000,
        });
        assert!(
            text.starts_with("2023-11-1") && text.contains(":20.12345"),
            "{text}"
        );
        assert!(
            !rfc3339_nanos(Moment {
                seconds: 1_700_000_000,
                nanos: 0
            })
            .contains('.')
        );
    }
}
