//! Every way to compare accepts what it should and refuses what it should.

use super::{bytes, header};
use crate::case::{Check, HeaderRule, Mode, Stream};
use crate::client::Response;
use crate::normalize::Values;
use crate::service::Service;

const SERVICE: Service = Service {
    own_families: &["go_"],
    ..Service::EMPTY
};

#[track_caller]
fn accepts(mode: Mode, block: &[&str], actual: &str) {
    assert_eq!(verdict(mode, block, actual), Ok(()));
}

#[track_caller]
fn refuses(mode: Mode, block: &[&str], actual: &str) {
    assert!(
        verdict(mode, block, actual).is_err(),
        "{mode:?} accepted {actual:?}"
    );
}

fn verdict(mode: Mode, block: &[&str], actual: &str) -> Result<(), String> {
    let check = Check {
        stream: Stream::Main,
        mode,
        block: block.iter().map(|line| (*line).to_owned()).collect(),
    };
    bytes(
        &SERVICE,
        &check,
        actual.as_bytes(),
        &Values::from([("v".to_owned(), "1".to_owned())]),
    )
}

#[test]
fn the_last_line_feed_counts() {
    accepts(Mode::Exactly, &["a", "b"], "a\nb\n");
    refuses(Mode::Exactly, &["a", "b"], "a\nb");
    accepts(Mode::ExactlyBare, &["OK"], "OK");
    refuses(Mode::ExactlyBare, &["OK"], "OK\n");
    accepts(Mode::ExactlyEscaped, &["a\\t\\n"], "a\t\n");
    refuses(Mode::ExactlyEscaped, &["a\\t"], "a\t\n");
    accepts(Mode::Empty, &[], "");
    refuses(Mode::Empty, &[], "\n");
}

#[test]
fn placeholders_are_filled_in() {
    accepts(Mode::Contains, &["x=${v}"], "x=1");
    refuses(Mode::Contains, &["x=${w}"], "x=1");
}

#[test]
fn parts_are_found_or_missed() {
    accepts(Mode::Contains, &["b", "a"], "a b");
    refuses(Mode::Contains, &["a", "c"], "a b");
    accepts(Mode::Lines, &["b", "c"], "a\nb\nc\nd");
    refuses(Mode::Lines, &["b", "d"], "a\nb\nc\nd");
    refuses(Mode::Lines, &["b"], "ab\n");
    accepts(Mode::Lacks, &["x"], "a");
    refuses(Mode::Lacks, &["x", "a"], "a");
    accepts(Mode::Matches, &["^b$"], "a\nb\nc");
    refuses(Mode::Matches, &["^d$"], "a\nb\nc");
    refuses(Mode::LacksMatch, &["^b$"], "a\nb\nc");
    accepts(Mode::LacksMatch, &["^d$"], "a\nb\nc");
}

#[test]
fn expositions_are_compared_without_self_metrics() {
    let actual = "# TYPE go_x gauge\ngo_x 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na 1\n";
    accepts(
        Mode::Metrics,
        &["# TYPE a gauge", "a 1.0", "# TYPE b gauge", "b 1"],
        actual,
    );
    refuses(Mode::Metrics, &["# TYPE a gauge", "a 1"], actual);
    accepts(
        Mode::Exposition,
        &["# TYPE b gauge", "b 1", "# TYPE a gauge", "a 1"],
        actual,
    );
    refuses(
        Mode::Exposition,
        &["# TYPE a gauge", "a 1", "# TYPE b gauge", "b 1"],
        actual,
    );
    accepts(Mode::Metrics, &[], "# TYPE go_x gauge\ngo_x 1\n");
}

#[test]
fn json_and_protobuf_are_decoded() {
    accepts(Mode::Json, &[r#"{"a": "<any>"}"#], r#"{"a":"b"}"#);
    refuses(Mode::Json, &[r#"{"a": "<any>"}"#], r#"{"a":"b","c":1}"#);
    accepts(
        Mode::JsonContains,
        &[r#"{"a": "<any>"}"#],
        r#"{"a":"b","c":1}"#,
    );
    accepts(
        Mode::Protobuf,
        &["name:\"m\""],
        "\x03\x0a\x01m\x07\x0a\x05go_yy",
    );
    refuses(Mode::Protobuf, &["name:\"n\""], "\x03\x0a\x01m");
    refuses(Mode::Protobuf, &["name:\"m\""], "\x04\x0a\x01m");
}

#[test]
fn headers_are_exact_patterns_or_absent() {
    let response = Response {
        headers: vec![("Allow".into(), "GET".into())],
        ..Response::default()
    };
    let check = |name, rule| header(&response, name, &rule, &Values::new());
    assert!(check("allow", HeaderRule::Is("GET".into())).is_ok());
    assert!(check("allow", HeaderRule::Is("get".into())).is_err());
    assert!(check("allow", HeaderRule::Matches("^G".into())).is_ok());
    assert!(check("vary", HeaderRule::Matches(".".into())).is_err());
    assert!(check("vary", HeaderRule::Absent).is_ok());
    assert!(check("allow", HeaderRule::Absent).is_err());
}
