//! How a table of metrics becomes a struct with a field for each: `counter`, `gauge` and `histogram` stand alone and are shown from the
//! beginning; `counters`, `gauges` and `histograms` have labels, and each is shown from its first use.

use std::sync::Arc;

use kit_metrics::registry::{
    Counter, CounterVec, Description, Gauge, GaugeVec, Histogram, HistogramVec, Registry,
    exponential_bounds,
};

macro_rules! tables {
    ($(
        $(#[$doc:meta])*
        $table:ident {
            $($kind:ident $field:ident $([$($label:literal),*])? $(($start:literal, $factor:literal, $count:literal))? = $name:literal: $help:literal,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $table {
            $(#[doc = $help] pub $field: $crate::metrics::declare::metric!($kind $([$($label),*])?),)*
        }

        impl $table {
            /// Declares them.
            pub(crate) fn new(registry: &mut kit_metrics::registry::Registry) -> Self {
                Self {
                    $($field: $crate::metrics::declare::$kind(
                        registry,
                        kit_metrics::registry::Description { name: $name, help: $help },
                        $([$($label),*],)?
                        $(($start, $factor, $count),)?
                    ),)*
                }
            }
        }
    )*};
}

/// The type of a metric's field.
macro_rules! metric {
    (counter) => { std::sync::Arc<kit_metrics::registry::Counter> };
    (gauge) => { std::sync::Arc<kit_metrics::registry::Gauge> };
    (histogram) => { std::sync::Arc<kit_metrics::registry::Histogram> };
    (counters $labels:tt) => { std::sync::Arc<kit_metrics::registry::CounterVec<{ $labels.len() }>> };
    (gauges $labels:tt) => { std::sync::Arc<kit_metrics::registry::GaugeVec<{ $labels.len() }>> };
    (histograms $labels:tt) => { std::sync::Arc<kit_metrics::registry::HistogramVec<{ $labels.len() }>> };
}

pub(crate) use {metric, tables};

/// Start, factor and number of the bounds of a histogram.
type Bounds = (f64, f64, usize);

pub(crate) fn counter(registry: &mut Registry, description: Description) -> Arc<Counter> {
    counters(registry, description, []).with([])
}

pub(crate) fn counters<const N: usize>(
    registry: &mut Registry,
    description: Description,
    labels: [&'static str; N],
) -> Arc<CounterVec<N>> {
    let family = Arc::new(CounterVec::new(description, labels));
    registry.register(family.clone());
    family
}

pub(crate) fn gauge(registry: &mut Registry, description: Description) -> Arc<Gauge> {
    let gauge = Arc::new(Gauge::new(description));
    registry.register(gauge.clone());
    gauge
}

pub(crate) fn gauges<const N: usize>(
    registry: &mut Registry,
    description: Description,
    labels: [&'static str; N],
) -> Arc<GaugeVec<N>> {
    let family = Arc::new(GaugeVec::new(description, labels));
    registry.register(family.clone());
    family
}

pub(crate) fn histogram(
    registry: &mut Registry,
    description: Description,
    bounds: Bounds,
) -> Arc<Histogram> {
    histograms(registry, description, [], bounds).with([])
}

pub(crate) fn histograms<const N: usize>(
    registry: &mut Registry,
    description: Description,
    labels: [&'static str; N],
    (start, factor, count): Bounds,
) -> Arc<HistogramVec<N>> {
    let bounds = exponential_bounds(start, factor, count);
    let family = Arc::new(HistogramVec::new(description, labels, bounds));
    registry.register(family.clone());
    family
}
