//! Families read from `MetricFamily` messages: a delimited stream as a client pushes it, or a single one out of a snapshot.
//!
//! A metric is read into one scratch value and packed at once, so that the memory a body needs stays in proportion to it.
//!
//! Source: google.golang.org/protobuf v1.36 `protodelim.UnmarshalFrom`; pushgateway handler/push.go.

use std::collections::{HashMap, hash_map::Entry};

use super::{
    ELEMENTS_MAX, FAMILIES_MAX, ProtoError,
    value::{Budget, merge_counter, merge_histogram, merge_summary, set, take_label},
    wire::{Field, Reader},
};
use crate::{
    model::{Counter, Family, Histogram, Label, MetricType, Summary, Value},
    packed::{Metrics, MetricsBuilder},
};

/// Reads a stream of messages, each with its length in front, to its end.
///
/// Of several messages with one name the last stays, in the place of the first. A family without metrics is kept. A declared
/// length reserves nothing.
///
/// # Errors
/// [`ProtoError::UnexpectedEof`] when the stream ends inside a message, [`ProtoError::InvalidWireFormat`] when a message is none,
/// [`ProtoError::TooManyElements`], [`ProtoError::TooManyFamilies`] and [`ProtoError::TooLarge`] when a bound is passed.
pub fn decode(body: &[u8]) -> Result<Vec<Family>, ProtoError> {
    let mut families: Vec<Family> = Vec::new();
    let mut places: HashMap<Box<[u8]>, usize> = HashMap::new();
    let mut rest = body;
    while !rest.is_empty() {
        let family = read_family(take_message(&mut rest)?, ELEMENTS_MAX)?;
        match places.entry(family.name.clone()) {
            Entry::Occupied(place) => families[*place.get()] = family,
            Entry::Vacant(_) if families.len() == FAMILIES_MAX => {
                return Err(ProtoError::TooManyFamilies);
            }
            Entry::Vacant(place) => {
                place.insert(families.len());
                families.push(family);
            }
        }
    }
    Ok(families)
}

fn take_message<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], ProtoError> {
    let mut reader = Reader::new(rest);
    let length = match reader.varint() {
        Ok(length) => length,
        // Upstream reads the length alone first, then parses what it got: cut off it is an unexpected end there as well.
        Err(_) if rest.len() < 10 && rest.iter().all(|byte| byte & 0x80 != 0) => {
            return Err(ProtoError::UnexpectedEof);
        }
        Err(error) => return Err(error),
    };
    let message = reader.take(length).map_err(|_| ProtoError::UnexpectedEof)?;
    *rest = reader.rest();
    Ok(message)
}

/// Reads one message without a length, as a snapshot holds it. What got into a store must come back, so the number of list elements
/// of a metric is not bounded here.
///
/// # Errors
/// [`ProtoError::InvalidWireFormat`] when the bytes are no message, [`ProtoError::TooLarge`] when the family exceeds 4 GiB packed.
pub fn decode_family(payload: &[u8]) -> Result<Family, ProtoError> {
    read_family(payload, usize::MAX)
}

fn read_family(payload: &[u8], elements_max: usize) -> Result<Family, ProtoError> {
    let (mut name, mut help, mut unit): (&[u8], Option<&[u8]>, Option<&[u8]>) = (&[], None, None);
    let mut kind = MetricType::Counter;
    let mut reader = Reader::new(payload);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => set(&mut name, field.bytes()),
            2 => help = field.bytes().or(help),
            3 => set(&mut kind, field.int32().map(MetricType::from_number)),
            5 => unit = field.bytes().or(unit),
            _ => {}
        }
    }
    // Which value of a metric counts depends on the type, which may come last: hence the second pass.
    let (metrics, timestamped) = decode_metrics(payload, kind, elements_max)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned().into_boxed_str();
    Ok(Family {
        name: name.into(),
        help: help.map(text),
        kind,
        unit: unit.map(text),
        metrics,
        timestamped,
    })
}

