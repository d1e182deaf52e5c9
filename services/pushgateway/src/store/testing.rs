//! Short ways for tests to make stores, keys and families.

use kit_metrics::{
    model::{Family, Label, MetricType, Value},
    packed::MetricsBuilder,
};

use super::{Limits, Store, group::GroupKey, state::State};

/// One metric: its labels and its value.
pub(crate) type Sample<'a> = (&'a [(&'a str, &'a str)], f64);

pub(crate) fn store() -> Store {
    Store::new(
        State::default(),
        true,
        Limits {
            groups_max: None,
            series_max: None,
        },
    )
}

pub(crate) fn key(labels: &[(&str, &str)]) -> GroupKey {
    GroupKey::new(
        labels
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
    )
}

/// Untyped families.
pub(crate) fn families(all: &[(&str, &[Sample<'_>])]) -> Vec<Family> {
    all.iter()
        .map(|(name, samples)| family(name, MetricType::Untyped, samples))
        .collect()
}

/// A family of untyped values or gauges.
pub(crate) fn family(name: &str, kind: MetricType, samples: &[Sample<'_>]) -> Family {
    let mut metrics = MetricsBuilder::default();
    for (labels, value) in samples {
        let mut labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| Label {
                name: name.as_bytes(),
                value: value.as_bytes(),
            })
            .collect();
        let value = if kind == MetricType::Gauge {
            Value::Gauge(*value)
        } else {
            Value::Untyped(*value)
        };
        metrics.push(&mut labels, &value).unwrap();
    }
    Family {
        name: name.as_bytes().into(),
        help: None,
        kind,
        unit: None,
        metrics: metrics.finish(),
        timestamped: false,
    }
}
