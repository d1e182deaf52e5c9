//! What one push brings, made ready for the store: labels sanitised, names and texts shared with what is stored already.
//!
//! Source: pushgateway storage/diskmetricstore.go `sanitizeLabels`, `newPushTimestampGauge`, `newPushFailedTimestampGauge`.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use kit_metrics::{
    model::{Family, MetricType, Value},
    packed::{Metrics, MetricsBuilder},
};

use super::{
    Mode, Refusal,
    check::Inconsistency,
    clock::Moment,
    group::{FAILURE_TIME, GroupFamily, GroupKey, PUSH_TIME},
    series::INSTANCE,
    state::State,
};

/// The families that every group has. Their texts are shared: there may be a hundred thousand groups.
#[derive(Debug)]
pub(crate) struct TimeFamily {
    pub(crate) name: Arc<str>,
    help: Arc<str>,
}

/// Tells when a push last changed the group.
pub(crate) static PUSH_TIME_FAMILY: LazyLock<TimeFamily> = LazyLock::new(|| TimeFamily {
    name: PUSH_TIME.into(),
    help: "Last Unix time when changing this group in the Pushgateway succeeded.".into(),
});

/// Tells when a push to the group was last refused.
pub(crate) static FAILURE_TIME_FAMILY: LazyLock<TimeFamily> = LazyLock::new(|| TimeFamily {
    name: FAILURE_TIME.into(),
    help: "Last Unix time when changing this group in the Pushgateway failed.".into(),
});

/// A push as it goes to the store.
#[derive(Debug)]
pub(crate) struct Pushed {
    pub(crate) key: GroupKey,
    pub(crate) mode: Mode,
    /// When the request arrived.
    pub(crate) received: Moment,
    /// How long the group may live after this push; `None` changes nothing.
    pub(crate) ttl: Option<Duration>,
    /// Whether any metric carried a timestamp.
    pub(crate) timestamped: bool,
    /// One for each name.
    pub(super) families: Vec<Result<Arc<GroupFamily>, BadName>>,
}

/// A family that cannot be stored under the name it came with.
#[derive(Clone, Debug)]
pub(crate) struct BadName(Box<[u8]>);

impl Pushed {
    /// Makes a push ready. `state` is any recent version: it lends the names and help texts it has.
    pub(crate) fn new(
        state: &State,
        key: GroupKey,
        mode: Mode,
        received: Moment,
        families: Vec<Family>,
    ) -> Self {
        let timestamped = families.iter().any(|family| family.timestamped);
        let families = families
            .into_iter()
            .map(|family| {
                let index = std::str::from_utf8(&family.name)
                    .ok()
                    .and_then(|name| state.name(name));
                ready(&key, received, family, |text| {
                    index.map_or_else(|| text.into(), |index| index.shared(text))
                })
            })
            .collect();
        Self {
            key,
            mode,
            received,
            ttl: None,
            timestamped,
            families,
        }
    }

    /// Returns how many series the push brings.
    pub(crate) fn series(&self) -> u64 {
        self.families
            .iter()
            .flatten()
            .map(|family| u64::from(family.metrics.len()))
            .sum()
    }
}

impl From<BadName> for Refusal {
    fn from(BadName(name): BadName) -> Self {
        let error = if name.is_empty() {
            Inconsistency::NoName
        } else {
            Inconsistency::NameNotUtf8 { name: name.into() }
        };
        Self::Inconsistent(error.into())
    }
}

/// Makes a family ready. `share` returns the text it is given, as one that is kept once.
pub(crate) fn ready(
    key: &GroupKey,
    pushed_at: Moment,
    family: Family,
    mut share: impl FnMut(&str) -> Arc<str>,
) -> Result<Arc<GroupFamily>, BadName> {
    let name = match std::str::from_utf8(&family.name) {
        Ok(name) if !name.is_empty() => share(name),
        _ => return Err(BadName(family.name)),
    };
    Ok(Arc::new(GroupFamily {
        group: key.clone(),
        name,
        help: family.help.map(|help| share(&help)),
        kind: family.kind,
        unit: family.unit,
        metrics: without_labels_of(key, family.metrics),
        pushed_at,
    }))
}

/// Takes out the labels that the group gives, and an empty `instance`, which every metric without one shows anyway. Of a label
/// that a metric repeats only the first goes; the check finds the others.
fn without_labels_of(key: &GroupKey, metrics: Metrics) -> Metrics {
    let given: Vec<_> = key.labels().map(|label| label.name).collect();
    if !metrics
        .shapes()
        .any(|mut names| names.any(|name| name == INSTANCE || given.contains(&name)))
    {
        return metrics;
    }
    metrics.retain_labels(|before, label| {
        let is_implied =
            given.contains(&label.name) || (label.name == INSTANCE && label.value.is_empty());
        !is_implied || before == Some(label.name)
    })
}

impl TimeFamily {
    /// Returns the family of a group; `at` = `None` = never.
    pub(super) fn of(
        &self,
        key: &GroupKey,
        written: Moment,
        at: Option<Moment>,
    ) -> Arc<GroupFamily> {
        let mut metrics = MetricsBuilder::default();
        metrics
            .push(&mut [], &Value::Gauge(at.map_or(0.0, Moment::as_seconds)))
            .expect("one gauge is small");
        Arc::new(GroupFamily {
            group: key.clone(),
            name: Arc::clone(&self.name),
            help: Some(Arc::clone(&self.help)),
            kind: MetricType::Gauge,
            unit: None,
            metrics: metrics.finish(),
            pushed_at: written,
        })
    }
}
