//! Counters and gauges: one atomic number each.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{Children, Collect, Description};
use crate::model::{self, Family, MetricType, Value};

/// A count of events.
#[derive(Debug, Default)]
pub struct Counter {
    count: AtomicU64,
}

impl Counter {
    /// Counts one event.
    pub fn increment(&self) {
        self.count.fetch_add(1, Relaxed);
    }

    /// Returns how many events were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count.load(Relaxed)
    }
}

/// Counters of one name that differ in their label values.
#[derive(Debug)]
pub struct CounterVec<const N: usize> {
    children: Children<Counter, N>,
}

impl<const N: usize> CounterVec<N> {
    /// Returns a family without a counter, which is not shown before its first one.
    #[must_use]
    pub const fn new(description: Description, labels: [&'static str; N]) -> Self {
        Self {
            children: Children::new(description, labels),
        }
    }

    /// Returns the counter with these label values, in the order of the label names.
    #[must_use]
    pub fn with(&self, values: [&str; N]) -> Arc<Counter> {
        self.children.with(values)
    }
}

impl<const N: usize> Collect for CounterVec<N> {
    fn collect(&self, families: &mut Vec<Family>) {
        self.children
            .collect(families, MetricType::Counter, |counter| {
                Value::Counter(model::Counter {
                    value: counter.count() as f64,
                    ..model::Counter::default()
                })
            });
    }
}

/// A value that goes up and down; 0 at first.
#[derive(Debug)]
pub struct Gauge {
    description: Description,
    bits: AtomicU64,
}

impl Gauge {
    /// Returns a gauge of value 0.
    #[must_use]
    pub const fn new(description: Description) -> Self {
        Self {
            description,
            bits: AtomicU64::new(0),
        }
    }

    /// Sets the value.
    pub fn set(&self, value: f64) {
        self.bits.store(value.to_bits(), Relaxed);
    }

    /// Returns the value.
    #[must_use]
    pub fn value(&self) -> f64 {
        f64::from_bits(self.bits.load(Relaxed))
    }
}

impl Collect for Gauge {
    fn collect(&self, families: &mut Vec<Family>) {
        families.push(self.description.gauge(&[], self.value()));
    }
}
