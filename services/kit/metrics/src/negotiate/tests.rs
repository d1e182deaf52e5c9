use proptest::prelude::*;

use super::{Compression, Exposition, Format};
use crate::escape::EscapingScheme;

#[track_caller]
fn check(accept: &str, content_type: &str) {
    assert_eq!(
        Exposition::negotiate(Some(accept)).content_type(),
        content_type,
        "Accept: {accept}"
    );
}

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
const TEXT_UTF8: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8";
const DELIMITED: &str = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores";

#[test]
fn what_is_not_there_becomes_text() {
    assert_eq!(Exposition::negotiate(None), Exposition::default());
    for accept in [
        "",
        "*/*",
        "*",
        "text/html",
        "application/openmetrics-text;version=1.0.0,*/*;q=0.1",
        "nonsense",
        ",,;q=1",
        "text/plain;version=0.0.5",
    ] {
        check(accept, TEXT);
    }
}

#[test]
fn protobuf_needs_its_message_and_a_known_encoding() {
    let protobuf =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=";
    check(&format!("{protobuf}delimited"), DELIMITED);
    check(
        &format!("{protobuf} delimited ; q=0.7 , text/plain;version=0.0.4;q=0.3"),
        DELIMITED,
    );
    check(&format!("{protobuf}foo"), TEXT);
    check(
        "application/vnd.google.protobuf;proto=other;encoding=delimited",
        TEXT,
    );
    check("application/vnd.google.protobuf", TEXT);
    let format =
        |encoding: &str| Exposition::negotiate(Some(&format!("{protobuf}{encoding}"))).format;
    assert_eq!(format("text"), Format::ProtobufText);
    assert_eq!(format("compact-text"), Format::ProtobufCompactText);
}

#[test]
fn the_clause_of_most_weight_wins_and_the_first_of_equals() {
    let protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    check(&format!("text/plain;q=0.5,{protobuf};q=0.6"), DELIMITED);
    check(&format!("text/plain;q=0.6,{protobuf};q=0.5"), TEXT);
    check(&format!("text/plain,{protobuf}"), TEXT);
    check(&format!("{protobuf},text/plain"), DELIMITED);
    check(&format!("*/*,{protobuf};q=0.1"), DELIMITED);
    check(&format!("{protobuf};q=x,text/plain;q=0.1"), TEXT);
}

#[test]
fn escaping_counts_in_every_clause_up_to_the_one_that_matches() {
    check("text/plain;escaping=allow-utf-8", TEXT_UTF8);
    check("text/html;escaping=allow-utf-8,text/plain;q=0.5", TEXT_UTF8);
    check("text/plain,text/html;q=0.5;escaping=allow-utf-8", TEXT);
    check(
        "text/html;escaping=dots,text/plain;escaping=foo;q=0.5",
        &TEXT.replace("underscores", "dots"),
    );
    check(
        "text/html;escaping=dots,text/plain;escaping=values;q=0.5",
        &TEXT.replace("underscores", "values"),
    );
    check("*/*;escaping=allow-utf-8", TEXT_UTF8);
}

#[test]
fn prometheus_gets_what_it_asks_for_first() {
    let accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
                  application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                  text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    check(accept, DELIMITED);
    let accept = accept.split_once(',').unwrap().1;
    check(accept, TEXT_UTF8);
}

#[test]
fn recorded_headers_get_what_upstream_gave_them() {
    let recorded = include_str!("../../testdata/accept.txt");
    for line in recorded.lines().filter(|line| !line.starts_with('#')) {
        let (accept, content_type) = line.split_once(" => ").unwrap();
        check(accept, content_type);
    }
}

#[track_caller]
fn check_compression(accept_encoding: &str, expected: Compression) {
    assert_eq!(
        Compression::negotiate([accept_encoding]),
        expected,
        "Accept-Encoding: {accept_encoding}"
    );
}

#[test]
fn gzip_is_used_when_it_is_wanted_more_than_nothing() {
    for header in [
        "gzip",
        "gzip, deflate",
        "deflate;q=1, gzip;q=0.5",
        "gzip;q=1.0, identity; q=0.5, *;q=0",
        "identity;q=0.5,gzip;q=0.6",
        "zstd,gzip;q=0.001",
    ] {
        check_compression(header, Compression::Gzip);
    }
    for header in [
        "",
        "*",
        "zstd",
        "gzip;q=0",
        "*;q=0",
        "identity,gzip",
        "gzip;q=0.5,*",
        "GZIP",
        "gzip;q=2",
        "gzip;x=1",
        "gzip;q=",
        "deflate;level=1,gzip",
    ] {
        check_compression(header, Compression::Identity);
    }
    assert_eq!(
        Compression::negotiate(["deflate", "gzip"]),
        Compression::Gzip
    );
    assert_eq!(Compression::negotiate([]).content_encoding(), None);
}

proptest! {
    #[test]
    fn any_header_is_negotiated_without_panic(header in "[a-z*/;=, q.0-9é]{0,60}") {
        let exposition = Exposition::negotiate(Some(&header));
        prop_assert!(EscapingScheme::ALL.contains(&exposition.escaping));
        let _ = Compression::negotiate([header.as_str()]);
    }
}
