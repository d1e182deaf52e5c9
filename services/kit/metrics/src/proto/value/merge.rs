//! Values read from their messages. Reading merges: a message sent twice adds to the first, as protobuf says.

use super::{
    super::{
        ProtoError,
        wire::{Field, Reader},
    },
    Budget,
};
use crate::model::{
    Bucket, BucketSide, BucketSpan, Counter, Exemplar, Histogram, NativeHistogram, Quantile,
    Summary, Timestamp,
};

pub(in crate::proto) fn merge_counter(
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

pub(in crate::proto) fn merge_summary(
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

pub(in crate::proto) fn merge_histogram(
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
pub(in crate::proto) fn take_label(payload: &[u8]) -> Result<(&[u8], &[u8]), ProtoError> {
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
pub(in crate::proto) fn set<T>(place: &mut T, sent: Option<T>) {
    if let Some(sent) = sent {
        *place = sent;
    }
}
