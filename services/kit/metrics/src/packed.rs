//! Metrics of one family in few bytes: a record is the number of its label names, its label values and its value.
//!
//! A store of half a million series lives or dies by what one series costs. A record is one run of bytes without a pointer;
//! the names of its labels (its *shape*) stand once per family however many metrics share them. It also bounds what a hostile
//! body can cost: a packed metric takes at most a small multiple of the bytes that described it.
//!
//! Record: shape number (varint, 0 = no labels), for each label value its length (varint) and bytes, a tag, the payload.
//! Simple values are eight bytes; counters with extras, summaries and histograms are packed as their protobuf message.

use std::collections::HashMap;

use crate::{
    model::{Counter, Label, Value},
    proto::{put_varint, value as wire},
};

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

/// Gathers the metrics of a family.
#[derive(Debug, Default)]
pub struct MetricsBuilder {
    records: Vec<u8>,
    ends: Vec<u32>,
    shapes: Vec<u8>,
    shape_ends: Vec<u32>,
    /// Shape of the metric before, which the next one most likely has too.
    last_shape: u32,
    /// Numbers of the shapes, once there are too many to look through.
    #[expect(
        clippy::box_collection,
        reason = "rarely there, and a body may have a million families"
    )]
    shape_numbers: Option<Box<HashMap<Box<[u8]>, u32>>>,
}

/// A family outgrew what a record position can hold (4 GiB).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("metric family larger than 4 GiB")]
pub struct TooLarge;

const TAG_MISSING: u8 = 0;
const TAG_COUNTER: u8 = 1;
const TAG_GAUGE: u8 = 2;
const TAG_UNTYPED: u8 = 3;
const TAG_COUNTER_WITH_EXTRAS: u8 = 4;
const TAG_SUMMARY: u8 = 5;
const TAG_HISTOGRAM: u8 = 6;

