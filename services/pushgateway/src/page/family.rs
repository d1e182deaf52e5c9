//! A metric family of a group: its name, help, type, when it was pushed, and its series as far as there is room.

use std::sync::Arc;

use kit_metrics::{
    model::{MetricType, Value},
    name::NameScheme,
};

use super::{
    age::{moment, put_age, put_exact},
    card::{NAME_CHARS_MAX, put_name},
    html::Html,
    number::decimal,
    table::{put_row, put_table_end, put_table_start, rows_of},
};
use crate::store::{clock::Moment, group::GroupFamily, series::Series};

/// Most characters of a help text that are shown.
const HELP_CHARS_MAX: usize = 2000;

/// Names that end so tell a moment, which is shown beside the number.
const MOMENT_SUFFIXES: [&str; 2] = ["_timestamp_seconds", "_time_seconds"];

/// A number of seconds is taken for a moment from the year 2001 on; below it is a duration.
const MOMENT_SECONDS_MIN: f64 = 1e9;

/// How much may still be shown.
#[derive(Debug)]
pub(super) struct Room {
    /// Rows of tables, inner ones included.
    pub(super) rows: usize,
    /// Series of each family.
    pub(super) series: u32,
}

/// Appends a closed family among others. What has no room is left to the page of the family alone, `link`, if it can have one.
pub(super) fn put(html: &mut Html, family: &Arc<GroupFamily>, room: &mut Room, link: Option<&str>) {
    put_start(html, family, "");
    let shown = put_series(html, family, 0, room);
    if shown < family.metrics.len() {
        html.raw("<p class=\"more\">");
        if shown > 0 {
            html.raw("The first ").count(shown as usize).raw(" of ");
        }
        html.counted(family.metrics.len() as usize, "series", "series")
            .raw(".");
        if let Some(link) = link {
            html.raw(" <a href=\"").text(link).raw("\">Show all</a>");
        }
        html.raw("</p>");
    }
    html.raw("</details>\n");
}

/// Appends the series of one family from a position on, and returns the position after the last one shown.
pub(super) fn put_alone(
    html: &mut Html,
    family: &Arc<GroupFamily>,
    room: &mut Room,
    from: u32,
) -> u32 {
    put_start(html, family, " open");
    let next = put_series(html, family, from, room);
    html.raw("</details>\n");
    next
}

fn put_start(html: &mut Html, family: &Arc<GroupFamily>, open: &'static str) {
    let now = Moment::now();
    html.raw("<details class=\"family\" data-name=\"")
        .start_only(&family.name, NAME_CHARS_MAX)
        .raw("\"")
        .raw(open)
        .raw("><summary><h4><bdi>");
    put_name(html, family.name.as_bytes(), NameScheme::is_metric_name);
    html.raw("</bdi></h4> <span class=\"type\">")
        .text(&family.kind.name())
        .raw("</span> ");
    if let Some(number) = sole_number(family) {
        html.raw("<span class=\"sole\">").text(&decimal(number));
        put_told_moment(html, &family.name, number, now);
        html.raw("</span> ");
    } else {
        html.raw("<span class=\"several\">")
            .counted(family.metrics.len() as usize, "series", "series")
            .raw("</span> ");
    }
    html.raw("<span class=\"about\">");
    if let Some(help) = family.help.as_ref().filter(|help| !help.is_empty()) {
        html.raw("<span class=\"help\"><bdi>")
            .start_of(help.as_bytes(), HELP_CHARS_MAX)
            .raw("</bdi></span> ");
    }
    html.raw("<span class=\"pushed\">last pushed: ");
    put_exact(html, family.pushed_at, now);
    html.raw("</span></span></summary>\n");
}

fn put_series(html: &mut Html, family: &Arc<GroupFamily>, from: u32, room: &mut Room) -> u32 {
    let total = family.metrics.len();
    let end = total.min(from.saturating_add(room.series));
    let mut index = from.min(total);
    if index < end && room.rows > 0 {
        put_table_start(html, family);
        while index < end && room.rows > 0 {
            let series = Series {
                family: Arc::clone(family),
                index,
            };
            let value = series.value();
            let rows = rows_of(&value).min(room.rows);
            put_row(html, &series, &value, rows);
            room.rows -= rows;
            index += 1;
        }
        put_table_end(html);
    }
    index
}

/// Returns the value of a family that has just one, to be seen without opening it.
fn sole_number(family: &GroupFamily) -> Option<f64> {
    if family.metrics.len() != 1
        || matches!(family.kind, MetricType::Summary | MetricType::Histogram)
    {
        return None;
    }
    number(&family.metrics.value(0))
}

/// Returns the value if it is a single number.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Counter(counter) => Some(counter.value),
        Value::Gauge(number) | Value::Untyped(number) => Some(*number),
        Value::Missing | Value::Summary(_) | Value::Histogram(_) => None,
    }
}

/// Appends how long ago a number was, if the name of the metric says that it is a moment.
pub(super) fn put_told_moment(html: &mut Html, name: &str, number: f64, now: Moment) {
    let tells_moment = MOMENT_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
    if tells_moment && number >= MOMENT_SECONDS_MIN && number.is_finite() {
        html.raw(" <span class=\"told\">");
        put_age(html, moment(number), now);
        html.raw("</span>");
    }
}
