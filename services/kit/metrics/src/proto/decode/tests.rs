use proptest::{collection::vec, option, prelude::*};

use super::{decode, decode_family};
use crate::{
    model::{Family, Label, MetricType, Value},
    proto::{ProtoError, encode, text},
    samples::{self, OwnedLabel},
};

/// A family as plain values.
type Plain = (
    Vec<u8>,
    Option<String>,
    MetricType,
    Option<String>,
    Vec<(Vec<OwnedLabel>, Value)>,
);

fn plain(family: &Family) -> Plain {
    let metrics = (0..family.metrics.len())
        .map(|index| {
            let labels = family
                .metrics
                .labels(index)
                .map(|label| (label.name.to_vec(), label.value.to_vec()));
            (labels.collect(), family.metrics.value(index))
        })
        .collect();
    (
        family.name.to_vec(),
        family.help.as_deref().map(String::from),
        family.kind,
        family.unit.as_deref().map(String::from),
        metrics,
    )
}

fn put(out: &mut Vec<u8>, (name, help, kind, unit, metrics): &Plain) {
    let metrics = metrics.iter().map(|(labels, value)| {
        (
            labels
                .iter()
                .map(|(name, value)| Label { name, value })
                .collect::<Vec<_>>(),
            value,
        )
    });
    encode::family_delimited(out, name, help.as_deref(), *kind, unit.as_deref(), metrics);
}

fn family() -> impl Strategy<Value = Plain> {
    let sorted = samples::labels().prop_map(|mut labels| {
        labels.sort_by(|a, b| a.0.cmp(&b.0));
        labels
    });
    let metric = (sorted, samples::value().prop_map(|(_, value)| value));
    (
        vec(any::<u8>(), 0..5),
        option::of(".{0,9}"),
        (-1_i32..8).prop_map(MetricType::from_number),
        option::of(".{0,3}"),
        vec(metric, 0..4),
    )
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(family in family()) {
        let mut body = Vec::new();
        put(&mut body, &family);
        let decoded = decode(&body).unwrap();
        prop_assert_eq!(decoded.len(), 1);
        prop_assert_eq!(plain(&decoded[0]), family);
    }

    #[test]
    fn any_bytes_are_decoded_or_refused_without_panic(body in vec(any::<u8>(), 0..200)) {
        if let Ok(families) = decode(&body) {
            for family in &families {
                let _ = plain(family);
            }
        }
        let _ = text::family_indented(&body);
    }

    #[test]
    fn a_body_cut_anywhere_is_refused_or_ends_at_a_message(family in family(), cut in any::<prop::sample::Index>()) {
        let mut body = Vec::new();
        put(&mut body, &family);
        let cut = cut.index(body.len());
        let expected = if cut == 0 { Ok(0) } else { Err(ProtoError::UnexpectedEof) };
        prop_assert_eq!(decode(&body[..cut]).map(|families| families.len()), expected);
    }
}

#[track_caller]
fn check_refused(body: &[u8], expected: ProtoError) {
    assert_eq!(decode(body).unwrap_err(), expected);
}

#[test]
fn a_declared_length_reserves_nothing() {
    check_refused(b"\xff\xff\xff\xff\x7f", ProtoError::UnexpectedEof);
    check_refused(
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ProtoError::UnexpectedEof,
    );
}

#[test]
fn a_length_that_is_cut_off_or_too_long_is_invalid() {
    check_refused(b"\x80", ProtoError::UnexpectedEof);
    check_refused(
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
        ProtoError::InvalidWireFormat,
    );
    check_refused(
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ProtoError::InvalidWireFormat,
    );
}

#[test]
fn broken_wire_data_is_refused() {
    for message in [
        &b"\x00\x01"[..],                // field number 0
        b"\x0e\x01",                     // wire type 6
        b"\x0a\x05ab",                   // longer than its message
        b"\x0c",                         // end of a group that never began
        b"\x0b",                         // group without end
        b"\x0b\x14",                     // group ended by another number
        b"\x18\x80",                     // number cut off
        b"\x22\x03\x12\x01\x09",         // inside a metric: a gauge with half a double
        b"\x22\x05\x3a\x03\x5a\x01\x00", // packed doubles, not a multiple of eight bytes
    ] {
        let mut body = vec![u8::try_from(message.len()).unwrap()];
        body.extend_from_slice(message);
        check_refused(&body, ProtoError::InvalidWireFormat);
    }
}

#[test]
fn the_last_of_several_messages_with_one_name_wins() {
    let mut body = Vec::new();
    for (name, value) in [(b"a", 1.0), (b"b", 2.0), (b"a", 3.0)] {
        encode::family_delimited(
            &mut body,
            name,
            None,
            MetricType::Gauge,
            None,
            [([], Value::Gauge(value))],
        );
    }
    let families = decode(&body).unwrap();
    let values: Vec<_> = families
        .iter()
        .map(|family| (&*family.name, family.metrics.value(0)))
        .collect();
    assert_eq!(
        values,
        [
            (&b"a"[..], Value::Gauge(3.0)),
            (&b"b"[..], Value::Gauge(2.0))
        ]
    );
}

