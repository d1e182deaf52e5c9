//! Summaries and histograms being put together: samples with equal labels are one metric, in the order of first appearance.

use std::collections::HashMap;

use super::{Role, Sample};
use crate::{
    model::{Bucket, Histogram, Label, Quantile, Summary, Value},
    packed::{Metrics, MetricsBuilder, put_label, take_label},
};

/// The metrics of one summary or histogram family.
pub(super) struct Folded {
    /// Sorted labels, packed, to the place of their metric.
    places: HashMap<Box<[u8]>, usize>,
    values: Values,
    /// Labels of the sample before, which the next one most likely has too.
    last_key: Vec<u8>,
    last_place: Option<usize>,
    key: Vec<u8>,
}

enum Values {
    Summaries(Vec<Summary>),
    Histograms(Vec<Histogram>),
}

impl Folded {
    pub(super) fn summaries() -> Self {
        Self::new(Values::Summaries(Vec::new()))
    }

    pub(super) fn histograms() -> Self {
        Self::new(Values::Histograms(Vec::new()))
    }

    fn new(values: Values) -> Self {
        Self {
            places: HashMap::new(),
            values,
            last_key: Vec::new(),
            last_place: None,
            key: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, sample: &Sample, labels: &mut [Label<'_>]) {
        let place = self.place(labels);
        match &mut self.values {
            Values::Summaries(summaries) => add_to_summary(&mut summaries[place], sample),
            Values::Histograms(histograms) => add_to_histogram(&mut histograms[place], sample),
        }
    }

    /// Returns the place of the metric with these labels, which may be a new one.
    fn place(&mut self, labels: &mut [Label<'_>]) -> usize {
        labels.sort_by(Label::by_name);
        self.key.clear();
        for label in labels {
            put_label(&mut self.key, *label);
        }
        if let Some(place) = self.last_place.filter(|_| self.last_key == self.key) {
            return place;
        }
        let place = match self.places.get(self.key.as_slice()) {
            Some(place) => *place,
            None => {
                let place = self.places.len();
                self.places.insert(self.key.as_slice().into(), place);
                match &mut self.values {
                    Values::Summaries(summaries) => summaries.push(Summary::default()),
                    Values::Histograms(histograms) => histograms.push(Histogram::default()),
                }
                place
            }
        };
        std::mem::swap(&mut self.key, &mut self.last_key);
        self.last_place = Some(place);
        place
    }

    pub(super) fn finish(self) -> Metrics {
        let mut keys: Vec<_> = self.places.into_iter().collect();
        keys.sort_unstable_by_key(|(_, place)| *place);
        let keys = keys.into_iter().map(|(key, _)| key);
        match self.values {
            Values::Summaries(summaries) => {
                pack(keys.zip(summaries.into_iter().map(Value::Summary)))
            }
            Values::Histograms(histograms) => pack(
                keys.zip(
                    histograms
                        .into_iter()
                        .map(|histogram| Value::Histogram(Box::new(normal(histogram)))),
                ),
            ),
        }
    }
}

fn pack(metrics: impl Iterator<Item = (Box<[u8]>, Value)>) -> Metrics {
    let mut builder = MetricsBuilder::default();
    for (key, value) in metrics {
        let mut rest = &*key;
        let mut labels = Vec::new();
        while !rest.is_empty() {
            labels.push(take_label(&mut rest));
        }
        builder
            .push(&mut labels, &value)
            .expect("packed it is smaller than the values in memory were");
    }
    builder.finish()
}

fn add_to_summary(summary: &mut Summary, sample: &Sample) {
    match (sample.role, sample.special) {
        (Role::Count, _) => summary.count = to_uint(sample.value),
        (Role::Sum, _) => summary.sum = sample.value,
        (Role::Plain, Some(quantile)) if !quantile.is_nan() => {
            summary.quantiles.push(Quantile {
                quantile,
                value: sample.value,
            });
        }
        // Upstream too takes a sample without quantile as a summary of which nothing is known.
        (Role::Plain, _) => {}
    }
}

fn add_to_histogram(histogram: &mut Histogram, sample: &Sample) {
    let count = to_uint(sample.value);
    let is_integer = count as f64 == sample.value;
    match (sample.role, sample.special) {
        (Role::Count, _) if is_integer => histogram.count = count,
        (Role::Count, _) => histogram.count_float = sample.value,
        (Role::Sum, _) => histogram.sum = sample.value,
        (Role::Plain, Some(upper_bound)) if !upper_bound.is_nan() => {
            let (cumulative_count, cumulative_count_float) = if is_integer {
                (count, 0.0)
            } else {
                (0, sample.value)
            };
            histogram.buckets.push(Bucket {
                cumulative_count,
                cumulative_count_float,
                upper_bound,
                exemplar: None,
            });
        }
        (Role::Plain, _) => {}
    }
}

/// Makes all counts floats if one is.
fn normal(mut histogram: Histogram) -> Histogram {
    let is_float = histogram.count_float != 0.0
        || histogram
            .buckets
            .iter()
            .any(|bucket| bucket.cumulative_count_float != 0.0);
    if is_float {
        if histogram.count_float == 0.0 {
            histogram.count_float = std::mem::take(&mut histogram.count) as f64;
        }
        for bucket in &mut histogram.buckets {
            if bucket.cumulative_count_float == 0.0 {
                bucket.cumulative_count_float = std::mem::take(&mut bucket.cumulative_count) as f64;
            }
        }
    }
    histogram
}

/// Converts as Go does on amd64: negative numbers wrap around, what fits nowhere becomes 2^63.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "each cast stands behind a check of its range"
)]
fn to_uint(number: f64) -> u64 {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    if (-TWO_TO_63..TWO_TO_63).contains(&number) {
        (number as i64).cast_unsigned()
    } else if (TWO_TO_63..2.0 * TWO_TO_63).contains(&number) {
        number as u64
    } else {
        1 << 63
    }
}
