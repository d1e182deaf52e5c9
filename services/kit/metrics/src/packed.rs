//! Metrics of one family in few bytes: a record is the number of its label names, its label values and its value.
//!
//! A store of half a million series lives or dies by what one series costs. A record is one run of bytes without a pointer;
//! label names and values are interned: the names of a record (its *shape*) stand once per family however many metrics share
//! them, and a value that stood in an earlier record of the family is a reference to it. It also bounds what a hostile body
//! can cost: a packed metric takes at most a small multiple of the bytes that described it.
//!
//! Record: shape number (varint, 0 = no labels), for each label its value (see `interned`), a tag, the payload. Simple payloads
//! are eight bytes; counters with extras, summaries and histograms are packed as their protobuf message.

mod builder;
mod interned;
mod record;

pub use self::builder::{MetricsBuilder, TooLarge};
pub(crate) use self::record::{put_label, take_label};
use self::{
    interned::take_interned,
    record::{take_bytes, take_value, take_varint},
};
use crate::model::{Label, Value};

/// Metrics of one family, unchangeable, in the order they were added.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    records: Box<[u8]>,
    /// End of each record but the last, so that a family of one metric needs none.
    ends: Box<[u32]>,
    shapes: Box<[u8]>,
    shape_ends: Box<[u32]>,
    count: u32,
}

impl Metrics {
    /// Returns how many metrics there are.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.count
    }

    /// Tells whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the labels of a metric, sorted by name.
    ///
    /// # Panics
    /// When `index` is not below [`Self::len`].
    #[must_use]
    pub fn labels(&self, index: u32) -> Labels<'_> {
        let mut values = self.record(index);
        let names = self.shape(take_varint(&mut values));
        Labels {
            names,
            values,
            records: &self.records,
        }
    }

    /// Returns the value of a metric.
    ///
    /// # Panics
    /// When `index` is not below [`Self::len`].
    #[must_use]
    pub fn value(&self, index: u32) -> Value {
        let mut labels = self.labels(index);
        for _ in labels.by_ref() {}
        take_value(labels.values)
    }

    /// Returns every distinct list of label names in use, sorted by name within each.
    pub fn shapes(&self) -> impl Iterator<Item = Names<'_>> {
        (1..=self.shape_ends.len() as u64).map(|number| Names {
            bytes: self.shape(number),
        })
    }

    /// Returns the metrics with only those labels for which `keep` is true; values are copied as they are packed. `keep` also
    /// gets the name of the label before, in the same metric, by which it sees names that repeat.
    #[must_use]
    pub fn retain_labels(&self, mut keep: impl FnMut(Option<&[u8]>, &Label<'_>) -> bool) -> Self {
        let mut kept = MetricsBuilder::default();
        let mut labels = Vec::new();
        for index in 0..self.count {
            labels.clear();
            let mut all = self.labels(index);
            let mut before = None;
            for label in all.by_ref() {
                if keep(before.replace(label.name), &label) {
                    labels.push(label);
                }
            }
            kept.push_record(&labels, |records| records.extend_from_slice(all.values))
                .expect("fewer labels take no more room");
        }
        kept.finish()
    }

    /// Returns the bytes held on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.records.len() + self.shapes.len() + 4 * (self.ends.len() + self.shape_ends.len())
    }

    fn record(&self, index: u32) -> &[u8] {
        assert!(index < self.count, "metric {index} of {}", self.count);
        slice_between(&self.records, &self.ends, index as usize)
    }

    fn shape(&self, number: u64) -> &[u8] {
        match usize::try_from(number)
            .expect("shape numbers are made here")
            .checked_sub(1)
        {
            None => &[],
            Some(index) => slice_between(&self.shapes, &self.shape_ends, index),
        }
    }
}

/// The labels of one packed metric, sorted by name.
#[derive(Clone, Debug)]
pub struct Labels<'a> {
    names: &'a [u8],
    values: &'a [u8],
    /// Where values of earlier records are.
    records: &'a [u8],
}

impl<'a> Iterator for Labels<'a> {
    type Item = Label<'a>;

    fn next(&mut self) -> Option<Label<'a>> {
        if self.names.is_empty() {
            return None;
        }
        Some(Label {
            name: take_bytes(&mut self.names),
            value: take_interned(&mut self.values, self.records),
        })
    }
}

/// The label names of one shape.
#[derive(Clone, Debug)]
pub struct Names<'a> {
    bytes: &'a [u8],
}

impl<'a> Iterator for Names<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        (!self.bytes.is_empty()).then(|| take_bytes(&mut self.bytes))
    }
}

/// Returns piece `index` of `bytes`; `ends` may leave out the end of the last piece.
fn slice_between<'a>(bytes: &'a [u8], ends: &[u32], index: usize) -> &'a [u8] {
    let start = index
        .checked_sub(1)
        .map_or(0, |before| ends[before] as usize);
    let end = ends.get(index).map_or(bytes.len(), |end| *end as usize);
    &bytes[start..end]
}

#[cfg(test)]
mod tests;