impl MetricsBuilder {
    /// Adds a metric. The labels are sorted by name in place; labels of one name keep their order.
    ///
    /// # Errors
    /// [`TooLarge`] when the family exceeds 4 GiB packed.
    pub fn push(&mut self, labels: &mut [Label<'_>], value: &Value) -> Result<(), TooLarge> {
        labels.sort_by(Label::by_name);
        let shape = self.shape_number(labels)?;
        put_varint(&mut self.records, u64::from(shape));
        for label in &*labels {
            put_bytes(&mut self.records, label.value);
        }
        put_value(&mut self.records, value);
        self.ends
            .push(u32::try_from(self.records.len()).map_err(|_| TooLarge)?);
        Ok(())
    }

    /// Returns how many metrics were added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Tells whether nothing was added yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Closes the family.
    #[must_use]
    pub fn finish(mut self) -> Metrics {
        let count = u32::try_from(self.ends.len())
            .expect("every record is at least two bytes of the 4 GiB");
        self.ends.pop();
        Metrics {
            records: self.records.into_boxed_slice(),
            ends: self.ends.into_boxed_slice(),
            shapes: self.shapes.into_boxed_slice(),
            shape_ends: self.shape_ends.into_boxed_slice(),
            count,
        }
    }

    /// Returns the number of the shape of these labels, which is a new one if no metric had it before.
    fn shape_number(&mut self, labels: &[Label<'_>]) -> Result<u32, TooLarge> {
        if labels.is_empty() {
            return Ok(0);
        }
        let start = self.shapes.len();
        for label in labels {
            put_bytes(&mut self.shapes, label.name);
        }
        let (known, wanted) = self.shapes.split_at(start);
        let number = match self.find_shape(known, wanted) {
            Some(number) => {
                self.shapes.truncate(start);
                number
            }
            None => self.add_shape(start)?,
        };
        self.last_shape = number;
        Ok(number)
    }

    fn find_shape(&self, known: &[u8], wanted: &[u8]) -> Option<u32> {
        let is_wanted =
            |number: &u32| slice_between(known, &self.shape_ends, *number as usize - 1) == wanted;
        if self.last_shape != 0 && is_wanted(&self.last_shape) {
            return Some(self.last_shape);
        }
        match &self.shape_numbers {
            Some(numbers) => numbers.get(wanted).copied(),
            None => (1..).take(self.shape_ends.len()).find(is_wanted),
        }
    }

    /// Makes a shape of the names that stand at the end.
    fn add_shape(&mut self, start: usize) -> Result<u32, TooLarge> {
        const FEW: u32 = 8;
        self.shape_ends
            .push(u32::try_from(self.shapes.len()).map_err(|_| TooLarge)?);
        let number = u32::try_from(self.shape_ends.len()).map_err(|_| TooLarge)?;
        if number == FEW {
            let known = (1..FEW).map(|number| {
                (
                    slice_between(&self.shapes, &self.shape_ends, number as usize - 1).into(),
                    number,
                )
            });
            self.shape_numbers = Some(Box::new(known.collect()));
        }
        if let Some(numbers) = &mut self.shape_numbers {
            numbers.insert(self.shapes[start..].into(), number);
        }
        Ok(number)
    }
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
        Labels { names, values }
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
}

impl<'a> Iterator for Labels<'a> {
    type Item = Label<'a>;

    fn next(&mut self) -> Option<Label<'a>> {
        if self.names.is_empty() {
            return None;
        }
        Some(Label {
            name: take_bytes(&mut self.names),
            value: take_bytes(&mut self.values),
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

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Missing => out.push(TAG_MISSING),
        Value::Counter(Counter {
            value,
            exemplar: None,
            created: None,
        }) => put_number(out, TAG_COUNTER, *value),
        Value::Gauge(value) => put_number(out, TAG_GAUGE, *value),
        Value::Untyped(value) => put_number(out, TAG_UNTYPED, *value),
        Value::Counter(counter) => {
            out.push(TAG_COUNTER_WITH_EXTRAS);
            wire::put_counter(out, counter);
        }
        Value::Summary(summary) => {
            out.push(TAG_SUMMARY);
            wire::put_summary(out, summary);
        }
        Value::Histogram(histogram) => {
            out.push(TAG_HISTOGRAM);
            wire::put_histogram(out, histogram);
        }
    }
}

fn put_number(out: &mut Vec<u8>, tag: u8, value: f64) {
    out.push(tag);
    out.extend_from_slice(&value.to_le_bytes());
}

fn take_value(bytes: &[u8]) -> Value {
    const OURS: &str = "packed by this module";
    let (tag, payload) = bytes.split_first().expect(OURS);
    let number = || f64::from_le_bytes(payload.try_into().expect(OURS));
    match *tag {
        TAG_COUNTER => Value::Counter(Counter {
            value: number(),
            ..Counter::default()
        }),
        TAG_GAUGE => Value::Gauge(number()),
        TAG_UNTYPED => Value::Untyped(number()),
        TAG_COUNTER_WITH_EXTRAS => Value::Counter(wire::take_counter(payload).expect(OURS)),
        TAG_SUMMARY => Value::Summary(wire::take_summary(payload).expect(OURS)),
        TAG_HISTOGRAM => Value::Histogram(Box::new(wire::take_histogram(payload).expect(OURS))),
        _ => Value::Missing,
    }
}

/// Appends a label to a list that [`take_label`] reads.
pub(crate) fn put_label(out: &mut Vec<u8>, label: Label<'_>) {
    put_bytes(out, label.name);
    put_bytes(out, label.value);
}

/// Takes the first label off a list that [`put_label`] wrote.
pub(crate) fn take_label<'a>(from: &mut &'a [u8]) -> Label<'a> {
    Label {
        name: take_bytes(from),
        value: take_bytes(from),
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn take_bytes<'a>(from: &mut &'a [u8]) -> &'a [u8] {
    let length =
        usize::try_from(take_varint(from)).expect("lengths were written from a slice in memory");
    let (bytes, rest) = from.split_at(length);
    *from = rest;
    bytes
}

fn take_varint(from: &mut &[u8]) -> u64 {
    let mut number = 0;
    for (index, byte) in from.iter().enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *from = &from[index + 1..];
            return number;
        }
    }
    unreachable!("packed by this module")
}

#[cfg(test)]
mod tests;
