//! Messages that are none: refused before they are in the log, where nobody could read them.

use etcd_server::{Kind, Method};

use super::*;

/// A transaction of so many transactions within each other around a put.
fn nested(levels: usize) -> pb::TxnRequest {
    let mut innermost = operation(Request::RequestPut(put("deep", "x")));
    for _ in 1..levels {
        innermost = operation(Request::RequestTxn(pb::TxnRequest {
            success: vec![innermost],
            ..pb::TxnRequest::default()
        }));
    }
    pb::TxnRequest {
        success: vec![innermost],
        ..pb::TxnRequest::default()
    }
}

#[tokio::test]
async fn a_message_that_is_none_ends_no_member() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let refused = Method::ALL.iter().filter(|method| {
        method.kind() == Kind::Unary && method.service() != "grpc.health.v1.Health"
    });
    for method in refused {
        let path = format!("/{}/{}", method.service(), method.name());
        // A field that ends before its value.
        let broken = Bytes::from_static(&[0, 0, 0, 0, 2, 0x0a, 0x7f]);
        let outcome = client.call(request(&path), broken).await;
        assert_ne!(outcome.code, "0", "{path}");
        assert_ne!(outcome.code, "14", "{path}: {}", outcome.message);
    }
    for levels in [40, 45, 48, 49, 50, 51, 60] {
        let outcome = client
            .unary::<pb::TxnResponse>("/etcdserverpb.KV/Txn", &nested(levels))
            .await;
        let (code, _) = outcome.unwrap_err();
        assert!(code == "3" || code == "13", "{levels}: {code}");
    }
    let done: pb::TxnResponse = client
        .unary("/etcdserverpb.KV/Txn", &nested(32))
        .await
        .unwrap();
    assert!(done.succeeded);
    member.stop().await;
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let found: pb::RangeResponse = client.unary(RANGE, &range("deep")).await.unwrap();
    assert_eq!(found.count, 1);
    member.stop().await;
}
