//! When something happened: in words, with the exact time on hover. The page's script keeps the words true.

use super::html::Html;
use crate::{local_time::rfc3339, store::clock::Moment};

/// Appends how long ago `at` was, with the exact time as title.
pub(super) fn put_age(html: &mut Html, at: Moment, now: Moment) {
    let exact = rfc3339(at);
    html.raw("<time class=\"age\" datetime=\"")
        .text(&exact)
        .raw("\" title=\"")
        .text(&exact)
        .raw("\">");
    html.text(&words(now.seconds.saturating_sub(at.seconds)))
        .raw("</time>");
}

/// Appends the exact time, with how long ago that was as title.
pub(super) fn put_exact(html: &mut Html, at: Moment, now: Moment) {
    let exact = rfc3339(at);
    html.raw("<time datetime=\"")
        .text(&exact)
        .raw("\" title=\"");
    html.text(&words(now.seconds.saturating_sub(at.seconds)))
        .raw("\">")
        .text(&exact)
        .raw("</time>");
}

/// Returns the moment that a metric tells in seconds since 1970.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a float beyond the range becomes its end"
)]
pub(super) fn moment(seconds: f64) -> Moment {
    Moment {
        seconds: seconds.floor() as i64,
        nanos: 0,
    }
}

/// Returns a time span in words, rounded down to its largest unit; a negative one lies ahead.
fn words(seconds: i64) -> String {
    const UNITS: [(u64, &str); 6] = [
        (365 * 24 * 3600, "year"),
        (30 * 24 * 3600, "month"),
        (24 * 3600, "day"),
        (3600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let distance = seconds.unsigned_abs();
    let Some((length, unit)) = UNITS.into_iter().find(|(length, _)| distance >= *length) else {
        return "just now".to_owned();
    };
    let count = distance / length;
    let plural = if count == 1 { "" } else { "s" };
    if seconds < 0 {
        format!("in {count} {unit}{plural}")
    } else {
        format!("{count} {unit}{plural} ago")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_their_largest_unit() {
        let spans = [
            0,
            1,
            59,
            60,
            7199,
            86_400 * 2,
            86_400 * 45,
            86_400 * 800,
            -61,
        ];
        let told = [
            "just now",
            "1 second ago",
            "59 seconds ago",
            "1 minute ago",
            "1 hour ago",
            "2 days ago",
            "1 month ago",
            "2 years ago",
            "in 1 minute",
        ];
        assert_eq!(spans.map(words), told);
    }

    #[test]
    fn moments_beyond_all_calendars_do_no_harm() {
        assert_eq!(moment(f64::NAN), Moment::default());
        let mut html = Html::default();
        put_age(&mut html, moment(f64::INFINITY), Moment::default());
        assert!(html.finish().contains("in "));
    }
}
