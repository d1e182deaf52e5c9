//! Metrics gathered one by one.

use std::collections::HashMap;

use super::{
    Metrics,
    interned::Interner,
    record::{put_bytes, put_value},
    slice_between,
};
use crate::{
    model::{Label, Value},
    proto::put_varint,
};

/// Gathers the metrics of a family.
#[derive(Debug, Default)]
pub struct MetricsBuilder {
    records: Vec<u8>,
    ends: Vec<u32>,
    values: Interner,
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

impl MetricsBuilder {
    /// Adds a metric. The labels are sorted by name in place; labels of one name keep their order.
    ///
    /// # Errors
    /// [`TooLarge`] when the family exceeds 4 GiB packed.
    pub fn push(&mut self, labels: &mut [Label<'_>], value: &Value) -> Result<(), TooLarge> {
        labels.sort_by(Label::by_name);
        self.push_record(labels, |records| put_value(records, value))
    }

    /// Adds a metric whose labels are sorted; `put_payload` appends its packed value.
    pub(super) fn push_record(
        &mut self,
        labels: &[Label<'_>],
        put_payload: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), TooLarge> {
        let shape = self.shape_number(labels)?;
        put_varint(&mut self.records, u64::from(shape));
        for label in labels {
            self.values.put(&mut self.records, label.value);
        }
        put_payload(&mut self.records);
        self.ends
            .push(u32::try_from(self.records.len()).map_err(|_| TooLarge)?);
        if self.ends.len() == Interner::MANY {
            self.values.remember();
        }
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
