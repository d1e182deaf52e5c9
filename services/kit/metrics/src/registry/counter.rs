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

    /// Counts several events, or as many units.
    pub fn add(&self, count: u64) {
        self.count.fetch_add(count, Relaxed);
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
        self.children.with(values, Counter::default)
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

/// A value that goes up and down; 0 at first. It is one of a [`GaugeVec`], or the value of a [`Gauge`].
#[derive(Debug, Default)]
pub struct Level {
    bits: AtomicU64,
}

impl Level {
    /// Sets the value.
    pub fn set(&self, value: f64) {
        self.bits.store(value.to_bits(), Relaxed);
    }

    /// Adds to the value; what is below 0 is taken away.
    pub fn add(&self, difference: f64) {
        let add = |bits| Some((f64::from_bits(bits) + difference).to_bits());
        // The closure always has an answer.
        let _ = self.bits.fetch_update(Relaxed, Relaxed, add);
    }

    /// Returns the value.
    #[must_use]
    pub fn value(&self) -> f64 {
        f64::from_bits(self.bits.load(Relaxed))
    }
}

/// Gauges of one name that differ in their label values.
#[derive(Debug)]
pub struct GaugeVec<const N: usize> {
    children: Children<Level, N>,
}

impl<const N: usize> GaugeVec<N> {
    /// Returns a family without a gauge, which is not shown before its first one.
    #[must_use]
    pub const fn new(description: Description, labels: [&'static str; N]) -> Self {
        Self {
            children: Children::new(description, labels),
        }
    }

    /// Returns the gauge with these label values, in the order of the label names.
    #[must_use]
    pub fn with(&self, values: [&str; N]) -> Arc<Level> {
        self.children.with(values, Level::default)
    }
}

impl<const N: usize> Collect for GaugeVec<N> {
    fn collect(&self, families: &mut Vec<Family>) {
        self.children.collect(families, MetricType::Gauge, |level| {
            Value::Gauge(level.value())
        });
    }
}

/// A value that goes up and down; 0 at first.
#[derive(Debug)]
pub struct Gauge {
    description: Description,
    level: Level,
}

impl Gauge {
    /// Returns a gauge of value 0.
    #[must_use]
    pub const fn new(description: Description) -> Self {
        Self {
            description,
            level: Level {
                bits: AtomicU64::new(0),
            },
        }
    }

    /// Sets the value.
    pub fn set(&self, value: f64) {
        self.level.set(value);
    }

    /// Adds to the value; what is below 0 is taken away.
    pub fn add(&self, difference: f64) {
        self.level.add(difference);
    }

    /// Returns the value.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.level.value()
    }
}

impl Collect for Gauge {
    fn collect(&self, families: &mut Vec<Family>) {
        families.push(self.description.gauge(&[], self.value()));
    }
}
