//! Settings that show in what a running member does.

use std::fs;

use etcd_api::etcdserverpb::CompactionRequest;
use etcd_client::Call;

use crate::program::{Member, PATIENCE, get, put};

#[tokio::test]
async fn old_files_of_the_log_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let wal = folder.path().join("data/member/wal");
    let snap = folder.path().join("data/member/snap");
    drop(Member::start(folder.path(), &[]));
    for index in 1..=4 {
        fs::write(snap.join(format!("{index:016x}-{index:016x}.snap.db")), "").unwrap();
    }
    assert!(fs::read_dir(&wal).unwrap().count() > 0);
    let mut member = Member::start(folder.path(), &["--max-snapshots=2", "--max-wals=0"]);
    assert!(
        !member
            .log
            .iter()
            .any(|line| line.contains("\"suffix\":\"wal\""))
    );
    assert!(
        member
            .log
            .iter()
            .any(|line| line.contains("\"suffix\":\"snap.db\",\"max\":2,\"interval\":\"30s\""))
    );
    while fs::read_dir(&snap)
        .unwrap()
        .filter(|it| {
            it.as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|it| it == "db")
        })
        .count()
        > 2
    {
        member.wait_for("purged");
    }
}

#[tokio::test]
async fn what_takes_long_is_told_without_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--warning-apply-duration=1ns",
        "--warning-unary-request-duration=1ns",
    ];
    let mut member = Member::start(folder.path(), &flags);
    let client = member.client().await;
    put(&client, "a key", "secret").await.unwrap();
    let line = member.wait_for("put:<key");
    assert!(
        line.contains("\"msg\":\"apply request took too long\",\"took\":\""),
        "{line}"
    );
    assert!(
        line.contains("\"expected-duration\":\"1ns\",\"prefix\":\"\",\"request\":\"header:<ID:"),
        "{line}"
    );
    assert!(
        line.contains("put:<key:\\\"a key\\\" value_size:6>"),
        "{line}"
    );
    let line = member.wait_for("request stats");
    assert!(
        line.contains("\"response type\":\"/etcdserverpb.KV/Put\",\"request count\":1"),
        "{line}"
    );
    get(&client, "a key").await.unwrap();
    member.wait_for("\"prefix\":\"read-only range \",\"request\":\"key:\\\"a key\\\"\"");
    assert!(!member.log.iter().any(|line| line.contains("secret")));
}

#[tokio::test]
async fn a_member_checks_itself_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let member = Member::start(folder.path(), &[]);
    put(&member.client().await, "a", "b").await.unwrap();
    member.crash();
    let flags = [
        "--corrupt-check-time=200ms",
        "--compact-hash-check-time=200ms",
        "--feature-gates=InitialCorruptCheck=true,CompactHashCheck=true,PriorityRequest=true",
        "--memory-mlock",
        "--bootstrap-defrag-threshold-megabytes=100",
    ];
    let mut member = Member::start(folder.path(), &flags);
    for words in [
        "initial corruption checking passed; no corruption",
        "Skipping defragmentation",
    ] {
        assert!(
            member.log.iter().any(|line| line.contains(words)),
            "{words}"
        );
    }
    let client = member.client().await;
    let compaction = CompactionRequest {
        revision: 2,
        physical: true,
    };
    client
        .compact(Call::within(PATIENCE), compaction)
        .await
        .unwrap();
    member.wait_for("finished peer corruption check");
    member.wait_for(
        "\"number-of-hashes-checked\":1,\"msg\""
            .split(",\"msg")
            .next()
            .unwrap(),
    );
}

#[tokio::test]
async fn a_new_cluster_is_begun_with_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let member = Member::start(folder.path(), &[]);
    put(&member.client().await, "a", "b").await.unwrap();
    member.crash();
    let member = Member::start(folder.path(), &["--force-new-cluster"]);
    assert!(
        member
            .log
            .iter()
            .any(|line| line.contains("forcing restart member"))
    );
    let client = member.client().await;
    assert_eq!(get(&client, "a").await.unwrap().as_deref(), Some("b"));
    put(&client, "a", "c").await.unwrap();
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own_and_http_too() {
    use std::{
        io::{Read as _, Write as _},
        net::TcpStream,
    };
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--listen-metrics-urls=http://127.0.0.1:0",
        "--listen-client-http-urls=http://localhost:0",
    ];
    let mut command = crate::program::command(folder.path());
    command.args(flags);
    let member = Member::start_as(command);
    put(&member.client().await, "a", "b").await.unwrap();
    let http = member
        .log
        .iter()
        .find(|line| line.contains("\"traffic\":\"http\""))
        .unwrap();
    let mut socket = TcpStream::connect(crate::program::field(http, "address")).unwrap();
    socket
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut page = String::new();
    socket.read_to_string(&mut page).unwrap();
    for line in [
        "etcd_server_version{server_version=\"3.7.3\"} 1\n",
        "etcd_cluster_version{cluster_version=\"3.7\"} 1\n",
        "etcd_server_feature_enabled{name=\"FastLeaseKeepAlive\",stage=\"BETA\"} 1\n",
        "etcd_server_quota_backend_bytes 2.147483648e+09\n",
        "etcd_mvcc_put_total 1\n",
        "etcd_server_apply_duration_seconds_count{op=\"Put\",success=\"true\",version=\"v3\"} 1\n",
        "etcd_server_request_duration_seconds_count{success=\"true\",type=\"Put\"} 1\n",
    ] {
        assert!(page.contains(line), "{line} is not in\n{page}");
    }
}
