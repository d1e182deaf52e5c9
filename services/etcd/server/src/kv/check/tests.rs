use super::*;

fn operation(request: Request) -> RequestOp {
    RequestOp {
        request: Some(request),
    }
}

fn put_of(key: &'static str) -> RequestOp {
    operation(Request::RequestPut(PutRequest {
        key: key.into(),
        ..PutRequest::default()
    }))
}

fn delete_of(key: &'static str, end: &'static str) -> RequestOp {
    operation(Request::RequestDeleteRange(DeleteRangeRequest {
        key: key.into(),
        range_end: end.into(),
        prev_kv: false,
    }))
}

fn txn_of(success: Vec<RequestOp>, failure: Vec<RequestOp>) -> TxnRequest {
    TxnRequest {
        compare: Vec::new(),
        success,
        failure,
    }
}

fn nested(success: Vec<RequestOp>, failure: Vec<RequestOp>) -> RequestOp {
    operation(Request::RequestTxn(txn_of(success, failure)))
}

#[track_caller]
fn check(branch: Vec<RequestOp>, expected: Result<(), Error>) {
    assert_eq!(txn(&txn_of(branch, Vec::new()), 128), expected);
}

#[test]
fn transactions_within_each_other_are_so_many() {
    let mut innermost = put_of("a");
    for _ in 1..NESTING_MAX {
        innermost = nested(vec![innermost], vec![]);
    }
    check(vec![innermost.clone()], Ok(()));
    let deeper = nested(vec![innermost], vec![]);
    check(vec![deeper], Err(Error::TooManyOps));
}

#[test]
fn a_branch_changes_a_key_once() {
    let twice = Err(Error::DuplicateKey);
    check(vec![put_of("a"), put_of("b")], Ok(()));
    check(vec![put_of("a"), put_of("a")], twice);
    check(vec![put_of("b"), delete_of("a", "c")], twice);
    // Upstream does not see that this one has no end.
    check(vec![put_of("b"), delete_of("a", "\0")], Ok(()));
    check(vec![put_of("b"), delete_of("a", "b")], Ok(()));
    check(vec![delete_of("a", "c"), delete_of("b", "d")], Ok(()));
    check(vec![put_of("a"), nested(vec![put_of("a")], vec![])], twice);
    check(
        vec![put_of("a"), nested(vec![], vec![delete_of("a", "")])],
        twice,
    );
    check(vec![nested(vec![put_of("a")], vec![put_of("a")])], Ok(()));
    check(
        vec![
            nested(vec![put_of("a")], vec![]),
            nested(vec![], vec![put_of("a")]),
        ],
        twice,
    );
    let both = txn_of(vec![put_of("a")], vec![put_of("a")]);
    assert_eq!(txn(&both, 128), Ok(()));
}

#[test]
fn operations_are_counted_at_each_level() {
    let many = |count: usize| vec![delete_of("a", ""); count];
    let check = |branch, expected| assert_eq!(txn(&txn_of(branch, Vec::new()), 128), expected);
    check(many(128), Ok(()));
    check(many(129), Err(Error::TooManyOps));
    check(vec![nested(many(127), vec![])], Ok(()));
    check(vec![nested(many(128), vec![])], Err(Error::TooManyOps));
}

#[test]
fn what_is_missing_is_named() {
    check(vec![RequestOp { request: None }], Err(Error::KeyNotFound));
    check(vec![put_of("")], Err(Error::EmptyKey));
    let wrong = RangeRequest {
        key: "a".into(),
        sort_order: 7,
        ..RangeRequest::default()
    };
    assert_eq!(range(&wrong), Err(Error::InvalidSortOption));
    let ignored = PutRequest {
        key: "a".into(),
        value: "b".into(),
        ignore_value: true,
        ..PutRequest::default()
    };
    assert_eq!(put(&ignored), Err(Error::ValueProvided));
}
