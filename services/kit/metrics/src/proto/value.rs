//! The value messages of a metric: counter, summary and histogram with all they contain. The metric around them is `family`.
//!
//! Fields are written in ascending order, as Go does. Reading merges: a message sent twice adds to the first, as protobuf says.
//!
//! Source: prometheus/client_model v0.6.2 metrics.proto.

use super::{
    ProtoError,
    wire::{Field, Reader, put_bytes, put_double, put_message, put_sint, put_uint},
};
use crate::model::{
    Bucket, BucketSide, BucketSpan, Counter, Exemplar, Histogram, NativeHistogram, Quantile,
    Summary, Timestamp,
};

/// Appends the payload of a `Counter` message.
pub fn put_counter(out: &mut Vec<u8>, counter: &Counter) {
    put_double(out, 1, counter.value);
    if let Some(exemplar) = &counter.exemplar {
        put_message(out, 2, |out| put_exemplar(out, exemplar));
    }
    put_timestamp(out, 3, counter.created);
}

/// Appends the payload of a `Summary` message.
pub fn put_summary(out: &mut Vec<u8>, summary: &Summary) {
    put_uint(out, 1, summary.count);
    put_double(out, 2, summary.sum);
    for quantile in &summary.quantiles {
        put_message(out, 3, |out| {
            put_double(out, 1, quantile.quantile);
            put_double(out, 2, quantile.value);
        });
    }
    put_timestamp(out, 4, summary.created);
}

/// Appends the payload of a `Histogram` message.
pub fn put_histogram(out: &mut Vec<u8>, histogram: &Histogram) {
    put_count(out, [1, 4], histogram.count, histogram.count_float, |out| {
        put_double(out, 2, histogram.sum);
        for bucket in &histogram.buckets {
            put_message(out, 3, |out| put_bucket(out, bucket));
        }
    });
    let Some(native) = &histogram.native else {
        put_timestamp(out, 15, histogram.created);
        return;
    };
    if let Some(schema) = native.schema {
        put_sint(out, 5, schema.into());
    }
    put_optional_double(out, 6, native.zero_threshold);
    if let Some(count) = native.zero_count {
        put_uint(out, 7, count);
    }
    put_optional_double(out, 8, native.zero_count_float);
    put_side(out, 9, &native.negative);
    put_side(out, 12, &native.positive);
    put_timestamp(out, 15, histogram.created);
    for exemplar in &native.exemplars {
        put_message(out, 16, |out| put_exemplar(out, exemplar));
    }
}

/// Writes a count as integer or float, whichever is in force, around what stands between the two fields.
fn put_count(
    out: &mut Vec<u8>,
    [field, float_field]: [u32; 2],
    count: u64,
    float: f64,
    between: impl FnOnce(&mut Vec<u8>),
) {
    let has_float = float.to_bits() != 0;
    if count != 0 || !has_float {
        put_uint(out, field, count);
    }
    between(out);
    if has_float {
        put_double(out, float_field, float);
    }
}

fn put_bucket(out: &mut Vec<u8>, bucket: &Bucket) {
    put_count(
        out,
        [1, 4],
        bucket.cumulative_count,
        bucket.cumulative_count_float,
        |out| {
            put_double(out, 2, bucket.upper_bound);
            if let Some(exemplar) = &bucket.exemplar {
                put_message(out, 3, |out| put_exemplar(out, exemplar));
            }
        },
    );
}

fn put_side(out: &mut Vec<u8>, first_field: u32, side: &BucketSide) {
    for span in &side.spans {
        put_message(out, first_field, |out| {
            put_sint(out, 1, span.offset.into());
            put_uint(out, 2, span.length.into());
        });
    }
    for delta in &side.deltas {
        put_sint(out, first_field + 1, *delta);
    }
    for count in &side.counts {
        put_double(out, first_field + 2, *count);
    }
}

fn put_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    for (name, value) in &exemplar.labels {
        put_message(out, 1, |out| {
            put_bytes(out, 1, name);
            put_bytes(out, 2, value);
        });
    }
    put_double(out, 2, exemplar.value);
    put_timestamp(out, 3, exemplar.timestamp);
}

/// Writes `google.protobuf.Timestamp`, which is proto3: zeros stay out.
fn put_timestamp(out: &mut Vec<u8>, field: u32, timestamp: Option<Timestamp>) {
    let Some(Timestamp { seconds, nanos }) = timestamp else {
        return;
    };
    put_message(out, field, |out| {
        if seconds != 0 {
            put_uint(out, 1, seconds as u64);
        }
        if nanos != 0 {
            put_uint(out, 2, i64::from(nanos) as u64);
        }
    });
}

