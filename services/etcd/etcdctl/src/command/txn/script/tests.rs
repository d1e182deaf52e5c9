//! Lines of transactions, as upstream reads them.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(line: &str, target: CompareTarget, result: CompareResult, union: &TargetUnion) {
    let found = compare(line).expect(line);
    assert_eq!(found.target(), target, "{line}");
    assert_eq!(found.result(), result, "{line}");
    assert_eq!(found.target_union.as_ref(), Some(union), "{line}");
    assert_eq!(found.key, b"key".as_slice(), "{line}");
}

#[track_caller]
fn refused(line: &str, text: &str) {
    assert_eq!(compare(line).expect_err(line).to_string(), text);
}

#[test]
fn every_target_and_operator_is_read() {
    use CompareResult::{Equal, Greater, Less, NotEqual};
    use CompareTarget::{Create, Lease, Mod, Value, Version};
    check(
        r#"mod("key") > "0""#,
        Mod,
        Greater,
        &TargetUnion::ModRevision(0),
    );
    check(r#"m("key") < "7""#, Mod, Less, &TargetUnion::ModRevision(7));
    check(
        r#"ver("key") = "1""#,
        Version,
        Equal,
        &TargetUnion::Version(1),
    );
    check(
        r#"create("key") != "-1""#,
        Create,
        NotEqual,
        &TargetUnion::CreateRevision(-1),
    );
    let value = TargetUnion::Value(b"a b\n".as_slice().into());
    check(r#"val("key") = "a b\n""#, Value, Equal, &value);
    check(
        r#"lease("key") = "1f""#,
        Lease,
        Equal,
        &TargetUnion::Lease(0x1f),
    );
}

#[test]
fn what_is_not_a_comparison_is_refused_in_upstreams_words() {
    refused("mod", "malformed comparison: mod");
    refused(
        r#"mod("key" > "0""#,
        r#"malformed comparison: mod("key" > "0"; got mod("key")  """#,
    );
    refused(
        r#"size("key") > "0""#,
        r#"malformed comparison: size("key") > "0" (unknown target size)"#,
    );
    refused(
        r#"mod("key") > "x""#,
        r#"invalid txn compare request: mod("key") > "x""#,
    );
    refused(
        r#"mod("key") >= "1""#,
        r#"malformed comparison: mod("key") >= "1" (unknown operator >=)"#,
    );
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

#[test]
fn requests_take_the_flags_of_their_commands() {
    let operation = |line: &str| block_on(operation(line)).expect(line).request;
    let Some(Request::RequestPut(put)) = operation(r#"put --prev-kv key "some value""#) else {
        panic!("not a put");
    };
    assert_eq!(put.value, b"some value".as_slice());
    assert!(put.prev_kv);
    let Some(Request::RequestRange(get)) = operation("get --prefix key --limit=3") else {
        panic!("not a get");
    };
    assert_eq!((get.range_end.as_ref(), get.limit), (b"kez".as_slice(), 3));
    let Some(Request::RequestDeleteRange(del)) = operation("del key --from-key") else {
        panic!("not a del");
    };
    assert_eq!(del.range_end, b"\0".as_slice());
}

#[test]
fn other_requests_are_refused() {
    let refusal = |line: &str| block_on(operation(line)).expect_err(line);
    let invalid = |text: &str| Failure::new(Failure::INVALID_INPUT, text);
    assert_eq!(refusal("get"), invalid("invalid txn compare request: get"));
    assert_eq!(refusal("ge a"), invalid("invalid txn request: ge a"));
    assert_eq!(
        refusal("get --x a"),
        invalid("invalid txn request: get --x a")
    );
    assert_eq!(refusal(r#"put "\q" a"#), invalid("invalid syntax"));
}

proptest! {
    #[test]
    fn no_line_makes_it_panic(line: String) {
        drop(compare(&line));
        drop(compare(&format!("mod({line}")));
    }

    #[test]
    fn a_quoted_key_is_the_key(key: Vec<u8>, number: i64) {
        let line = format!("mod({}) = \"{number}\"", quote(&key));
        let compare = compare(&line).expect("a comparison");
        prop_assert_eq!(compare.key, key);
        prop_assert_eq!(compare.target_union, Some(TargetUnion::ModRevision(number)));
    }
}
