//! The JSON gateway.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    client::{body, get, http, post},
    server::plain,
};

#[tokio::test]
async fn json_is_put_and_read() {
    let server = plain();
    let answer = post(
        server.address,
        "/v3/kv/put",
        r#"{"key":"YQ==","value":"Yg=="}"#,
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains("\r\nGrpc-Metadata-Content-Type: application/grpc\r\n"),
        "{answer}"
    );
    let header = r#"{"header":{"cluster_id":"7","member_id":"8","revision":"2","raft_term":"2"}"#;
    assert_eq!(body(&answer), format!("{header}}}"));
    let answer = post(
        server.address,
        "/v3beta/kv/range",
        r#"{"key":"YQ=="} trailing"#,
    )
    .await;
    let kvs = r#""kvs":[{"key":"YQ==","create_revision":"2","mod_revision":"2","version":"1","value":"Yg=="}]"#;
    assert_eq!(body(&answer), format!("{header},{kvs},\"count\":\"1\"}}"));
}

#[tokio::test]
async fn errors_have_a_code_and_a_text() {
    let server = plain();
    let check = async |target: &str, sent: &str, status: &str, expected: &str| {
        let answer = post(server.address, target, sent).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        assert_eq!(body(&answer), expected);
    };
    let empty = r#"{"code":3,"message":"etcdserver: key is not provided"}"#;
    check("/v3/kv/put", "{}", "400", empty).await;
    check("/v3/kv/put", "", "400", empty).await;
    let wrong = r#"{"code":3,"message":"invalid character 'x' looking for beginning of value"}"#;
    check("/v3/kv/put", "x", "400", wrong).await;
    check(
        "/v3/kv/nope",
        "",
        "404",
        r#"{"code":5,"message":"Not Found"}"#,
    )
    .await;
    let answer = get(server.address, "/v3/kv/put").await;
    assert!(answer.starts_with("HTTP/1.1 501 "), "{answer}");
    assert_eq!(
        body(&answer),
        r#"{"code":12,"message":"Method Not Allowed"}"#
    );
}

#[tokio::test]
async fn a_stream_is_a_line_for_each_message() {
    let server = plain();
    let twice = r#"{"create_request":{"key":"YQ=="}} {"create_request":{"key":"Yg=="}}"#;
    let answer = post(server.address, "/v3/watch", twice).await;
    assert!(
        answer.contains("\r\nTransfer-Encoding: chunked\r\n"),
        "{answer}"
    );
    for key in ["YQ==", "Yg=="] {
        let line = format!(
            "{{\"result\":{{\"header\":{{\"cluster_id\":\"7\",\"member_id\":\"8\",\"revision\":\"1\",\"raft_term\":\"2\"}},\"created\":true,\"events\":[{{\"kv\":{{\"key\":\"{key}\"}}}}]}}}}\n"
        );
        assert!(answer.contains(&line), "{answer}");
    }
    let answer = post(server.address, "/v3/watch", "{}").await;
    assert!(answer.starts_with("HTTP/1.1 499 "), "{answer}");
    let line = "{\"error\":{\"code\":1,\"message\":\"etcdserver: watch canceled\"}}\n";
    assert_eq!(body(&answer), line);
}

#[tokio::test]
async fn requests_of_a_stream_are_answered_as_they_come() {
    let server = plain();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /v3/watch HTTP/1.1\r\nHost: etcd\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut seen = String::new();
    for key in ["YQ==", "Yg=="] {
        let request = format!(r#"{{"create_request":{{"key":"{key}"}}}}"#);
        let chunk = format!("{:x}\r\n{request}\r\n", request.len());
        stream.write_all(chunk.as_bytes()).await.unwrap();
        while !seen.contains(key) {
            let mut buffer = [0; 1024];
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "{seen}");
            seen.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
        }
    }
}

#[tokio::test]
async fn the_authorization_of_a_request_reaches_the_engine() {
    let server = plain();
    let request = "POST /v3/kv/range HTTP/1.1\r\nHost: etcd\r\nAuthorization: Bearer abc.7\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
    http(server.address, request).await;
    let seen = server.seen.callers.lock().pop().unwrap();
    assert_eq!(seen.1.as_deref(), Some("abc.7"));
}