fn put_optional_double(out: &mut Vec<u8>, field: u32, number: Option<f64>) {
    if let Some(number) = number {
        put_double(out, field, number);
    }
}

/// Reads the payload of a `Counter` message.
///
/// # Errors
/// [`ProtoError::InvalidWireFormat`] when the bytes are not a message.
pub fn take_counter(payload: &[u8]) -> Result<Counter, ProtoError> {
    let mut counter = Counter::default();
    merge_counter(&mut counter, payload, &mut Budget::unlimited())?;
    Ok(counter)
}

/// Reads the payload of a `Summary` message.
///
/// # Errors
/// [`ProtoError::InvalidWireFormat`] when the bytes are not a message.
pub fn take_summary(payload: &[u8]) -> Result<Summary, ProtoError> {
    let mut summary = Summary::default();
    merge_summary(&mut summary, payload, &mut Budget::unlimited())?;
    Ok(summary)
}

/// Reads the payload of a `Histogram` message.
///
/// # Errors
/// [`ProtoError::InvalidWireFormat`] when the bytes are not a message.
pub fn take_histogram(payload: &[u8]) -> Result<Histogram, ProtoError> {
    let mut histogram = Histogram::default();
    merge_histogram(&mut histogram, payload, &mut Budget::unlimited())?;
    Ok(histogram)
}

/// How many list elements one metric may still have. Two bytes on the wire make an element of up to 80 in memory, so what comes
/// from outside is limited; what was packed here was limited before.
#[derive(Debug)]
pub(super) struct Budget {
    elements: usize,
}

impl Budget {
    pub(super) const fn new(elements: usize) -> Self {
        Self { elements }
    }

    const fn unlimited() -> Self {
        Self::new(usize::MAX)
    }

    pub(super) fn spend(&mut self) -> Result<(), ProtoError> {
        self.elements = self
            .elements
            .checked_sub(1)
            .ok_or(ProtoError::TooManyElements)?;
        Ok(())
    }
}

pub(super) fn merge_counter(
    counter: &mut Counter,
    payload: &[u8],
    budget: &mut Budget,
) -> Result<(), ProtoError> {
    let mut reader = Reader::new(payload);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => set(&mut counter.value, field.double()),
            2 => merge_boxed_exemplar(&mut counter.exemplar, field, budget)?,
            3 => merge_timestamp(&mut counter.created, field)?,
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn merge_summary(
    summary: &mut Summary,
    payload: &[u8],
    budget: &mut Budget,
) -> Result<(), ProtoError> {
    let mut reader = Reader::new(payload);
    while let Some((number, field)) = reader.next()? {
        match (number, field) {
            (1, field) => set(&mut summary.count, field.uint()),
            (2, field) => set(&mut summary.sum, field.double()),
            (3, Field::Bytes(payload)) => {
                budget.spend()?;
                summary.quantiles.push(take_quantile(payload)?);
            }
            (4, field) => merge_timestamp(&mut summary.created, field)?,
            _ => {}
        }
    }
    Ok(())
}

fn take_quantile(payload: &[u8]) -> Result<Quantile, ProtoError> {
    let mut quantile = Quantile::default();
    let mut reader = Reader::new(payload);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => set(&mut quantile.quantile, field.double()),
            2 => set(&mut quantile.value, field.double()),
            _ => {}
        }
    }
    Ok(quantile)
}

pub(super) fn merge_histogram(
    histogram: &mut Histogram,
    payload: &[u8],
    budget: &mut Budget,
) -> Result<(), ProtoError> {
    let mut reader = Reader::new(payload);
    while let Some((number, field)) = reader.next()? {
        match (number, field) {
            (1, field) => set(&mut histogram.count, field.uint()),
            (2, field) => set(&mut histogram.sum, field.double()),
            (3, Field::Bytes(payload)) => {
                budget.spend()?;
                histogram.buckets.push(take_bucket(payload, budget)?);
            }
            (4, field) => set(&mut histogram.count_float, field.double()),
            (5..=14 | 16, field) => merge_native(&mut histogram.native, number, field, budget)?,
            (15, field) => merge_timestamp(&mut histogram.created, field)?,
            _ => {}
        }
    }
    Ok(())
}

