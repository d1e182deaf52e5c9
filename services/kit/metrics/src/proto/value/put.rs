//! Values written as their messages, fields in ascending order, as Go writes them.

use super::super::wire::{put_bytes, put_double, put_message, put_sint, put_uint};
use crate::model::{Bucket, BucketSide, Counter, Exemplar, Histogram, Summary, Timestamp};

/// Appends the payload of a `Counter` message.
pub fn put_counter(out: &mut Vec<u8>, counter: &Counter) {
    put_double(out, 1, counter.value);
    if let Some(exemplar) = &counter.exemplar {
        put_message(out, 2, |out| put_exemplar(out, exemplar));
    }
    put_timestamp(out, 3, counter.created);
}

/// Appends the payload of a `Summary` message.
pub fn put_summary(out: &mut Vec<u8>, summary: &Summary) {
    put_uint(out, 1, summary.count);
    put_double(out, 2, summary.sum);
    for quantile in &summary.quantiles {
        put_message(out, 3, |out| {
            put_double(out, 1, quantile.quantile);
            put_double(out, 2, quantile.value);
        });
    }
    put_timestamp(out, 4, summary.created);
}

/// Appends the payload of a `Histogram` message.
pub fn put_histogram(out: &mut Vec<u8>, histogram: &Histogram) {
    put_count(out, [1, 4], histogram.count, histogram.count_float, |out| {
        put_double(out, 2, histogram.sum);
        for bucket in &histogram.buckets {
            put_message(out, 3, |out| put_bucket(out, bucket));
        }
    });
    let Some(native) = &histogram.native else {
        put_timestamp(out, 15, histogram.created);
        return;
    };
    if let Some(schema) = native.schema {
        put_sint(out, 5, schema.into());
    }
    put_optional_double(out, 6, native.zero_threshold);
    if let Some(count) = native.zero_count {
        put_uint(out, 7, count);
    }
    put_optional_double(out, 8, native.zero_count_float);
    put_side(out, 9, &native.negative);
    put_side(out, 12, &native.positive);
    put_timestamp(out, 15, histogram.created);
    for exemplar in &native.exemplars {
        put_message(out, 16, |out| put_exemplar(out, exemplar));
    }
}

/// Writes a count as integer or float, whichever is in force, around what stands between the two fields.
fn put_count(
    out: &mut Vec<u8>,
    [field, float_field]: [u32; 2],
    count: u64,
    float: f64,
    between: impl FnOnce(&mut Vec<u8>),
) {
    let has_float = float.to_bits() != 0;
    if count != 0 || !has_float {
        put_uint(out, field, count);
    }
    between(out);
    if has_float {
        put_double(out, float_field, float);
    }
}

fn put_bucket(out: &mut Vec<u8>, bucket: &Bucket) {
    put_count(
        out,
        [1, 4],
        bucket.cumulative_count,
        bucket.cumulative_count_float,
        |out| {
            put_double(out, 2, bucket.upper_bound);
            if let Some(exemplar) = &bucket.exemplar {
                put_message(out, 3, |out| put_exemplar(out, exemplar));
            }
        },
    );
}

fn put_side(out: &mut Vec<u8>, first_field: u32, side: &BucketSide) {
    for span in &side.spans {
        put_message(out, first_field, |out| {
            put_sint(out, 1, span.offset.into());
            put_uint(out, 2, span.length.into());
        });
    }
    for delta in &side.deltas {
        put_sint(out, first_field + 1, *delta);
    }
    for count in &side.counts {
        put_double(out, first_field + 2, *count);
    }
}

fn put_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    for (name, value) in &exemplar.labels {
        put_message(out, 1, |out| {
            put_bytes(out, 1, name);
            put_bytes(out, 2, value);
        });
    }
    put_double(out, 2, exemplar.value);
    put_timestamp(out, 3, exemplar.timestamp);
}

/// Writes `google.protobuf.Timestamp`, which is proto3: zeros stay out.
fn put_timestamp(out: &mut Vec<u8>, field: u32, timestamp: Option<Timestamp>) {
    let Some(Timestamp { seconds, nanos }) = timestamp else {
        return;
    };
    put_message(out, field, |out| {
        if seconds != 0 {
            put_uint(out, 1, seconds as u64);
        }
        if nanos != 0 {
            put_uint(out, 2, i64::from(nanos) as u64);
        }
    });
}

fn put_optional_double(out: &mut Vec<u8>, field: u32, number: Option<f64>) {
    if let Some(number) = number {
        put_double(out, field, number);
    }
}