#[test]
fn a_family_without_metrics_is_kept_and_a_missing_type_means_counter() {
    let families = decode(b"\x03\x0a\x01m").unwrap();
    assert_eq!(families.len(), 1);
    assert_eq!(families[0].kind, MetricType::Counter);
    assert!(families[0].metrics.is_empty());
    assert_eq!(families[0].help, None);
}

#[test]
fn unknown_fields_and_groups_are_skipped() {
    // Field 15 as varint, field 16 as group holding a string, the name as a number (ignored), then the name.
    let family = decode_family(b"\x78\x05\x83\x01\x0a\x01x\x84\x01\x08\x07\x0a\x01m").unwrap();
    assert_eq!(*family.name, *b"m");
}

#[test]
fn repeated_numbers_are_read_packed_and_unpacked() {
    let histogram = |deltas: &[u8]| {
        let mut payload = vec![
            0x22,
            u8::try_from(deltas.len()).unwrap() + 2,
            0x3a,
            u8::try_from(deltas.len()).unwrap(),
        ];
        payload.extend_from_slice(deltas);
        let family = decode_family(&payload).unwrap();
        let Value::Histogram(histogram) = family.metrics.value(0) else {
            panic!("no histogram")
        };
        histogram.native.unwrap().positive.deltas
    };
    assert_eq!(histogram(b"\x6a\x03\x02\x01\x04"), [1, -1, 2]);
    assert_eq!(histogram(b"\x68\x02\x68\x01\x68\x04"), [1, -1, 2]);
}

#[test]
fn the_value_that_fits_the_type_counts_wherever_the_type_stands() {
    let metric = b"\x22\x16\x12\x09\x09\0\0\0\0\0\0\xf0\x3f\x2a\x09\x09\0\0\0\0\0\0\0\x40"; // gauge 1, untyped 2
    let value = |kind: &[u8]| {
        decode_family(&[metric, kind].concat())
            .unwrap()
            .metrics
            .value(0)
    };
    assert_eq!(value(b"\x18\x01"), Value::Gauge(1.0));
    assert_eq!(value(b"\x18\x03"), Value::Untyped(2.0));
    assert_eq!(value(b"\x18\x02"), Value::Gauge(1.0));
}

#[test]
fn a_timestamp_is_seen_even_if_zero() {
    assert!(decode_family(b"\x22\x02\x30\x00").unwrap().timestamped);
    assert!(!decode_family(b"\x22\x00").unwrap().timestamped);
    assert_eq!(
        decode_family(b"\x22\x00").unwrap().metrics.value(0),
        Value::Missing
    );
}

#[test]
fn more_elements_than_any_real_metric_has_are_refused() {
    let buckets = b"\x1a\x00".repeat(crate::proto::ELEMENTS_MAX + 1);
    let mut metric = Vec::new();
    crate::proto::wire::put_bytes(&mut metric, 7, &buckets);
    let mut family = Vec::new();
    crate::proto::wire::put_bytes(&mut family, 4, &metric);
    let mut body = Vec::new();
    encode::length(&mut body, family.len());
    body.extend_from_slice(&family);
    check_refused(&body, ProtoError::TooManyElements);
    assert_eq!(
        decode_family(&family).unwrap().metrics.len(),
        1,
        "a snapshot is read whatever it holds"
    );
}

#[test]
fn upstreams_bytes_come_out_as_upstream_writes_them() {
    // The family of the snapshot example in the specification, written by upstream.
    let hex = "0a026d31120768656c70206d65180122240a0d0a08696e7374616e63651201620a080a036a6f6212016112090 9000000000000f83f";
    let hex: Vec<u8> = hex.bytes().filter(|byte| *byte != b' ').collect();
    let payload: Vec<u8> = hex
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    let family = decode_family(&payload).unwrap();
    let mut out = Vec::new();
    let metrics = (0..1).map(|index| (family.metrics.labels(index), family.metrics.value(index)));
    encode::family(
        &mut out,
        &family.name,
        family.help.as_deref(),
        family.kind,
        None,
        metrics,
    );
    assert_eq!(out, payload);
    let expected = r#"name:"m1" help:"help me" type:GAUGE metric:{label:{name:"instance" value:"b"} label:{name:"job" value:"a"} gauge:{value:1.5}}"#;
    assert_eq!(text::family_on_one_line(&payload), expected);
    let expected = "name: \"m1\"\nhelp: \"help me\"\ntype: GAUGE\nmetric: {\n  label: {\n    name: \"instance\"\n    value: \"b\"\n  }\n  label: {\n    name: \"job\"\n    value: \"a\"\n  }\n  gauge: {\n    value: 1.5\n  }\n}\n";
    assert_eq!(text::family_indented(&payload), expected);
}
