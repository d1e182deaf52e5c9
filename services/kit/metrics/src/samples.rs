//! Strategies that make metrics for the property tests of this crate. Numbers are never NaN, so that equality is equality.

use proptest::{collection::vec, option, prelude::*};

use crate::model::{
    Bucket, BucketSide, BucketSpan, Counter, Exemplar, Histogram, MetricType, NativeHistogram,
    Quantile, Summary, Timestamp, Value,
};

/// A label as it owns its bytes.
pub(crate) type OwnedLabel = (Vec<u8>, Vec<u8>);

/// Any double but NaN.
pub(crate) fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-2_000_000_i64..2_000_000).prop_map(|number| number as f64),
        any::<f64>().prop_filter("NaN equals nothing", |number| !number.is_nan()),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
    ]
}

/// A count that a double holds exactly.
pub(crate) fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..10, 0_u64..1 << 53]
}

pub(crate) fn labels() -> impl Strategy<Value = Vec<OwnedLabel>> {
    vec((vec(any::<u8>(), 0..4), vec(any::<u8>(), 0..200)), 0..4)
}

pub(crate) fn timestamp() -> impl Strategy<Value = Timestamp> {
    (any::<i64>(), any::<i32>()).prop_map(|(seconds, nanos)| Timestamp { seconds, nanos })
}

fn exemplar() -> impl Strategy<Value = Exemplar> {
    (
        vec((vec(any::<u8>(), 0..3), vec(any::<u8>(), 0..3)), 0..3),
        number(),
        option::of(timestamp()),
    )
        .prop_map(|(labels, value, timestamp)| Exemplar {
            labels: labels
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            value,
            timestamp,
        })
}

fn boxed_exemplar() -> impl Strategy<Value = Option<Box<Exemplar>>> {
    option::weighted(0.2, exemplar().prop_map(Box::new))
}

pub(crate) fn counter() -> impl Strategy<Value = Counter> {
    (
        number(),
        boxed_exemplar(),
        option::weighted(0.2, timestamp()),
    )
        .prop_map(|(value, exemplar, created)| Counter {
            value,
            exemplar,
            created,
        })
}

pub(crate) fn summary() -> impl Strategy<Value = Summary> {
    let quantile = (number(), number()).prop_map(|(quantile, value)| Quantile { quantile, value });
    (
        count(),
        number(),
        vec(quantile, 0..4),
        option::weighted(0.2, timestamp()),
    )
        .prop_map(|(count, sum, quantiles, created)| Summary {
            count,
            sum,
            quantiles,
            created,
        })
}

fn side() -> impl Strategy<Value = BucketSide> {
    let span =
        (any::<i32>(), any::<u32>()).prop_map(|(offset, length)| BucketSpan { offset, length });
    (
        vec(span, 0..3),
        vec(any::<i64>(), 0..4),
        vec(number(), 0..4),
    )
        .prop_map(|(spans, deltas, counts)| BucketSide {
            spans,
            deltas,
            counts,
        })
}

fn native() -> impl Strategy<Value = NativeHistogram> {
    // The schema is always there: a native part without any field is none on the wire.
    (
        any::<i32>(),
        option::of(number()),
        option::of(count()),
        option::of(number()),
        side(),
        side(),
        vec(exemplar(), 0..2),
    )
        .prop_map(
            |(
                schema,
                zero_threshold,
                zero_count,
                zero_count_float,
                negative,
                positive,
                exemplars,
            )| NativeHistogram {
                schema: Some(schema),
                zero_threshold,
                zero_count,
                zero_count_float,
                negative,
                positive,
                exemplars,
            },
        )
}

pub(crate) fn histogram() -> impl Strategy<Value = Histogram> {
    let bucket = (count(), number(), number(), boxed_exemplar()).prop_map(
        |(cumulative_count, cumulative_count_float, upper_bound, exemplar)| Bucket {
            cumulative_count,
            cumulative_count_float,
            upper_bound,
            exemplar,
        },
    );
    (
        count(),
        number(),
        number(),
        vec(bucket, 0..4),
        option::of(timestamp()),
        option::of(native().prop_map(Box::new)),
    )
        .prop_map(
            |(count, count_float, sum, buckets, created, native)| Histogram {
                count,
                count_float,
                sum,
                buckets,
                created,
                native,
            },
        )
}

/// A value of any kind, with the type of family it fits.
pub(crate) fn value() -> impl Strategy<Value = (MetricType, Value)> {
    prop_oneof![
        counter().prop_map(|counter| (MetricType::Counter, Value::Counter(counter))),
        number().prop_map(|value| (MetricType::Gauge, Value::Gauge(value))),
        number().prop_map(|value| (MetricType::Untyped, Value::Untyped(value))),
        summary().prop_map(|summary| (MetricType::Summary, Value::Summary(summary))),
        histogram()
            .prop_map(|histogram| (MetricType::Histogram, Value::Histogram(Box::new(histogram)))),
    ]
}
