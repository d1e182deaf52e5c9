//! Plain metric values: what a family, a label and each kind of value are. How they are kept in few bytes is `packed`, how
//! they are read and written is `text` and `proto`.
//!
//! Label names and values are bytes: protobuf senders may put anything there, and it is the consistency check of a service,
//! not the model, that refuses text which is not UTF-8.
//!
//! Source: prometheus/client_model v0.6.2 metrics.proto.

use std::{borrow::Cow, cmp::Ordering};

use crate::packed::Metrics;

/// What kind of metric a family holds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum MetricType {
    /// A value that only grows.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// Quantiles with a count and a sum.
    Summary,
    /// A value of which nothing more is said.
    Untyped,
    /// Buckets, classic or native, with a count and a sum.
    Histogram,
    /// A histogram whose buckets may shrink.
    GaugeHistogram,
    /// A number that the protobuf enumeration does not name; kept because the sender sees it again in the JSON API.
    Unknown(i32),
}

impl MetricType {
    /// Returns the type of a protobuf enumeration number.
    #[must_use]
    pub const fn from_number(number: i32) -> Self {
        match number {
            0 => Self::Counter,
            1 => Self::Gauge,
            2 => Self::Summary,
            3 => Self::Untyped,
            4 => Self::Histogram,
            5 => Self::GaugeHistogram,
            other => Self::Unknown(other),
        }
    }

    /// Returns the protobuf enumeration number.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::Counter => 0,
            Self::Gauge => 1,
            Self::Summary => 2,
            Self::Untyped => 3,
            Self::Histogram => 4,
            Self::GaugeHistogram => 5,
            Self::Unknown(number) => number,
        }
    }

    /// Returns the protobuf enumeration name, or the number in decimal when it has none.
    #[must_use]
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Counter => "COUNTER",
            Self::Gauge => "GAUGE",
            Self::Summary => "SUMMARY",
            Self::Untyped => "UNTYPED",
            Self::Histogram => "HISTOGRAM",
            Self::GaugeHistogram => "GAUGE_HISTOGRAM",
            Self::Unknown(number) => return Cow::Owned(number.to_string()),
        })
    }
}

/// All metrics of one name as a client sent them.
#[derive(Clone, Debug)]
pub struct Family {
    /// Metric name, as bytes: protobuf does not promise UTF-8 nor that there is a name at all.
    pub name: Box<[u8]>,
    /// Help text; present but empty and absent are different states. Bytes that are not UTF-8 arrive replaced.
    pub help: Option<Box<str>>,
    /// What kind of metrics these are.
    pub kind: MetricType,
    /// Unit, kept for the protobuf snapshot only: no exposition shows it.
    pub unit: Option<Box<str>>,
    /// The metrics in the order they were sent.
    pub metrics: Metrics,
    /// Whether any metric carried a timestamp. The timestamps themselves are not kept.
    pub timestamped: bool,
}

/// One label of a metric.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Label<'a> {
    /// Label name.
    pub name: &'a [u8],
    /// Label value.
    pub value: &'a [u8],
}

/// The value of one metric.
///
/// A protobuf metric may carry several values at once; the one that fits the type of its family is kept, or else the first.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value at all, which only protobuf can express.
    Missing,
    /// A counter.
    Counter(Counter),
    /// A gauge.
    Gauge(f64),
    /// An untyped value.
    Untyped(f64),
    /// A summary.
    Summary(Summary),
    /// A histogram or gauge histogram.
    Histogram(Box<Histogram>),
}

/// A counter with what OpenMetrics adds to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counter {
    /// Current value.
    pub value: f64,
    /// One observation behind the value.
    pub exemplar: Option<Box<Exemplar>>,
    /// When the counter started.
    pub created: Option<Timestamp>,
}

/// Quantiles with their count and sum.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Number of observations.
    pub count: u64,
    /// Sum of the observations.
    pub sum: f64,
    /// Quantiles in stored order.
    pub quantiles: Vec<Quantile>,
    /// When the summary started.
    pub created: Option<Timestamp>,
}

/// One quantile of a summary.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quantile {
    /// Which quantile, from 0 to 1.
    pub quantile: f64,
    /// Its value.
    pub value: f64,
}

/// A classic histogram, a native one, or both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Number of observations.
    pub count: u64,
    /// Number of observations of a float histogram; in force when greater than 0.
    pub count_float: f64,
    /// Sum of the observations.
    pub sum: f64,
    /// Classic buckets in stored order.
    pub buckets: Vec<Bucket>,
    /// When the histogram started.
    pub created: Option<Timestamp>,
    /// The native part; absent for a classic histogram.
    pub native: Option<Box<NativeHistogram>>,
}

/// One classic bucket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bucket {
    /// Number of observations at or below the bound.
    pub cumulative_count: u64,
    /// The same as a float; in force when greater than 0.
    pub cumulative_count_float: f64,
    /// Upper bound, inclusive.
    pub upper_bound: f64,
    /// One observation of this bucket.
    pub exemplar: Option<Box<Exemplar>>,
}

/// The exponential buckets of a native histogram. Fields that protobuf left out are `None`, so that they stay out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NativeHistogram {
    /// Resolution: bounds are powers of 2^(2^-schema).
    pub schema: Option<i32>,
    /// Width of the zero bucket.
    pub zero_threshold: Option<f64>,
    /// Observations in the zero bucket.
    pub zero_count: Option<u64>,
    /// The same for float histograms.
    pub zero_count_float: Option<f64>,
    /// Buckets of negative observations.
    pub negative: BucketSide,
    /// Buckets of positive observations.
    pub positive: BucketSide,
    /// Observations shown beside the buckets.
    pub exemplars: Vec<Exemplar>,
}

/// Buckets of one sign: spans say where they lie, deltas (integer) or counts (float) what they hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BucketSide {
    /// Runs of consecutive buckets.
    pub spans: Vec<BucketSpan>,
    /// Integer counts, each as the difference to the one before.
    pub deltas: Vec<i64>,
    /// Float counts, absolute.
    pub counts: Vec<f64>,
}

/// A run of consecutive buckets.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct BucketSpan {
    /// Gap to the end of the run before; for the first run the index of its first bucket.
    pub offset: i32,
    /// Number of buckets in the run.
    pub length: u32,
}

/// One observation with labels of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exemplar {
    /// Labels as (name, value).
    pub labels: Vec<ExemplarLabel>,
    /// The observed value.
    pub value: f64,
    /// When it was observed.
    pub timestamp: Option<Timestamp>,
}

/// Name and value of a label of an exemplar.
pub type ExemplarLabel = (Box<[u8]>, Box<[u8]>);

/// A moment as protobuf writes it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Timestamp {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds within the second.
    pub nanos: i32,
}

impl Label<'_> {
    /// Orders labels by name alone, as a metric keeps them.
    #[must_use]
    pub fn by_name(&self, other: &Self) -> Ordering {
        self.name.cmp(other.name)
    }
}
