use prost::Message as _;

use super::*;
use etcd_api::{
    etcdserverpb::{RangeRequest, TxnRequest, WatchRequest, WatchResponse, request_op},
    mvccpb::{Event, KeyValue},
};

fn decoded<M: prost::Message + Default>(method: Method, json: &str) -> M {
    let bytes = decode::decode(&messages(method).0, json.as_bytes()).unwrap();
    M::decode(&bytes[..]).unwrap()
}

#[track_caller]
fn check_refused(method: Method, json: &str, words: &str) {
    assert_eq!(
        decode::decode(&messages(method).0, json.as_bytes()).unwrap_err(),
        words
    );
}

#[test]
fn every_route_has_its_messages() {
    for (path, method) in ROUTES {
        assert_eq!(route(&format!("/v3/{path}")), Some(*method));
        let _ = messages(*method);
    }
    assert_eq!(route("/v3/kv/nope"), None);
}

#[test]
fn requests_are_read_in_every_spelling() {
    let json = r#"{"key":"Zm9v","rangeEnd":"Zm9w","limit":"7","revision":3e0,"sort_order":"DESCEND","sort_target":4,"keys_only":true,"nobody":{"knows":[1,{}]},"serializable":null}"#;
    let range: RangeRequest = decoded(Method::Range, json);
    assert_eq!(
        (&range.key[..], &range.range_end[..]),
        (&b"foo"[..], &b"fop"[..])
    );
    assert_eq!((range.limit, range.revision), (7, 3));
    assert_eq!(
        (range.sort_order, range.sort_target, range.keys_only),
        (2, 4, true)
    );
    let range: RangeRequest = decoded(Method::Range, r#"{"key":"-_8","limit":-1.50e1}"#);
    assert_eq!((&range.key[..], range.limit), (&b"\xfb\xff"[..], -15));
    let watch: WatchRequest = decoded(
        Method::Watch,
        r#"{"create_request":{"key":"YQ==","filters":["NOPUT",1]}}"#,
    );
    let created = r#"WatchRequest { request_union: Some(CreateRequest("#;
    assert!(format!("{watch:?}").starts_with(created));
    let json = r#"{"success":[{"request_put":{"key":"YQ==","value":"Yg=="}},{"requestRange":{}}],"compare":[]}"#;
    let txn: TxnRequest = decoded(Method::Txn, json);
    assert!(matches!(
        txn.success[1].request,
        Some(request_op::Request::RequestRange(_))
    ));
}

#[test]
fn what_means_nothing_is_named_as_upstream_names_it() {
    let range = |json, words| check_refused(Method::Range, json, words);
    range(
        r#"{"key":"Y!"}"#,
        r#"proto: (line 1:8): invalid value for bytes field key: "Y!""#,
    );
    range(
        r#"{"key":5}"#,
        "proto: (line 1:8): invalid value for bytes field key: 5",
    );
    range(
        r#"{"keyx":5, "limit":"x"}"#,
        r#"proto: (line 1:20): invalid value for int64 field limit: "x""#,
    );
    range(
        "{\n \"limit\":1.5}",
        "proto: (line 2:10): invalid value for int64 field limit: 1.5",
    );
    range("5", "proto: syntax error (line 1:1): unexpected token 5");
    range(
        r#"{"key":"","key":""}"#,
        r#"proto: (line 1:11): duplicate field "key""#,
    );
    let watch = r#"{"create_request":5}"#;
    check_refused(
        Method::Watch,
        watch,
        "proto: syntax error (line 1:19): unexpected token 5",
    );
}

#[test]
fn answers_are_written_as_upstream_writes_them() {
    let response = WatchResponse {
        watch_id: -1,
        created: true,
        cancel_reason: "a \"b\" <c>\n".to_owned(),
        events: vec![Event {
            r#type: 1,
            kv: Some(KeyValue {
                key: Bytes::from_static(b"\xff"),
                mod_revision: 9_007_199_254_740_993,
                ..KeyValue::default()
            }),
            prev_kv: None,
        }],
        ..WatchResponse::default()
    };
    let text = json(&messages(Method::Watch).1, response.encode_to_vec().into()).unwrap();
    let expected = r#"{"watch_id":"-1","created":true,"cancel_reason":"a \"b\" <c>\n","events":[{"type":"DELETE","kv":{"key":"/w==","mod_revision":"9007199254740993"}}]}"#;
    assert_eq!(text, expected);
}
