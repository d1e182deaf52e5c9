//! The JSON API: what runs, and everything stored.
//!
//! Source: pushgateway api/v1/api.go.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use kit_metrics::{
    float::format_float,
    model::{Histogram, MetricType, Summary, Value},
};
use kit_telemetry::BuildInfo;

use crate::{
    json::{put_separator, put_string, put_strings},
    local_time::rfc3339_nanos,
    native::{self, Count},
    store::{
        clock::Moment,
        group::{Group, GroupFamily},
        series::Series,
        state::State,
    },
};

/// Size at which a piece of a long answer is closed.
const PIECE_BYTES: usize = 1 << 18;

/// Returns the answer of `status`.
pub(crate) fn status(build: &BuildInfo, flags: &[(String, String)], started: Moment) -> Bytes {
    let build = [
        ("branch", build.branch),
        ("buildDate", build.build_date),
        ("buildUser", build.build_user),
        ("goVersion", build.toolchain),
        ("revision", build.revision),
        ("version", &build.version),
    ];
    let flags: BTreeMap<_, _> = flags
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let texts = |(name, value): (&'static str, &str)| (name.as_bytes(), value.to_owned());
    let build: Vec<_> = build.into_iter().map(texts).collect();
    let mut out = br#"{"status":"success","data":{"build_information":"#.to_vec();
    put_strings(
        &mut out,
        build.iter().map(|(name, value)| (*name, value.as_bytes())),
    );
    out.extend_from_slice(br#","flags":"#);
    put_strings(
        &mut out,
        flags
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
    );
    out.extend_from_slice(br#","start_time":"#);
    put_string(&mut out, rfc3339_nanos(started).as_bytes());
    out.extend_from_slice(b"}}");
    out.into()
}

/// Returns the answer of `metrics`, in pieces. Groups come in the order of their keys.
pub(crate) fn metrics(state: &State) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    let mut out = br#"{"status":"success","data":["#.to_vec();
    for (position, group) in state.groups.iter().enumerate() {
        put_separator(&mut out, position);
        put_group(&mut out, group);
        if out.len() >= PIECE_BYTES {
            pieces.push(Bytes::copy_from_slice(&out));
            out.clear();
        }
    }
    out.extend_from_slice(b"]}");
    pieces.push(out.into());
    pieces
}

/// Returns the answer of `groups`, which deletes by label matchers: which groups were chosen. Ours.
pub(crate) fn groups(groups: &[Arc<Group>], dry_run: bool) -> Bytes {
    let mut out =
        format!(r#"{{"status":"success","data":{{"dry_run":{dry_run},"groups":["#).into_bytes();
    for (position, group) in groups.iter().enumerate() {
        put_separator(&mut out, position);
        put_strings(
            &mut out,
            group.key.labels().map(|label| (label.name, label.value)),
        );
    }
    out.extend_from_slice(b"]}}");
    out.into()
}

/// A member of a group's object.
enum Member<'a> {
    Labels,
    LastPushSuccessful,
    Family(&'a Arc<GroupFamily>),
}

fn put_group(out: &mut Vec<u8>, group: &Group) {
    // A metric may bear the name of one of the two fixed members; it then takes its place, as upstream's map has it.
    let mut members = BTreeMap::from([
        ("labels", Member::Labels),
        ("last_push_successful", Member::LastPushSuccessful),
    ]);
    members.extend(
        group
            .families
            .iter()
            .map(|family| (&*family.name, Member::Family(family))),
    );
    out.push(b'{');
    for (position, (name, member)) in members.into_iter().enumerate() {
        put_separator(out, position);
        put_string(out, name.as_bytes());
        out.push(b':');
        match member {
            Member::Labels => put_strings(
                out,
                group.key.labels().map(|label| (label.name, label.value)),
            ),
            Member::LastPushSuccessful => {
                out.extend_from_slice(group.last_push_successful().to_string().as_bytes());
            }
            Member::Family(family) => put_family(out, family),
        }
    }
    out.push(b'}');
}

fn put_family(out: &mut Vec<u8>, family: &Arc<GroupFamily>) {
    out.extend_from_slice(br#"{"time_stamp":"#);
    put_string(out, rfc3339_nanos(family.pushed_at).as_bytes());
    out.extend_from_slice(br#","type":"#);
    put_string(out, family.kind.name().as_bytes());
    if let Some(help) = family.help.as_ref().filter(|help| !help.is_empty()) {
        out.extend_from_slice(br#","help":"#);
        put_string(out, help.as_bytes());
    }
    out.extend_from_slice(br#","metrics":["#);
    for (position, series) in Series::of(family).enumerate() {
        put_separator(out, position);
        put_metric(out, family.kind, &series);
    }
    out.extend_from_slice(b"]}");
}

/// Appends a metric; which members it has is decided by the type of its family.
fn put_metric(out: &mut Vec<u8>, kind: MetricType, series: &Series) {
    let value = series.value();
    out.push(b'{');
    match kind {
        MetricType::Summary => {
            let summary = if let Value::Summary(summary) = &value {
                summary
            } else {
                &Summary::default()
            };
            put_number(out, "count", &summary.count.to_string());
            out.push(b',');
            put_labels(out, series);
            out.extend_from_slice(br#","quantiles":"#);
            put_numbers(
                out,
                summary
                    .quantiles
                    .iter()
                    .map(|point| (float(point.quantile), float(point.value))),
            );
            out.push(b',');
            put_number(out, "sum", &float(summary.sum));
        }
        MetricType::Histogram => {
            let histogram = if let Value::Histogram(histogram) = &value {
                histogram
            } else {
                &Histogram::default()
            };
            out.extend_from_slice(br#""buckets":"#);
            put_buckets(out, histogram);
            out.push(b',');
            put_number(out, "count", &count_of(histogram));
            out.push(b',');
            put_labels(out, series);
            out.push(b',');
            put_number(out, "sum", &float(histogram.sum));
        }
        _ => {
            put_labels(out, series);
            out.push(b',');
            put_number(out, "value", &float(simple(&value)));
        }
    }
    out.push(b'}');
}

fn put_labels(out: &mut Vec<u8>, series: &Series) {
    out.extend_from_slice(br#""labels":"#);
    let labels: BTreeMap<_, _> = series
        .labels()
        .iter()
        .map(|label| (label.name, label.value))
        .collect();
    put_strings(out, labels);
}

fn put_buckets(out: &mut Vec<u8>, histogram: &Histogram) {
    if !native::is_native(histogram) {
        let counts = histogram.buckets.iter().map(|bucket| {
            let count = match bucket.cumulative_count_float {
                count if count > 0.0 => float(count),
                _ => bucket.cumulative_count.to_string(),
            };
            (float(bucket.upper_bound), count)
        });
        return put_numbers(out, counts);
    }
    out.push(b'[');
    for (position, bucket) in native::buckets(histogram).iter().enumerate() {
        put_separator(out, position);
        let (lower, upper, count) = (
            float(bucket.lower),
            float(bucket.upper),
            count_text(bucket.count),
        );
        out.extend_from_slice(
            format!(
                r#"[{},"{lower}","{upper}","{count}"]"#,
                bucket.boundaries as u8
            )
            .as_bytes(),
        );
    }
    out.push(b']');
}

fn count_of(histogram: &Histogram) -> String {
    let in_floats = if native::is_native(histogram) {
        native::is_float(histogram)
    } else {
        histogram.count_float > 0.0
    };
    if in_floats {
        float(histogram.count_float)
    } else {
        histogram.count.to_string()
    }
}

/// Returns a bucket count as text.
pub(crate) fn count_text(count: Count) -> String {
    match count {
        Count::Whole(count) => count.to_string(),
        Count::Float(count) => float(count),
    }
}

fn put_number(out: &mut Vec<u8>, name: &str, number: &str) {
    out.extend_from_slice(format!(r#""{name}":"{number}""#).as_bytes());
}

/// Appends an object of numbers as texts, sorted by key; of equal keys the last counts.
fn put_numbers(out: &mut Vec<u8>, members: impl Iterator<Item = (String, String)>) {
    let members: BTreeMap<_, _> = members.collect();
    put_strings(
        out,
        members
            .iter()
            .map(|(key, value)| (key.as_bytes(), value.as_bytes())),
    );
}

fn simple(value: &Value) -> f64 {
    match value {
        Value::Counter(counter) => counter.value,
        Value::Gauge(value) | Value::Untyped(value) => *value,
        Value::Missing | Value::Summary(_) | Value::Histogram(_) => 0.0,
    }
}

fn float(number: f64) -> String {
    let mut text = Vec::new();
    format_float(&mut text, number);
    String::from_utf8(text).expect("numbers are ASCII")
}
