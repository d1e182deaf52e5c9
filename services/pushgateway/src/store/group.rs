//! A group: its grouping key, and the families pushed to it.
//!
//! Source: pushgateway storage/interface.go (`MetricGroup`, `GroupingKeyFor`).

use std::{cmp::Ordering, sync::Arc, time::Duration};

use kit_metrics::{
    model::{Label, MetricType, Value},
    packed::Metrics,
};

use super::{
    clock::Moment,
    tree::{Entry, Tree},
};

/// Name of the family that tells when a group was last changed.
pub(crate) const PUSH_TIME: &str = "push_time_seconds";
/// Name of the family that tells when a change was last refused.
pub(crate) const FAILURE_TIME: &str = "push_failure_time_seconds";

/// The labels that identify a group, sorted by name. Cheap to clone: every family of the group shares it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct GroupKey {
    /// Names and values by turns, each behind its length (four bytes, little endian).
    labels: Arc<[u8]>,
}

impl GroupKey {
    /// Makes the key of these labels, of which each name counts once.
    pub(crate) fn new<'a>(labels: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut pairs: Vec<_> = labels.into_iter().collect();
        pairs.sort_unstable();
        // A damaged snapshot may name a label twice.
        pairs.dedup_by(|next, kept| next.0 == kept.0);
        let mut bytes = Vec::new();
        for part in pairs.iter().flat_map(|(name, value)| [name, value]) {
            let length = u32::try_from(part.len()).expect("a request target is far below 4 GiB");
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(part);
        }
        Self {
            labels: bytes.into(),
        }
    }

    /// Returns the labels, sorted by name.
    pub(crate) fn labels(&self) -> GroupLabels<'_> {
        GroupLabels { rest: &self.labels }
    }

    /// Returns the value of a label.
    pub(crate) fn value(&self, name: &[u8]) -> Option<&[u8]> {
        self.labels()
            .find(|label| label.name == name)
            .map(|label| label.value)
    }

    /// Orders keys as the strings that upstream makes of them.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.labels()
            .map(|label| (label.name, label.value))
            .cmp(other.labels().map(|label| (label.name, label.value)))
    }
}

/// Iterates over the labels of a key.
#[derive(Clone, Debug)]
pub(crate) struct GroupLabels<'a> {
    rest: &'a [u8],
}

impl<'a> GroupLabels<'a> {
    fn take_part(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk()?;
        let (part, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
        self.rest = rest;
        Some(part)
    }
}

impl<'a> Iterator for GroupLabels<'a> {
    type Item = Label<'a>;

    fn next(&mut self) -> Option<Label<'a>> {
        Some(Label {
            name: self.take_part()?,
            value: self.take_part()?,
        })
    }
}

/// One metric family of one group.
#[derive(Debug)]
pub(crate) struct GroupFamily {
    pub(crate) group: GroupKey,
    pub(crate) name: Arc<str>,
    pub(crate) help: Option<Arc<str>>,
    pub(crate) kind: MetricType,
    pub(crate) unit: Option<Box<str>>,
    /// The metrics in the order they were pushed, without the labels that the group gives them.
    pub(crate) metrics: Metrics,
    /// When the push that wrote this family arrived.
    pub(crate) pushed_at: Moment,
}

impl GroupFamily {
    /// Returns the value of a family that holds one gauge, such as the two that tell about pushes.
    fn gauge(&self) -> Option<f64> {
        match (!self.metrics.is_empty()).then(|| self.metrics.value(0))? {
            Value::Gauge(value) => Some(value),
            _ => None,
        }
    }
}

impl Entry for Arc<GroupFamily> {
    const LEAF_MAX: usize = 32;

    fn order(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }
}

/// One group as it stands in one version of the store.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) key: GroupKey,
    pub(crate) families: Tree<Arc<GroupFamily>>,
    /// How many series the families hold.
    pub(crate) series: usize,
    pub(crate) notes: Notes,
}

/// What is known of a group beyond its metrics. It is not in the snapshot.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Notes {
    /// How long after its last push the group is dropped; `None` leaves it to the flag.
    pub(crate) ttl: Option<Duration>,
    /// Why the last push was refused; `None` if it was not.
    pub(crate) refusal: Option<Arc<str>>,
}

impl Group {
    /// Returns a family by name.
    pub(crate) fn family(&self, name: &str) -> Option<&Arc<GroupFamily>> {
        self.families.find(|family| (*family.name).cmp(name))
    }

    /// Returns when the last push succeeded, in seconds since 1970; 0 = never.
    pub(crate) fn push_time(&self) -> f64 {
        self.family(PUSH_TIME)
            .and_then(|family| family.gauge())
            .unwrap_or_default()
    }

    /// Returns when the last push was refused, in seconds since 1970; 0 = never.
    pub(crate) fn failure_time(&self) -> f64 {
        self.family(FAILURE_TIME)
            .and_then(|family| family.gauge())
            .unwrap_or_default()
    }

    /// Tells whether the last push succeeded.
    pub(crate) fn last_push_successful(&self) -> bool {
        self.failure_time() <= self.push_time()
    }
}

impl Entry for Arc<Group> {
    const LEAF_MAX: usize = 64;

    fn order(&self, other: &Self) -> Ordering {
        self.key.order(&other.key)
    }
}
