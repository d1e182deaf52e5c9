//! Families written as `MetricFamily` messages: delimited in exposition, single in snapshots. Fields ascend, as Go writes them.
//!
//! Source: prometheus/client_model v0.6.2 metrics.proto; google.golang.org/protobuf v1.36 `protodelim.MarshalTo`.

use std::borrow::Borrow;

use super::{
    value::{put_counter, put_histogram, put_summary},
    wire::{put_bytes, put_double, put_message, put_prefixed, put_uint},
};
use crate::model::{Label, MetricType, Value};

/// Appends a family with its length in front, as a delimited stream has it. `unit` comes after the metrics.
pub fn family_delimited<'a, L, V>(
    out: &mut Vec<u8>,
    name: &[u8],
    help: Option<&str>,
    kind: MetricType,
    unit: Option<&str>,
    metrics: impl IntoIterator<Item = (L, V)>,
) where
    L: IntoIterator<Item = Label<'a>>,
    V: Borrow<Value>,
{
    put_prefixed(out, |out| family(out, name, help, kind, unit, metrics));
}

/// Appends a family without its length, as a snapshot holds it.
pub fn family<'a, L, V>(
    out: &mut Vec<u8>,
    name: &[u8],
    help: Option<&str>,
    kind: MetricType,
    unit: Option<&str>,
    metrics: impl IntoIterator<Item = (L, V)>,
) where
    L: IntoIterator<Item = Label<'a>>,
    V: Borrow<Value>,
{
    header(out, name, help, kind);
    for (labels, value) in metrics {
        metric(out, labels, value.borrow());
    }
    if let Some(unit) = unit {
        put_bytes(out, 5, unit.as_bytes());
    }
}

/// Appends the fields of a family that stand before its metrics. With [`metric`] it lets a caller keep the parts apart.
pub fn header(out: &mut Vec<u8>, name: &[u8], help: Option<&str>, kind: MetricType) {
    put_bytes(out, 1, name);
    if let Some(help) = help {
        put_bytes(out, 2, help.as_bytes());
    }
    put_uint(out, 3, i64::from(kind.number()).cast_unsigned());
}

/// Appends one metric of a family.
pub fn metric<'a>(out: &mut Vec<u8>, labels: impl IntoIterator<Item = Label<'a>>, value: &Value) {
    put_message(out, 4, |out| put_metric_payload(out, labels, value));
}

/// Appends the length that stands before each message of a delimited stream.
pub fn length(out: &mut Vec<u8>, bytes: usize) {
    super::put_varint(out, bytes as u64);
}

pub(super) fn put_metric_payload<'a>(
    out: &mut Vec<u8>,
    labels: impl IntoIterator<Item = Label<'a>>,
    value: &Value,
) {
    for label in labels {
        put_message(out, 1, |out| {
            put_bytes(out, 1, label.name);
            put_bytes(out, 2, label.value);
        });
    }
    match value {
        Value::Missing => {}
        Value::Gauge(value) => put_message(out, 2, |out| put_double(out, 1, *value)),
        Value::Counter(counter) => put_message(out, 3, |out| put_counter(out, counter)),
        Value::Summary(summary) => put_message(out, 4, |out| put_summary(out, summary)),
        Value::Untyped(value) => put_message(out, 5, |out| put_double(out, 1, *value)),
        Value::Histogram(histogram) => put_message(out, 7, |out| put_histogram(out, histogram)),
    }
}