fn merge_native(
    native: &mut Option<Box<NativeHistogram>>,
    number: u32,
    field: Field<'_>,
    budget: &mut Budget,
) -> Result<(), ProtoError> {
    if matches!(field, Field::Other) {
        return Ok(());
    }
    let native = native.get_or_insert_default();
    match number {
        5 => native.schema = field.sint32().or(native.schema),
        6 => native.zero_threshold = field.double().or(native.zero_threshold),
        7 => native.zero_count = field.uint().or(native.zero_count),
        8 => native.zero_count_float = field.double().or(native.zero_count_float),
        9..=11 => merge_side(&mut native.negative, number - 9, field, budget)?,
        12..=14 => merge_side(&mut native.positive, number - 12, field, budget)?,
        _ => {
            if let Field::Bytes(payload) = field {
                budget.spend()?;
                let mut exemplar = Exemplar::default();
                merge_exemplar(&mut exemplar, payload, budget)?;
                native.exemplars.push(exemplar);
            }
        }
    }
    Ok(())
}

fn merge_side(
    side: &mut BucketSide,
    part: u32,
    field: Field<'_>,
    budget: &mut Budget,
) -> Result<(), ProtoError> {
    match part {
        0 => {
            let Some(payload) = field.bytes() else {
                return Ok(());
            };
            budget.spend()?;
            side.spans.push(take_span(payload)?);
            Ok(())
        }
        1 => field.each_sint(|delta| {
            budget.spend()?;
            side.deltas.push(delta);
            Ok(())
        }),
        _ => field.each_double(|count| {
            budget.spend()?;
            side.counts.push(count);
            Ok(())
        }),
    }
}

fn take_span(payload: &[u8]) -> Result<BucketSpan, ProtoError> {
    let mut span = BucketSpan::default();
    let mut reader = Reader::new(payload);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => set(&mut span.offset, field.sint32()),
            2 => set(&mut span.length, field.uint32()),
            _ => {}
        }
    }
    Ok(span)
}

fn take_bucket(payload: &[u8], budget: &mut Budget) -> Result<Bucket, ProtoError> {
    let mut bucket = Bucket::default();
    let mut reader = Reader::new(payload);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => set(&mut bucket.cumulative_count, field.uint()),
            2 => set(&mut bucket.upper_bound, field.double()),
            3 => merge_boxed_exemplar(&mut bucket.exemplar, field, budget)?,
            4 => set(&mut bucket.cumulative_count_float, field.double()),
            _ => {}
        }
    }
    Ok(bucket)
}

fn merge_boxed_exemplar(
    exemplar: &mut Option<Box<Exemplar>>,
    field: Field<'_>,
    budget: &mut Budget,
) -> Result<(), ProtoError> {
    match field.bytes() {
        Some(payload) => merge_exemplar(exemplar.get_or_insert_default(), payload, budget),
        None => Ok(()),
    }
}

fn merge_exemplar(
    exemplar: &mut Exemplar,
    payload: &[u8],
    budget: &mut Budget,
) -> Result<(), ProtoError> {
    let mut reader = Reader::new(payload);
    while let Some((number, field)) = reader.next()? {
        match (number, field) {
            (1, Field::Bytes(payload)) => {
                budget.spend()?;
                let (name, value) = take_label(payload)?;
                exemplar.labels.push((name.into(), value.into()));
            }
            (2, field) => set(&mut exemplar.value, field.double()),
            (3, field) => merge_timestamp(&mut exemplar.timestamp, field)?,
            _ => {}
        }
    }
    Ok(())
}

/// Reads a `LabelPair` as (name, value).
pub(super) fn take_label(payload: &[u8]) -> Result<(&[u8], &[u8]), ProtoError> {
    let (mut name, mut value): (&[u8], &[u8]) = (&[], &[]);
    let mut reader = Reader::new(payload);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => set(&mut name, field.bytes()),
            2 => set(&mut value, field.bytes()),
            _ => {}
        }
    }
    Ok((name, value))
}

fn merge_timestamp(timestamp: &mut Option<Timestamp>, field: Field<'_>) -> Result<(), ProtoError> {
    let Some(payload) = field.bytes() else {
        return Ok(());
    };
    let timestamp = timestamp.get_or_insert_default();
    let mut reader = Reader::new(payload);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => set(&mut timestamp.seconds, field.int64()),
            2 => set(&mut timestamp.nanos, field.int32()),
            _ => {}
        }
    }
    Ok(())
}

/// Sets a field when it came in the wire type of its definition; otherwise it is an unknown field.
pub(super) fn set<T>(place: &mut T, sent: Option<T>) {
    if let Some(sent) = sent {
        *place = sent;
    }
}
