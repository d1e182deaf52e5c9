//! Keys: put, read, deleted, in transactions, and there after a restart.

use super::*;

#[tokio::test]
async fn keys_are_put_read_and_deleted() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let done: pb::PutResponse = client.unary(PUT, &put("a", "1")).await.unwrap();
    let header = done.header.unwrap();
    assert_eq!(header.revision, 2);
    assert!(header.cluster_id != 0 && header.member_id != 0 && header.raft_term >= 2);
    let again = pb::PutRequest {
        prev_kv: true,
        ..put("a", "2")
    };
    let done: pb::PutResponse = client.unary(PUT, &again).await.unwrap();
    assert_eq!(done.prev_kv.unwrap().value, "1");
    let found: pb::RangeResponse = client.unary(RANGE, &range("a")).await.unwrap();
    let kv = &found.kvs[0];
    assert_eq!(
        (
            &kv.value[..],
            kv.version,
            kv.create_revision,
            kv.mod_revision
        ),
        (&b"2"[..], 2, 2, 3)
    );
    let past = pb::RangeRequest {
        revision: 2,
        ..range("a")
    };
    let found: pb::RangeResponse = client.unary(RANGE, &past).await.unwrap();
    assert_eq!(
        (&found.kvs[0].value[..], found.header.unwrap().revision),
        (&b"1"[..], 3)
    );
    let delete = pb::DeleteRangeRequest {
        key: Bytes::from_static(b"a"),
        prev_kv: true,
        ..pb::DeleteRangeRequest::default()
    };
    let gone: pb::DeleteRangeResponse = client
        .unary("/etcdserverpb.KV/DeleteRange", &delete)
        .await
        .unwrap();
    assert_eq!((gone.deleted, &gone.prev_kvs[0].value[..]), (1, &b"2"[..]));
    let future = pb::RangeRequest {
        revision: 99,
        ..range("a")
    };
    let refused = client
        .unary::<pb::RangeResponse>(RANGE, &future)
        .await
        .unwrap_err();
    assert_eq!(
        refused.1,
        "etcdserver: mvcc: required revision is a future revision"
    );
    let keyless = client
        .unary::<pb::PutResponse>(PUT, &put("", ""))
        .await
        .unwrap_err();
    assert_eq!(
        keyless,
        ("3".to_owned(), "etcdserver: key is not provided".to_owned())
    );
    member.stop().await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    for key in 0..50 {
        client
            .unary::<pb::PutResponse>(PUT, &put(&key.to_string(), "value"))
            .await
            .unwrap();
    }
    member.stop().await;
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let all = pb::RangeRequest {
        range_end: Bytes::from_static(b"\0"),
        ..range("\0")
    };
    let found: pb::RangeResponse = client.unary(RANGE, &all).await.unwrap();
    assert_eq!((found.count, found.header.unwrap().revision), (50, 51));
    let done: pb::PutResponse = client.unary(PUT, &put("more", "")).await.unwrap();
    assert_eq!(done.header.unwrap().revision, 52);
    member.stop().await;
}

#[tokio::test]
async fn a_transaction_happens_whole_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let create = |key: &'static str| pb::Compare {
        result: CompareResult::Equal.into(),
        target: CompareTarget::Create.into(),
        key: Bytes::from_static(key.as_bytes()),
        target_union: Some(TargetUnion::CreateRevision(0)),
        ..pb::Compare::default()
    };
    let txn = pb::TxnRequest {
        compare: vec![create("a")],
        success: vec![
            operation(Request::RequestPut(put("a", "1"))),
            operation(Request::RequestRange(range("a"))),
        ],
        failure: vec![operation(Request::RequestRange(range("a")))],
    };
    let path = "/etcdserverpb.KV/Txn";
    let done: pb::TxnResponse = client.unary(path, &txn).await.unwrap();
    assert!(done.succeeded);
    assert_eq!(done.header.unwrap().revision, 2);
    let Some(pb::response_op::Response::ResponseRange(seen)) = &done.responses[1].response else {
        panic!("a range answers a range: {done:?}");
    };
    assert_eq!(
        (&seen.kvs[0].value[..], seen.header.unwrap().revision),
        (&b"1"[..], 2)
    );
    let done: pb::TxnResponse = client.unary(path, &txn).await.unwrap();
    assert!(!done.succeeded);
    assert_eq!(done.header.unwrap().revision, 2);
    let leased = pb::PutRequest {
        lease: 77,
        ..put("c", "")
    };
    let broken = pb::TxnRequest {
        success: vec![
            operation(Request::RequestPut(put("b", ""))),
            operation(Request::RequestPut(leased)),
        ],
        ..pb::TxnRequest::default()
    };
    let refused = client
        .unary::<pb::TxnResponse>(path, &broken)
        .await
        .unwrap_err();
    assert_eq!(refused.1, "etcdserver: requested lease not found");
    let found: pb::RangeResponse = client.unary(RANGE, &range("b")).await.unwrap();
    assert_eq!((found.count, found.header.unwrap().revision), (0, 2));
    member.stop().await;
}
