//! The messages of `io.prometheus.client`, as data: field name, number and kind.
//!
//! Source: client_model io/prometheus/client/metrics.proto.

/// Kind of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Double,
    Unsigned,
    Signed,
    ZigZag,
    Type,
    Message(&'static Message),
}

/// Fields of a message, by number.
#[derive(Debug)]
pub(super) struct Message(pub(super) &'static [(&'static str, u32, Kind)]);

/// Names of the metric types, by number.
pub(super) const TYPES: [&str; 6] = [
    "COUNTER",
    "GAUGE",
    "SUMMARY",
    "UNTYPED",
    "HISTOGRAM",
    "GAUGE_HISTOGRAM",
];

use Kind::{Double, Message as Nested, Signed, Text, Type, Unsigned, ZigZag};

pub(super) static FAMILY: Message = Message(&[
    ("name", 1, Text),
    ("help", 2, Text),
    ("type", 3, Type),
    ("metric", 4, Nested(&METRIC)),
    ("unit", 5, Text),
]);

static METRIC: Message = Message(&[
    ("label", 1, Nested(&LABEL)),
    ("gauge", 2, Nested(&VALUE)),
    ("counter", 3, Nested(&COUNTER)),
    ("summary", 4, Nested(&SUMMARY)),
    ("untyped", 5, Nested(&VALUE)),
    ("timestamp_ms", 6, Signed),
    ("histogram", 7, Nested(&HISTOGRAM)),
]);

static LABEL: Message = Message(&[("name", 1, Text), ("value", 2, Text)]);

static VALUE: Message = Message(&[("value", 1, Double)]);

static COUNTER: Message = Message(&[
    ("value", 1, Double),
    ("exemplar", 2, Nested(&EXEMPLAR)),
    ("created_timestamp", 3, Nested(&TIMESTAMP)),
]);

static SUMMARY: Message = Message(&[
    ("sample_count", 1, Unsigned),
    ("sample_sum", 2, Double),
    ("quantile", 3, Nested(&QUANTILE)),
    ("created_timestamp", 4, Nested(&TIMESTAMP)),
]);

static QUANTILE: Message = Message(&[("quantile", 1, Double), ("value", 2, Double)]);

static HISTOGRAM: Message = Message(&[
    ("sample_count", 1, Unsigned),
    ("sample_sum", 2, Double),
    ("bucket", 3, Nested(&BUCKET)),
    ("sample_count_float", 4, Double),
    ("schema", 5, ZigZag),
    ("zero_threshold", 6, Double),
    ("zero_count", 7, Unsigned),
    ("zero_count_float", 8, Double),
    ("negative_span", 9, Nested(&SPAN)),
    ("negative_delta", 10, ZigZag),
    ("negative_count", 11, Double),
    ("positive_span", 12, Nested(&SPAN)),
    ("positive_delta", 13, ZigZag),
    ("positive_count", 14, Double),
    ("created_timestamp", 15, Nested(&TIMESTAMP)),
    ("exemplars", 16, Nested(&EXEMPLAR)),
]);

static BUCKET: Message = Message(&[
    ("cumulative_count", 1, Unsigned),
    ("upper_bound", 2, Double),
    ("exemplar", 3, Nested(&EXEMPLAR)),
    ("cumulative_count_float", 4, Double),
]);

static SPAN: Message = Message(&[("offset", 1, ZigZag), ("length", 2, Unsigned)]);

static EXEMPLAR: Message = Message(&[
    ("label", 1, Nested(&LABEL)),
    ("value", 2, Double),
    ("timestamp", 3, Nested(&TIMESTAMP)),
]);

static TIMESTAMP: Message = Message(&[("seconds", 1, Signed), ("nanos", 2, Signed)]);

impl Message {
    pub(super) fn by_name(&self, name: &str) -> Option<(u32, Kind)> {
        self.0
            .iter()
            .find(|(field, ..)| *field == name)
            .map(|(_, number, kind)| (*number, *kind))
    }

    pub(super) fn by_number(&self, number: u32) -> Option<(&'static str, Kind)> {
        self.0
            .iter()
            .find(|(_, field, _)| *field == number)
            .map(|(name, _, kind)| (*name, *kind))
    }
}
