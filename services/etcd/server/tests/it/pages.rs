//! What is answered over plain HTTP.

use std::collections::BTreeSet;

use etcd_api::etcdserverpb::{AlarmMember, AlarmType};
use etcd_server::Traffic;

use crate::{
    client::{body, get, http, post},
    server::{config, plain, serve},
};

#[tokio::test]
async fn health_is_told_with_its_reason() {
    let server = plain();
    let answer = get(server.address, "/health").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(body(&answer), r#"{"health":"true","reason":""}"#);
    server.board.set_leader(0);
    let answer = get(server.address, "/health").await;
    assert!(
        answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"),
        "{answer}"
    );
    assert_eq!(
        body(&answer),
        "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n"
    );
    let answer = get(server.address, "/health?serializable=true").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    server.board.set_alarms(vec![AlarmMember {
        member_id: 8,
        alarm: AlarmType::Nospace.into(),
    }]);
    let answer = get(server.address, "/health").await;
    assert_eq!(
        body(&answer),
        "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}\n"
    );
    let answer = get(server.address, "/health?exclude=NOSPACE&serializable=true").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let answer = post(server.address, "/health", "").await;
    assert!(
        answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"),
        "{answer}"
    );
    assert!(answer.contains("\r\nAllow: GET\r\n"), "{answer}");
}

#[tokio::test]
async fn readiness_is_told_check_by_check() {
    let server = plain();
    let answer = get(server.address, "/readyz?verbose").await;
    let expected = "[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n[+]non_learner ok\nok\n";
    assert_eq!(body(&answer), expected);
    assert_eq!(body(&get(server.address, "/livez").await), "ok\n");
    server.board.set_alarms(vec![AlarmMember {
        member_id: 8,
        alarm: AlarmType::Corrupt.into(),
    }]);
    let answer = get(server.address, "/readyz/data_corruption").await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert_eq!(
        body(&answer),
        "[-]data_corruption failed: alarm activated: CORRUPT\n\n"
    );
    let answer = get(
        server.address,
        "/readyz?exclude=data_corruption&exclude=nothing",
    )
    .await;
    assert_eq!(body(&answer), "ok\n");
    assert!(
        get(server.address, "/readyz/nothing")
            .await
            .starts_with("HTTP/1.1 404 ")
    );
    let page = get(server.address, "/metrics").await;
    let line = "etcd_server_healthchecks_total{name=\"data_corruption\",status=\"error\",type=\"readyz\"} 1";
    assert!(page.contains(line), "{page}");
}

#[tokio::test]
async fn versions_and_variables_are_shown() {
    let server = plain();
    let answer = get(server.address, "/version").await;
    let unknown = r#"{"etcdserver":"3.7.3","etcdcluster":"not_decided","storage":"unknown"}"#;
    assert_eq!(body(&answer), unknown);
    assert!(
        answer.contains("\r\nContent-Type: application/json\r\n"),
        "{answer}"
    );
    server.board.set_cluster_version("3.7.0");
    server.board.set_storage_version("3.7.0");
    let answer = get(server.address, "/version").await;
    let known = r#"{"etcdserver":"3.7.3","etcdcluster":"3.7.0","storage":"3.7.0"}"#;
    assert_eq!(body(&answer), known);
    let answer = get(server.address, "/debug/vars").await;
    let variables: serde_json::Value = serde_json::from_str(body(&answer)).unwrap();
    assert_eq!(variables["cmdline"][0], "etcd");
    assert!(variables["file_descriptor_limit"].as_u64().unwrap() > 0);
    let answer = get(server.address, "/debug/pprof/heap").await;
    assert!(
        answer.starts_with("HTTP/1.1 404 ") && answer.contains("pprof"),
        "{answer}"
    );
    assert_eq!(
        body(&get(server.address, "/nothing").await),
        "404 page not found\n"
    );
}

#[tokio::test]
async fn a_listener_of_metrics_has_nothing_else() {
    let server = serve(config(), None, Traffic::Metrics);
    assert!(
        get(server.address, "/metrics")
            .await
            .contains("etcd_server_has_leader")
    );
    assert!(
        get(server.address, "/health")
            .await
            .starts_with("HTTP/1.1 200 ")
    );
    assert!(
        get(server.address, "/version")
            .await
            .starts_with("HTTP/1.1 404 ")
    );
}

#[tokio::test]
async fn browsers_and_foreign_host_names_are_kept_to_their_lists() {
    let open = plain();
    let answer = http(
        open.address,
        "OPTIONS /v3/kv/range HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains("Access-Control-Allow-Origin: *\r\n"),
        "{answer}"
    );
    let mut config = config();
    config.cors = BTreeSet::from(["http://good".to_owned()]);
    config.host_whitelist = BTreeSet::from(["etcd".to_owned()]);
    let server = serve(config, None, Traffic::All);
    let request = "GET /version HTTP/1.1\r\nHost: evil:1\r\nConnection: close\r\n\r\n";
    let answer = http(server.address, request).await;
    assert!(
        answer.starts_with("HTTP/1.1 421 Misdirected Request\r\n"),
        "{answer}"
    );
    assert!(answer.contains("--host-whitelist \"evil\""), "{answer}");
    let request = "GET /version HTTP/1.1\r\nHost: etcd:2379\r\nOrigin: http://good\r\nConnection: close\r\n\r\n";
    let answer = http(server.address, request).await;
    assert!(
        answer.contains("Access-Control-Allow-Origin: http://good\r\n"),
        "{answer}"
    );
    let answer = get(server.address, "/version").await;
    assert!(!answer.contains("Access-Control"), "{answer}");
}