fn decode_metrics(
    payload: &[u8],
    kind: MetricType,
    elements_max: usize,
) -> Result<(Metrics, bool), ProtoError> {
    let mut builder = MetricsBuilder::default();
    let mut metric = Metric::default();
    let mut timestamped = false;
    let mut reader = Reader::new(payload);
    while let Some((number, field)) = reader.next()? {
        if let (4, Field::Bytes(payload)) = (number, field) {
            metric.read(payload, elements_max)?;
            timestamped |= metric.has_timestamp;
            let value = metric.take_value(kind);
            builder
                .push(&mut metric.labels, &value)
                .map_err(|_| ProtoError::TooLarge)?;
        }
    }
    Ok((builder.finish(), timestamped))
}

/// A metric as it was sent: any number of values at once.
#[derive(Default)]
struct Metric<'a> {
    labels: Vec<Label<'a>>,
    gauge: Option<f64>,
    counter: Option<Counter>,
    summary: Option<Summary>,
    untyped: Option<f64>,
    histogram: Option<Box<Histogram>>,
    /// Field number of the value that came first.
    first: u32,
    has_timestamp: bool,
}

impl<'a> Metric<'a> {
    /// Reads a metric in place of the one before.
    fn read(&mut self, payload: &'a [u8], elements_max: usize) -> Result<(), ProtoError> {
        self.labels.clear();
        *self = Self {
            labels: std::mem::take(&mut self.labels),
            ..Self::default()
        };
        let mut budget = Budget::new(elements_max);
        let mut reader = Reader::new(payload);
        while let Some((number, field)) = reader.next()? {
            match (number, field) {
                (1, Field::Bytes(payload)) => {
                    budget.spend()?;
                    let (name, value) = take_label(payload)?;
                    self.labels.push(Label { name, value });
                }
                (2..=5 | 7, Field::Bytes(payload)) => {
                    self.merge_value(number, payload, &mut budget)?
                }
                (6, Field::Varint(_)) => self.has_timestamp = true,
                _ => {}
            }
        }
        Ok(())
    }

    fn merge_value(
        &mut self,
        number: u32,
        payload: &[u8],
        budget: &mut Budget,
    ) -> Result<(), ProtoError> {
        if self.first == 0 {
            self.first = number;
        }
        match number {
            2 => merge_number(self.gauge.get_or_insert_default(), payload),
            3 => merge_counter(self.counter.get_or_insert_default(), payload, budget),
            4 => merge_summary(self.summary.get_or_insert_default(), payload, budget),
            5 => merge_number(self.untyped.get_or_insert_default(), payload),
            _ => merge_histogram(self.histogram.get_or_insert_default(), payload, budget),
        }
    }

    /// Returns the value that fits the type of the family, or else the one that came first.
    fn take_value(&mut self, kind: MetricType) -> Value {
        let fitting = match kind {
            MetricType::Gauge => 2,
            MetricType::Counter => 3,
            MetricType::Summary => 4,
            MetricType::Untyped => 5,
            MetricType::Histogram | MetricType::GaugeHistogram => 7,
            MetricType::Unknown(_) => self.first,
        };
        self.take(fitting)
            .or_else(|| self.take(self.first))
            .unwrap_or(Value::Missing)
    }

    fn take(&mut self, number: u32) -> Option<Value> {
        match number {
            2 => self.gauge.map(Value::Gauge),
            3 => self.counter.take().map(Value::Counter),
            4 => self.summary.take().map(Value::Summary),
            5 => self.untyped.map(Value::Untyped),
            7 => self.histogram.take().map(Value::Histogram),
            _ => None,
        }
    }
}

/// Reads a `Gauge` or `Untyped` message, which are one number each.
fn merge_number(number: &mut f64, payload: &[u8]) -> Result<(), ProtoError> {
    let mut reader = Reader::new(payload);
    while let Some((field_number, field)) = reader.next()? {
        if field_number == 1 {
            set(number, field.double());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
