//! What a member answers to peers.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::program::{Member, put};

/// Asks over a connection of its own; returns the status and everything after the first line.
fn ask(member: &Member, request: &str, body: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(&member.peer).unwrap();
    let length = body.len();
    let text = format!(
        "{request}\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    socket.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (line, rest) = answer.split_once("\r\n").unwrap();
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    (status, rest.to_owned())
}

#[tokio::test]
async fn peers_get_upstreams_answers_of_a_member_that_is_alone() {
    let folder = tempfile::tempdir().unwrap();
    let member = Member::start(folder.path(), &["--name=one"]);
    put(&member.client().await, "a", "b").await.unwrap();
    #[track_caller]
    fn check(member: &Member, request: &str, body: &str, status: u16, words: &[&str]) {
        let (got, text) = ask(member, &format!("{request} HTTP/1.1"), body);
        assert_eq!(got, status, "{request}: {text}");
        for words in words {
            assert!(text.contains(words), "{request}: {words} is not in\n{text}");
        }
    }
    let check = |request: &str, body: &str, status: u16, words: &[&str]| {
        check(&member, request, body, status, words)
    };
    check(
        "GET /version",
        "",
        200,
        &["{\"etcdserver\":\"3.7.3\",\"etcdcluster\":\"3.7.0\",\"storage\":\"3.7.0\"}"],
    );
    check(
        "GET /members",
        "",
        200,
        &[
            "X-Etcd-Cluster-Id: ",
            "[{\"id\":",
            "\"peerURLs\":[\"http://localhost:2380\"],\"name\":\"one\",\"clientURLs\":[\"http://127.0.0.1:2379\"]}]\n",
        ],
    );
    check(
        "POST /members",
        "",
        405,
        &["Allow: GET", "Method Not Allowed\n"],
    );
    check("GET /raft/probing", "", 200, &["{\"OK\":true,\"Now\":\"20"]);
    check("GET /raft", "", 405, &["Allow: POST"]);
    check(
        "POST /raft",
        "x",
        412,
        &["incompatible version\n", "X-Etcd-Cluster-Id: "],
    );
    check(
        "GET /raft/stream/message/1",
        "",
        412,
        &["X-Server-Version: 3.7.3"],
    );
    check("GET /downgrade/enabled", "", 200, &["\r\n\r\nfalse"]);
    check(
        "GET /members/hashkv",
        "",
        400,
        &["error unmarshalling request\n"],
    );
    check(
        "GET /members/hashkv",
        "{\"revision\":0}",
        200,
        &[
            "{\"header\":{\"revision\":2},\"hash\":",
            "\"compact_revision\":-1,\"hash_revision\":2}",
        ],
    );
    check(
        "GET /members/hashkv",
        "{\"revision\":99}",
        400,
        &["mvcc: required revision is a future revision\n"],
    );
    check("POST /leases", "", 404, &["lease not found\n"]);
    check("POST /leases/internal", "", 404, &["lease not found\n"]);
    check("GET /leases", "", 405, &["Method Not Allowed\n"]);
    check(
        "POST /members/promote/12",
        "",
        404,
        &["membership: ID not found\n"],
    );
    check(
        "POST /members/promote/x",
        "",
        404,
        &["member x not found in cluster\n"],
    );
    for path in ["/", "/health", "/metrics", "/raft/x", "/v3/kv/put"] {
        check(&format!("GET {path}"), "", 404, &["404 page not found\n"]);
    }
}

#[test]
fn a_peer_of_another_cluster_or_nobody_knows_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let member = Member::start(folder.path(), &[]);
    let (_, text) = ask(&member, "GET /members HTTP/1.1", "");
    let cluster = text
        .lines()
        .find_map(|line| line.strip_prefix("X-Etcd-Cluster-Id: "))
        .unwrap();
    let versions = "X-Server-Version: 3.7.1\r\nX-Min-Cluster-Version: 3.0.0";
    let stream = |id: &str, rest: &str| {
        let head = format!(
            "GET /raft/stream/message/{rest} HTTP/1.1\r\n{versions}\r\nX-Etcd-Cluster-ID: {id}"
        );
        ask(&member, &head, "")
    };
    let (status, text) = stream("1", "1");
    assert!(
        status == 412 && text.ends_with("cluster ID mismatch\n"),
        "{status} {text}"
    );
    let (status, text) = stream(cluster, "1");
    assert!(
        status == 404 && text.ends_with("error sender not found\n"),
        "{status} {text}"
    );
    let (status, text) = stream(cluster, "x");
    assert!(
        status == 404 && text.ends_with("invalid from\n"),
        "{status} {text}"
    );
}
