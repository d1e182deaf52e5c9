//! What a member says of itself, and of a store that is full.

use super::*;

#[tokio::test]
async fn a_full_store_raises_the_alarm_and_takes_no_more() {
    let folder = TempDir::new().unwrap();
    let mut config = boot_config(folder.path());
    config.engine.quota_bytes = 1;
    let member = Member::start_with(config).await;
    let client = Client::connect(member.address).await;
    let refused = client
        .unary::<pb::PutResponse>(PUT, &put("a", ""))
        .await
        .unwrap_err();
    assert_eq!(
        refused,
        (
            "8".to_owned(),
            "etcdserver: mvcc: database space exceeded".to_owned()
        )
    );
    let list = pb::AlarmRequest::default();
    let alarms: pb::AlarmResponse = client
        .unary("/etcdserverpb.Maintenance/Alarm", &list)
        .await
        .unwrap();
    assert_eq!(alarms.alarms[0].alarm, i32::from(pb::AlarmType::Nospace));
    let health = get(member.address, "/health").await;
    assert_eq!(
        body(&health),
        "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}\n"
    );
    client
        .unary::<pb::RangeResponse>(RANGE, &range("a"))
        .await
        .unwrap();
    member.stop().await;
}

#[tokio::test]
async fn a_member_tells_how_it_is() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    client
        .unary::<pb::PutResponse>(PUT, &put("a", "b"))
        .await
        .unwrap();
    let status: pb::StatusResponse = client
        .unary("/etcdserverpb.Maintenance/Status", &pb::StatusRequest {})
        .await
        .unwrap();
    assert_eq!(
        (&*status.version, &*status.storage_version),
        ("3.7.3", "3.7.0")
    );
    assert_eq!(status.leader, status.header.unwrap().member_id);
    assert_eq!((status.db_size_quota, status.errors.len()), (2 << 30, 0));
    let list = pb::MemberListRequest { linearizable: true };
    let members: pb::MemberListResponse = client
        .unary("/etcdserverpb.Cluster/MemberList", &list)
        .await
        .unwrap();
    assert_eq!(
        (&*members.members[0].name, members.header.unwrap().revision),
        ("default", 0)
    );
    let version = get(member.address, "/version").await;
    assert_eq!(
        body(&version),
        r#"{"etcdserver":"3.7.3","etcdcluster":"3.7.0","storage":"3.7.0"}"#
    );
    let hash: pb::HashKvResponse = client
        .unary(
            "/etcdserverpb.Maintenance/HashKV",
            &pb::HashKvRequest { revision: 0 },
        )
        .await
        .unwrap();
    assert_eq!((hash.hash_revision, hash.compact_revision), (2, -1));
    client
        .unary::<pb::PutResponse>(PUT, &put("a", "c"))
        .await
        .unwrap();
    let compact = pb::CompactionRequest {
        revision: 3,
        physical: true,
    };
    client
        .unary::<pb::CompactionResponse>("/etcdserverpb.KV/Compact", &compact)
        .await
        .unwrap();
    let past = pb::RangeRequest {
        revision: 2,
        ..range("a")
    };
    let refused = client
        .unary::<pb::RangeResponse>(RANGE, &past)
        .await
        .unwrap_err();
    assert_eq!(
        refused.1,
        "etcdserver: mvcc: required revision has been compacted"
    );
    let put = post(
        member.address,
        "/v3/kv/put",
        r#"{"key":"YQ==","value":"Yg=="}"#,
    )
    .await;
    assert!(put.starts_with("HTTP/1.1 200 OK"), "{put}");
    member.stop().await;
}
