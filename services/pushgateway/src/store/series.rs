//! One series of the exposition: a metric of a family of a group, with the labels that both give it.
//!
//! Source: pushgateway storage/diskmetricstore.go `sanitizeLabels`; client_golang internal `MetricSorter`.

use std::{cmp::Ordering, sync::Arc};

use kit_metrics::model::{Label, Value};
use smallvec::SmallVec;

use super::{
    group::GroupFamily,
    tree::{Edit, Entry},
};

/// The full labels of a series, sorted by name. A dozen fit without an allocation.
pub(crate) type SeriesLabels<'a> = SmallVec<[Label<'a>; 12]>;

/// The label that keeps a Prometheus server from attaching its own.
pub(crate) const INSTANCE: &[u8] = b"instance";

/// A metric of a family of a group.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) family: Arc<GroupFamily>,
    /// Position in the family.
    pub(crate) index: u32,
}

impl Series {
    /// Returns the series of a family in the order they were pushed.
    pub(crate) fn of(family: &Arc<GroupFamily>) -> impl Iterator<Item = Self> {
        (0..family.metrics.len()).map(|index| Self {
            family: Arc::clone(family),
            index,
        })
    }

    /// Returns the labels of the metric and of its group, sorted by name, with an empty `instance` if neither has one.
    pub(crate) fn labels(&self) -> SeriesLabels<'_> {
        let mut own = self.family.metrics.labels(self.index).peekable();
        let mut labels = SeriesLabels::new();
        for label in self.family.group.labels() {
            while let Some(before) = own.next_if(|own| own.name < label.name) {
                labels.push(before);
            }
            labels.push(label);
        }
        labels.extend(own);
        if let Err(at) = labels.binary_search_by(|label| label.name.cmp(INSTANCE)) {
            labels.insert(
                at,
                Label {
                    name: INSTANCE,
                    value: b"",
                },
            );
        }
        labels
    }

    /// Returns the value.
    pub(crate) fn value(&self) -> Value {
        self.family.metrics.value(self.index)
    }

    /// Orders series of equal labels by group and position, so that a store which is not checked can hold duplicates.
    fn order_among_equals(&self, other: &Self) -> Ordering {
        self.family
            .group
            .order(&other.family.group)
            .then(self.index.cmp(&other.index))
    }

    /// Tells whether both carry the same labels, which no two series of one name may.
    pub(crate) fn same_labels(&self, other: &Self) -> bool {
        order_labels(&self.labels(), &other.labels()).is_eq()
    }
}

/// Orders labels as the exposition does: fewer first, then by the values; names only break ties.
pub(crate) fn order_labels(a: &[Label<'_>], b: &[Label<'_>]) -> Ordering {
    let values = |labels: &[Label<'_>], other: &[Label<'_>]| {
        labels
            .iter()
            .zip(other)
            .map(|(a, b)| a.value.cmp(b.value))
            .find(|order| order.is_ne())
    };
    let names = || {
        a.iter()
            .map(|label| label.name)
            .cmp(b.iter().map(|label| label.name))
    };
    a.len()
        .cmp(&b.len())
        .then_with(|| values(a, b).unwrap_or_else(names))
}

/// Sorts edits of series of one name. A bulk write compares each series many times, so its labels are laid out once as bytes
/// that compare the way [`order_labels`] does.
pub(crate) fn sort_edits(edits: Vec<Edit<Series>>) -> Vec<Edit<Series>> {
    let mut keys = Vec::new();
    let mut keyed: Vec<_> = edits
        .into_iter()
        .map(|edit| {
            let start = keys.len();
            put_sort_key(&mut keys, &edit.entry().labels());
            (start..keys.len(), edit)
        })
        .collect();
    keyed.sort_by(|(a, edit_a), (b, edit_b)| {
        let removal_first = || matches!(edit_a, Edit::Put(_)).cmp(&matches!(edit_b, Edit::Put(_)));
        let labels = keys[a.clone()].cmp(&keys[b.clone()]);
        labels
            .then_with(|| edit_a.entry().order_among_equals(edit_b.entry()))
            .then_with(removal_first)
    });
    keyed.into_iter().map(|(_, edit)| edit).collect()
}

/// Appends bytes that compare as the labels do. A zero byte inside a text is marked, so that a text sorts before its extensions.
fn put_sort_key(out: &mut Vec<u8>, labels: &[Label<'_>]) {
    out.extend_from_slice(&(labels.len() as u64).to_be_bytes());
    let texts = labels
        .iter()
        .map(|label| label.value)
        .chain(labels.iter().map(|label| label.name));
    for text in texts {
        for (position, part) in text.split(|byte| *byte == 0).enumerate() {
            if position > 0 {
                out.extend_from_slice(&[0, 0xff]);
            }
            out.extend_from_slice(part);
        }
        out.extend_from_slice(&[0, 0]);
    }
}

impl Entry for Series {
    const LEAF_MAX: usize = 128;

    fn order(&self, other: &Self) -> Ordering {
        order_labels(&self.labels(), &other.labels()).then_with(|| self.order_among_equals(other))
    }
}
