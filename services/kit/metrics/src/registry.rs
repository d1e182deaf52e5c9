//! Metrics a program keeps about itself: counters, gauges, histograms and summaries, collected into families.
//!
//! Which metrics there are is declared by the program; [`crate::process`] brings those of the operating system.
//!
//! Source: prometheus/client_golang v1.23.2, the parts that the services use.

mod counter;
mod histogram;
mod summary;

use std::{fmt, sync::Arc};

pub use self::{
    counter::{Counter, CounterVec, Gauge, GaugeVec, Level},
    histogram::{Histogram, HistogramVec, exponential_bounds},
    summary::{Summary, SummaryVec},
};
use crate::{
    model::{self, Family, Label, MetricType, Value},
    packed::MetricsBuilder,
};

/// Something that has families to show.
pub trait Collect: Send + Sync {
    /// Appends the families as they are now.
    fn collect(&self, families: &mut Vec<Family>);
}

/// The metrics of a program.
#[derive(Default)]
pub struct Registry {
    collectors: Vec<Arc<dyn Collect>>,
}

impl Registry {
    /// Adds metrics. A name must come from one collector only; nothing here merges families.
    pub fn register(&mut self, collector: Arc<dyn Collect>) {
        self.collectors.push(collector);
    }

    /// Returns all families as they are now, sorted by name.
    #[must_use]
    pub fn gather(&self) -> Vec<Family> {
        let mut families = Vec::new();
        for collector in &self.collectors {
            collector.collect(&mut families);
        }
        families.sort_by(|a, b| a.name.cmp(&b.name));
        families
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Registry")
            .field("collectors", &self.collectors.len())
            .finish()
    }
}

/// Families that never change, such as the one that tells the build.
impl Collect for Vec<Family> {
    fn collect(&self, families: &mut Vec<Family>) {
        families.extend_from_slice(self);
    }
}

/// Name and help of a family.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// Name of the family.
    pub name: &'static str,
    /// Help text.
    pub help: &'static str,
}

impl Description {
    /// Returns a family of one gauge.
    #[must_use]
    pub fn gauge(self, labels: &[(&str, &str)], value: f64) -> Family {
        self.family(MetricType::Gauge, [(labels, Value::Gauge(value))])
    }

    /// Returns a family of one counter.
    #[must_use]
    pub fn counter(self, value: f64) -> Family {
        let counter = model::Counter {
            value,
            ..model::Counter::default()
        };
        self.family(MetricType::Counter, [(&[][..], Value::Counter(counter))])
    }

    fn family<'a>(
        self,
        kind: MetricType,
        metrics: impl IntoIterator<Item = (&'a [(&'a str, &'a str)], Value)>,
    ) -> Family {
        let mut builder = MetricsBuilder::default();
        for (labels, value) in metrics {
            let mut labels: Vec<_> = labels
                .iter()
                .map(|(name, value)| Label {
                    name: name.as_bytes(),
                    value: value.as_bytes(),
                })
                .collect();
            builder
                .push(&mut labels, &value)
                .expect("the metrics of a program are far from 4 GiB");
        }
        Family {
            name: self.name.as_bytes().into(),
            help: Some(self.help.into()),
            kind,
            unit: None,
            metrics: builder.finish(),
            timestamped: false,
        }
    }
}

/// The metrics of one name that differ in their label values.
#[derive(Debug)]
struct Children<T, const N: usize> {
    description: Description,
    labels: [&'static str; N],
    /// Sorted by label values. Values come from the program, which has a fixed set of them.
    children: parking_lot::RwLock<Vec<Child<T, N>>>,
}

type Child<T, const N: usize> = ([Box<str>; N], Arc<T>);

impl<T, const N: usize> Children<T, N> {
    const fn new(description: Description, labels: [&'static str; N]) -> Self {
        Self {
            description,
            labels,
            children: parking_lot::RwLock::new(Vec::new()),
        }
    }

    /// Returns the metric with these label values, made at its first use.
    fn with(&self, values: [&str; N], make: impl FnOnce() -> T) -> Arc<T> {
        let order = |child: &Child<T, N>| child.0.iter().map(AsRef::as_ref).cmp(values);
        {
            let children = self.children.read();
            if let Ok(index) = children.binary_search_by(order) {
                return Arc::clone(&children[index].1);
            }
        }
        let mut children = self.children.write();
        let index = children.binary_search_by(order);
        let index = index.unwrap_or_else(|index| {
            children.insert(index, (values.map(Box::from), Arc::new(make())));
            index
        });
        Arc::clone(&children[index].1)
    }

    /// Appends the family, unless it has no metric yet.
    fn collect(&self, families: &mut Vec<Family>, kind: MetricType, value: impl Fn(&T) -> Value) {
        let children = self.children.read();
        if children.is_empty() {
            return;
        }
        let metrics: Vec<_> = children
            .iter()
            .map(|(values, child)| {
                (
                    std::array::from_fn::<_, N, _>(|index| (self.labels[index], &*values[index])),
                    value(child),
                )
            })
            .collect();
        let metrics = metrics
            .iter()
            .map(|(labels, value)| (&labels[..], value.clone()));
        families.push(self.description.family(kind, metrics));
    }
}

#[cfg(test)]
mod tests;
