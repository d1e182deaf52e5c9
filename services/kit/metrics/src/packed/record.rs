//! The bytes of one record: labels as lengths with bytes, the value as a tag with its payload.

use crate::{
    model::{Counter, Label, Value},
    proto::{put_varint, value as wire},
};

const TAG_MISSING: u8 = 0;
const TAG_COUNTER: u8 = 1;
const TAG_GAUGE: u8 = 2;
const TAG_UNTYPED: u8 = 3;
const TAG_COUNTER_WITH_EXTRAS: u8 = 4;
const TAG_SUMMARY: u8 = 5;
const TAG_HISTOGRAM: u8 = 6;

pub(super) fn put_value(out: &mut Vec<u8>, value: &Value) {
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

pub(super) fn take_value(bytes: &[u8]) -> Value {
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

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub(super) fn take_bytes<'a>(from: &mut &'a [u8]) -> &'a [u8] {
    let length =
        usize::try_from(take_varint(from)).expect("lengths were written from a slice in memory");
    let (bytes, rest) = from.split_at(length);
    *from = rest;
    bytes
}

pub(super) fn take_varint(from: &mut &[u8]) -> u64 {
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
