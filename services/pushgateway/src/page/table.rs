//! The table of a family: a row for each series, and rows in rows for summaries and histograms.
//!
//! Source: pushgateway resources/template.html.

use std::sync::Arc;

use kit_metrics::model::{Histogram, Summary, Value};

use super::{
    card::{NAME_CHARS_MAX, put_label},
    family::{number, put_told_moment},
    html::Html,
    number::{decimal, native_line},
};
use crate::{
    native,
    store::{clock::Moment, group::GroupFamily, series::Series},
};

/// Buckets in the line of a native histogram.
const NATIVE_BUCKETS_MAX: usize = 500;

/// Rows that a summary or histogram has besides its quantiles or buckets.
const COUNT_AND_SUM: usize = 2;

/// Appends the head of the table.
pub(super) fn put_table_start(html: &mut Html, family: &Arc<GroupFamily>) {
    html.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Series of ");
    html.start_only(&family.name, NAME_CHARS_MAX);
    html.raw("\"><table><thead><tr><th scope=\"col\">Labels</th><th scope=\"col\">Value</th></tr></thead><tbody>\n");
}

/// Appends the end of the table.
pub(super) fn put_table_end(html: &mut Html) {
    html.raw("</tbody></table></div>\n");
}

/// Returns how many rows a value takes, its inner ones included.
pub(super) fn rows_of(value: &Value) -> usize {
    1 + match value {
        Value::Summary(summary) => summary.quantiles.len() + COUNT_AND_SUM,
        Value::Histogram(histogram) => histogram.buckets.len() + COUNT_AND_SUM + 1,
        Value::Missing | Value::Counter(_) | Value::Gauge(_) | Value::Untyped(_) => 0,
    }
}

/// Appends a series, its value in at most so many rows.
pub(super) fn put_row(html: &mut Html, series: &Series, value: &Value, rows_max: usize) {
    html.raw("<tr><td class=\"labels\">");
    let labels = series.labels();
    let is_of_group =
        |name: &[u8]| name == b"instance" || series.family.group.value(name).is_some();
    for label in labels.iter().filter(|label| !is_of_group(label.name)) {
        put_label(html, *label, "");
    }
    for label in labels.iter().filter(|label| is_of_group(label.name)) {
        put_label(html, *label, "of-group");
    }
    html.raw("</td><td class=\"number\">");
    match value {
        Value::Missing => {}
        Value::Summary(summary) => put_summary(html, summary, rows_max),
        Value::Histogram(histogram) => put_histogram(html, histogram, rows_max),
        simple => {
            let simple = number(simple).unwrap_or_default();
            html.text(&decimal(simple));
            put_told_moment(html, &series.family.name, simple, Moment::now());
        }
    }
    html.raw("</td></tr>\n");
}

fn put_summary(html: &mut Html, summary: &Summary, rows_max: usize) {
    let shown = rows_max
        .saturating_sub(COUNT_AND_SUM)
        .min(summary.quantiles.len());
    html.raw("<table class=\"inner\">\n");
    for point in &summary.quantiles[..shown] {
        put_inner(
            html,
            "Quantile ",
            &decimal(point.quantile),
            &decimal(point.value),
        );
    }
    put_rest(html, summary.quantiles.len() - shown);
    put_inner(html, "Sample Count", "", &summary.count.to_string());
    put_inner(html, "Sample Sum", "", &decimal(summary.sum));
    html.raw("</table>");
}

fn put_histogram(html: &mut Html, histogram: &Histogram, rows_max: usize) {
    let is_native = native::is_native(histogram);
    let shown = rows_max
        .saturating_sub(COUNT_AND_SUM)
        .min(histogram.buckets.len());
    html.raw("<table class=\"inner\">\n");
    if is_native {
        let (line, missing) = native_line(histogram, NATIVE_BUCKETS_MAX);
        put_inner(html, "Native Histogram representation", "", &line);
        put_rest(html, missing);
    }
    for bucket in &histogram.buckets[..shown] {
        let count = in_force(bucket.cumulative_count_float, bucket.cumulative_count);
        put_inner(
            html,
            "Sample values ≤ ",
            &decimal(bucket.upper_bound),
            &count,
        );
    }
    put_rest(html, histogram.buckets.len() - shown);
    // The line of a native histogram ends with both already.
    if !is_native || !histogram.buckets.is_empty() {
        put_inner(
            html,
            "Total sample Count",
            "",
            &in_force(histogram.count_float, histogram.count),
        );
        put_inner(html, "Sample Sum", "", &decimal(histogram.sum));
    }
    html.raw("</table>");
}

/// Returns a count of a histogram: that in floats if there is one.
fn in_force(float: f64, whole: u64) -> String {
    if float > 0.0 {
        decimal(float)
    } else {
        whole.to_string()
    }
}

fn put_inner(html: &mut Html, name: &'static str, of: &str, value: &str) {
    html.raw("<tr><th scope=\"row\">")
        .raw(name)
        .text(of)
        .raw("</th><td>")
        .text(value)
        .raw("</td></tr>\n");
}

fn put_rest(html: &mut Html, missing: usize) {
    if missing > 0 {
        html.raw("<tr><th scope=\"row\" colspan=\"2\">… ")
            .count(missing)
            .raw(" more not shown</th></tr>\n");
    }
}
