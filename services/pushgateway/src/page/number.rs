//! Numbers as the page shows them.
//!
//! Source: pushgateway handler/status.go (`value`, `formatHistogram`); prometheus model/histogram `Histogram.String`.

use kit_metrics::{float::format_float, model::Histogram};

use crate::{
    api_v1::count_text,
    native::{self, Boundaries, NativeBucket},
};

/// Returns a number in plain decimal, however large: Go's format `f` with the shortest digits.
pub(super) fn decimal(number: f64) -> String {
    match number {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        number => number.to_string(),
    }
}

/// Returns a native histogram as one line, and how many of its buckets beyond `buckets_max` are missing there.
pub(super) fn native_line(histogram: &Histogram, buckets_max: usize) -> (String, usize) {
    let count = if native::is_float(histogram) {
        shortest(histogram.count_float)
    } else {
        histogram.count.to_string()
    };
    let buckets = native::buckets(histogram);
    let mut line = format!("{{count:{count}, sum:{}", shortest(histogram.sum));
    for bucket in buckets.iter().take(buckets_max) {
        line.push_str(", ");
        line.push_str(&bucket_text(bucket));
    }
    let missing = buckets.len().saturating_sub(buckets_max);
    line.push_str(if missing > 0 { ", …}" } else { "}" });
    (line, missing)
}

fn bucket_text(bucket: &NativeBucket) -> String {
    let (open, close) = match bucket.boundaries {
        Boundaries::OpenLeft => ('(', ']'),
        Boundaries::OpenRight => ('[', ')'),
        Boundaries::Closed => ('[', ']'),
    };
    let (lower, upper) = (shortest(bucket.lower), shortest(bucket.upper));
    format!("{open}{lower},{upper}{close}:{}", count_text(bucket.count))
}

/// Returns a number as Go's `%g` does.
fn shortest(number: f64) -> String {
    let mut text = Vec::new();
    format_float(&mut text, number);
    String::from_utf8(text).expect("numbers are ASCII")
}

#[cfg(test)]
mod tests {
    use kit_metrics::model::{BucketSide, BucketSpan, NativeHistogram};

    use super::*;

    #[test]
    fn numbers_have_no_exponent() {
        let numbers = [
            1e21,
            1e-7,
            0.1,
            -0.0,
            3.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        let shown = [
            "1000000000000000000000",
            "0.0000001",
            "0.1",
            "-0",
            "3",
            "NaN",
            "+Inf",
            "-Inf",
        ];
        assert_eq!(numbers.map(decimal), shown);
    }

    #[test]
    fn a_native_histogram_is_one_line() {
        let side = BucketSide {
            spans: vec![BucketSpan {
                offset: 0,
                length: 2,
            }],
            deltas: vec![1, 1],
            counts: Vec::new(),
        };
        let native = NativeHistogram {
            schema: Some(0),
            zero_threshold: Some(0.001),
            zero_count: Some(4),
            negative: side.clone(),
            positive: side,
            ..NativeHistogram::default()
        };
        let histogram = Histogram {
            count: 10,
            sum: 18.4,
            native: Some(Box::new(native)),
            ..Histogram::default()
        };
        let all =
            "{count:10, sum:18.4, [-2,-1):2, [-1,-0.5):1, [-0.001,0.001]:4, (0.5,1]:1, (1,2]:2}";
        assert_eq!(native_line(&histogram, 5), (all.to_owned(), 0));
        let start = "{count:10, sum:18.4, [-2,-1):2, …}";
        assert_eq!(native_line(&histogram, 1), (start.to_owned(), 4));
    }
}
