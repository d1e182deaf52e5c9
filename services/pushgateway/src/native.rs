//! The exponential buckets of a native histogram as people read them: bounds and counts.
//!
//! Source: pushgateway histogram/prometheus_model.go; prometheus model/histogram `bucketIterator`.

mod bounds;

use kit_metrics::model::{BucketSide, Histogram, NativeHistogram};

/// One bucket that is not empty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NativeBucket {
    pub(crate) boundaries: Boundaries,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) count: Count,
}

/// Which bounds belong to a bucket, numbered as the JSON API shows them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Boundaries {
    /// `(lower, upper]`
    OpenLeft = 0,
    /// `[lower, upper)`
    OpenRight = 1,
    /// `[lower, upper]`
    Closed = 3,
}

/// How many observations a bucket holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Count {
    /// Of an integer histogram.
    Whole(u64),
    /// Of a float histogram.
    Float(f64),
}

/// Most buckets that one histogram is asked to show; beyond it the spans are taken to be broken.
const BUCKETS_MAX: usize = 100_000;

/// Tells whether a histogram is shown by its native part.
pub(crate) fn is_native(histogram: &Histogram) -> bool {
    histogram.native.as_ref().is_some_and(|native| {
        !native.negative.spans.is_empty() || !native.positive.spans.is_empty()
    })
}

/// Tells whether the native part counts in floats.
pub(crate) fn is_float(histogram: &Histogram) -> bool {
    let zero = histogram
        .native
        .as_ref()
        .and_then(|native| native.zero_count_float)
        .unwrap_or_default();
    histogram.count_float > 0.0 || zero > 0.0
}

/// Returns the buckets in ascending order, without the empty ones. A histogram whose spans and counts contradict each other
/// (deviation D6) has none.
pub(crate) fn buckets(histogram: &Histogram) -> Vec<NativeBucket> {
    let Some(native) = &histogram.native else {
        return Vec::new();
    };
    let is_float = is_float(histogram);
    let sides = (
        side(native, &native.negative, is_float),
        side(native, &native.positive, is_float),
    );
    let (Some(negative), Some(positive)) = sides else {
        return Vec::new();
    };
    let mirrored = negative.into_iter().rev().map(|bucket| NativeBucket {
        boundaries: Boundaries::OpenRight,
        lower: -bucket.upper,
        upper: -bucket.lower,
        ..bucket
    });
    mirrored
        .chain(zero_bucket(native, is_float))
        .chain(positive)
        .collect()
}

fn zero_bucket(native: &NativeHistogram, is_float: bool) -> Option<NativeBucket> {
    let count = if is_float {
        Count::Float(native.zero_count_float.unwrap_or_default())
    } else {
        Count::Whole(native.zero_count.unwrap_or_default())
    };
    let upper = native.zero_threshold.unwrap_or_default();
    let bucket = NativeBucket {
        boundaries: Boundaries::Closed,
        lower: -upper,
        upper,
        count,
    };
    (!count.is_zero()).then_some(bucket)
}

impl Count {
    fn is_zero(self) -> bool {
        matches!(self, Self::Whole(0)) || matches!(self, Self::Float(count) if count == 0.0)
    }
}

/// Returns the buckets of one sign by ascending distance from zero, or `None` if the side is broken.
fn side(native: &NativeHistogram, side: &BucketSide, is_float: bool) -> Option<Vec<NativeBucket>> {
    let schema = native.schema.unwrap_or_default();
    let counts = counts(side, is_float)?;
    let described = side
        .spans
        .iter()
        .try_fold(0usize, |sum, span| sum.checked_add(span.length as usize))?;
    if !(-4..=8).contains(&schema) || described != counts.len() || described > BUCKETS_MAX {
        return None;
    }
    let mut counts = counts.into_iter();
    let mut buckets = Vec::new();
    let mut index = 0i32;
    for span in &side.spans {
        index = index.checked_add(span.offset)?;
        for count in counts.by_ref().take(span.length as usize) {
            if !count.is_zero() {
                let (lower, upper) = (bound(index.checked_sub(1)?, schema), bound(index, schema));
                buckets.push(NativeBucket {
                    boundaries: Boundaries::OpenLeft,
                    lower,
                    upper,
                    count,
                });
            }
            index = index.checked_add(1)?;
        }
    }
    Some(buckets)
}

