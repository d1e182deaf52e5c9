//! Histograms with fixed bounds: one atomic count for each bucket.
//!
//! Source: prometheus/client_golang v1.23.2 prometheus/histogram.go.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{Children, Collect, Description};
use crate::model::{self, Bucket, Family, MetricType, Value};

/// Returns `count` bounds, the first `start`, each `factor` times the one before.
#[must_use]
pub fn exponential_bounds(start: f64, factor: f64, count: usize) -> Vec<f64> {
    std::iter::successors(Some(start), |bound| Some(bound * factor))
        .take(count)
        .collect()
}

/// How often values fell at or below each bound, and their sum.
#[derive(Debug)]
pub struct Histogram {
    bounds: Arc<[f64]>,
    /// One for each bound, and one for what is beyond the last.
    counts: Box<[AtomicU64]>,
    sum_bits: AtomicU64,
}

impl Histogram {
    fn new(bounds: Arc<[f64]>) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self {
            bounds,
            counts,
            sum_bits: AtomicU64::new(0),
        }
    }

    /// Takes in a value.
    pub fn observe(&self, value: f64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.counts[bucket].fetch_add(1, Relaxed);
        let add = |bits| Some((f64::from_bits(bits) + value).to_bits());
        // The closure always has an answer.
        let _ = self.sum_bits.fetch_update(Relaxed, Relaxed, add);
    }

    fn value(&self) -> Value {
        let mut count = 0;
        let mut cumulate = |bucket: &AtomicU64| {
            count += bucket.load(Relaxed);
            count
        };
        let buckets = self
            .bounds
            .iter()
            .zip(&self.counts)
            .map(|(bound, bucket)| Bucket {
                cumulative_count: cumulate(bucket),
                upper_bound: *bound,
                ..Bucket::default()
            })
            .collect();
        let count = cumulate(&self.counts[self.bounds.len()]);
        Value::Histogram(Box::new(model::Histogram {
            count,
            sum: f64::from_bits(self.sum_bits.load(Relaxed)),
            buckets,
            ..model::Histogram::default()
        }))
    }
}

/// Histograms of one name and the same bounds that differ in their label values.
#[derive(Debug)]
pub struct HistogramVec<const N: usize> {
    bounds: Arc<[f64]>,
    children: Children<Histogram, N>,
}

impl<const N: usize> HistogramVec<N> {
    /// Returns a family without a histogram, which is not shown before its first one. Bounds rise.
    #[must_use]
    pub fn new(description: Description, labels: [&'static str; N], bounds: Vec<f64>) -> Self {
        Self {
            bounds: bounds.into(),
            children: Children::new(description, labels),
        }
    }

    /// Returns the histogram with these label values, in the order of the label names.
    #[must_use]
    pub fn with(&self, values: [&str; N]) -> Arc<Histogram> {
        let make = || Histogram::new(self.bounds.clone());
        self.children.with(values, make)
    }
}

impl<const N: usize> Collect for HistogramVec<N> {
    fn collect(&self, families: &mut Vec<Family>) {
        self.children
            .collect(families, MetricType::Histogram, Histogram::value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_in_every_bucket_it_does_not_exceed() {
        let description = Description {
            name: "h",
            help: "",
        };
        let family = HistogramVec::new(description, ["a"], exponential_bounds(1.0, 2.0, 3));
        for value in [0.5, 1.0, 3.0, 9.0] {
            family.with(["x"]).observe(value);
        }
        let Value::Histogram(shown) = family.with(["x"]).value() else {
            panic!("a histogram is shown as one");
        };
        let counts: Vec<_> = shown
            .buckets
            .iter()
            .map(|it| (it.upper_bound, it.cumulative_count))
            .collect();
        assert_eq!(counts, [(1.0, 2), (2.0, 2), (4.0, 3)]);
        assert_eq!((shown.count, shown.sum), (4, 13.5));
    }
}