/// Returns the absolute counts: running sums of the deltas, or the float counts as they are.
fn counts(side: &BucketSide, is_float: bool) -> Option<Vec<Count>> {
    if is_float {
        return Some(
            side.counts
                .iter()
                .map(|count| Count::Float(*count))
                .collect(),
        );
    }
    let mut sum = 0i64;
    let running = side.deltas.iter().map(|delta| {
        sum = sum.checked_add(*delta)?;
        Some(Count::Whole(u64::try_from(sum).ok()?))
    });
    running.collect()
}

/// Returns the upper bound of a bucket: two to the power of `index` · 2^−`schema`.
fn bound(index: i32, schema: i32) -> f64 {
    const LARGEST_EXPONENT: i64 = 1024;
    let index = i64::from(index);
    let (fraction, exponent) = if schema < 0 {
        (0.5, (index << -schema) + 1)
    } else {
        let finest = (index & ((1 << schema) - 1)) << (8 - schema);
        let at = usize::try_from(finest).expect("a masked number is not negative");
        (bounds::BOUNDS[at], (index >> schema) + 1)
    };
    // The last bucket ends at the largest number, not at infinity, which has a bucket of its own.
    if fraction == 0.5 && exponent == LARGEST_EXPONENT + 1 {
        f64::MAX
    } else {
        scale(fraction, exponent)
    }
}

/// Returns `fraction` times two to the power of `exponent`, in steps that neither overflow nor underflow on the way.
fn scale(fraction: f64, exponent: i64) -> f64 {
    let half = i32::try_from(exponent.clamp(-2200, 2200) / 2).expect("clamped");
    let rest = i32::try_from(exponent.clamp(-2200, 2200)).expect("clamped") - half;
    fraction * 2f64.powi(half) * 2f64.powi(rest)
}

#[cfg(test)]
mod tests {
    use kit_metrics::model::BucketSpan;

    use super::*;

    fn histogram(schema: i32, spans: &[(i32, u32)], deltas: &[i64]) -> Histogram {
        let spans = spans
            .iter()
            .map(|(offset, length)| BucketSpan {
                offset: *offset,
                length: *length,
            })
            .collect();
        let side = BucketSide {
            spans,
            deltas: deltas.to_vec(),
            counts: Vec::new(),
        };
        let native = NativeHistogram {
            schema: Some(schema),
            positive: side.clone(),
            negative: side,
            ..NativeHistogram::default()
        };
        Histogram {
            native: Some(Box::new(native)),
            ..Histogram::default()
        }
    }

    #[test]
    fn buckets_ascend_from_the_negative_side_and_leave_out_the_empty() {
        let buckets = buckets(&histogram(1, &[(0, 2), (0, 2)], &[0, 2, -2, 0]));
        let shown: Vec<_> = buckets
            .iter()
            .map(|b| (b.boundaries as u8, b.lower, b.upper, b.count))
            .collect();
        let two = Count::Whole(2);
        let root = bound(1, 1);
        assert_eq!(root.to_string(), "1.414213562373095"); // not the nearest to the root of two
        assert_eq!(shown, [(1, -root, -1.0, two), (0, 1.0, root, two)]);
    }

    #[test]
    fn contradictions_show_no_buckets() {
        assert_eq!(buckets(&histogram(9, &[(0, 1)], &[1])), []);
        assert_eq!(buckets(&histogram(0, &[(0, 2)], &[1])), []);
        assert_eq!(buckets(&histogram(0, &[(0, 1)], &[-1])), []);
        assert_eq!(
            buckets(&histogram(0, &[(i32::MAX, 1), (1, 1)], &[1, 0])),
            []
        );
    }

    #[test]
    fn extreme_bounds_are_finite_or_zero() {
        assert_eq!(bound(1024, 0), f64::MAX);
        assert_eq!(bound(1023, 0), 2f64.powi(1023));
        assert_eq!(bound(-1074, 0), f64::from_bits(1));
        assert_eq!(bound(i32::MIN, 0), 0.0);
        assert_eq!(bound(2, -4), 2f64.powi(32));
    }
}
