//! gRPC: answers, errors, limits, streams, keepalive.

use std::{future::poll_fn, io::Write as _, time::Duration};

use bytes::Bytes;
use etcd_api::etcdserverpb::{
    PutRequest, PutResponse, RangeRequest, RangeResponse, WatchCreateRequest, WatchRequest,
    WatchResponse, watch_request::RequestUnion,
};
use flate2::{Compression, write::GzEncoder};
use prost::Message as _;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    client::{Client, Outcome, framed, outcome, request, send},
    server::{config, plain, serve},
};

const PUT: &str = "/etcdserverpb.KV/Put";
const RANGE: &str = "/etcdserverpb.KV/Range";
const WATCH: &str = "/etcdserverpb.Watch/Watch";

fn put(key: &str, value: impl Into<Bytes>) -> PutRequest {
    PutRequest {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: value.into(),
        ..PutRequest::default()
    }
}

fn watch(key: &str, value: Vec<u8>, times: i64) -> WatchRequest {
    WatchRequest {
        request_union: Some(RequestUnion::CreateRequest(WatchCreateRequest {
            key: Bytes::copy_from_slice(key.as_bytes()),
            range_end: value.into(),
            start_revision: times,
            ..WatchCreateRequest::default()
        })),
    }
}

#[track_caller]
fn check(outcome: &Outcome, http: u16, code: &str, message: &str) {
    let seen = (outcome.http, &*outcome.code, &*outcome.message);
    assert_eq!(seen, (http, code, message));
}

#[tokio::test]
async fn what_is_put_is_read() {
    let server = plain();
    let client = Client::connect(server.address).await;
    let done: PutResponse = client.unary(PUT, &put("a", "b")).await.unwrap();
    assert_eq!(done.header.unwrap().revision, 2);
    let range = RangeRequest {
        key: Bytes::from_static(b"a"),
        ..RangeRequest::default()
    };
    let found: RangeResponse = client.unary(RANGE, &range).await.unwrap();
    assert_eq!(found.kvs[0].value, "b");
}

#[tokio::test]
async fn an_error_is_a_head_without_a_body() {
    let server = plain();
    let client = Client::connect(server.address).await;
    let refused = client.call(request(PUT), framed(&put("", ""))).await;
    check(&refused, 200, "3", "etcdserver: key is not provided");
    assert_eq!(refused.headers["content-type"], "application/grpc");
    let unknown = client
        .call(request("/etcdserverpb.KV/Nope"), Bytes::new())
        .await;
    check(
        &unknown,
        200,
        "12",
        "unknown method Nope for service etcdserverpb.KV",
    );
    let nothing = http::Request::post("http://etcd/etcdserverpb.KV/Put");
    let typeless = client.call(nothing, Bytes::new()).await;
    check(
        &typeless,
        415,
        "3",
        "invalid gRPC request content-type \"\"",
    );
}

#[tokio::test]
async fn a_message_may_come_in_any_pieces_and_compressed() {
    let server = plain();
    let client = Client::connect(server.address).await;
    let (response, mut stream) = client.open(request(PUT)).await;
    for byte in framed(&put("pieces", "value")) {
        send(&mut stream, Bytes::from(vec![byte]), false).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(outcome(response.await.unwrap()).await.code, "0");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(&put("zip", "value").encode_to_vec())
        .unwrap();
    let zipped = encoder.finish().unwrap();
    let length = u32::try_from(zipped.len()).unwrap().to_be_bytes();
    let data = [&[1][..], &length, &zipped].concat();
    let done = client
        .call(request(PUT).header("grpc-encoding", "gzip"), data.into())
        .await;
    assert_eq!(done.code, "0");
}

#[tokio::test]
async fn what_is_too_large_or_cut_short_is_refused_in_upstreams_words() {
    let server = plain();
    let client = Client::connect(server.address).await;
    let large = client
        .call(request(PUT), framed(&put("a", vec![0; 3 << 20])))
        .await;
    check(
        &large,
        200,
        "8",
        "grpc: received message larger than max (3145736 vs. 2097152)",
    );
    let cut = client
        .call(request(PUT), Bytes::from_static(&[0, 0, 0, 0, 9, 1]))
        .await;
    check(&cut, 200, "2", "unexpected EOF");
    let empty = client.call(request(PUT), Bytes::new()).await;
    check(&empty, 200, "2", "EOF");
    let barely_begun = client
        .call(request(PUT), Bytes::from_static(&[0, 0, 0]))
        .await;
    check(&barely_begun, 200, "2", "EOF");
    let barely = client
        .call(request(PUT), framed(&put("a", vec![0; 2 << 20])))
        .await;
    assert_eq!(barely.code, "8");
    let done: PutResponse = client
        .unary(PUT, &put("a", vec![0; 2_000_000]))
        .await
        .unwrap();
    assert!(done.header.is_some());
}

#[tokio::test]
async fn many_large_requests_at_a_time_are_all_answered() {
    let server = plain();
    let mut calls = tokio::task::JoinSet::new();
    for connection in 0..10 {
        let client = Client::connect(server.address).await;
        for key in 0..20 {
            let client = client.clone();
            calls.spawn(async move {
                let large = put(&format!("{connection}/{key}"), vec![7; 1_500_000]);
                client.unary::<PutResponse>(PUT, &large).await
            });
        }
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_gets_its_answer_when_it_does() {
    let server = plain();
    let client = Client::connect(server.address).await;
    let value = vec![9; 2_000_000];
    for key in ["a", "b", "c"] {
        client
            .unary::<PutResponse>(PUT, &put(key, value.clone()))
            .await
            .unwrap();
    }
    let range = RangeRequest {
        key: Bytes::from_static(b"a"),
        range_end: Bytes::from_static(b"\0"),
        ..RangeRequest::default()
    };
    let (response, mut stream) = client.open(request(RANGE)).await;
    send(&mut stream, framed(&range), true).await;
    let response = response.await.unwrap();
    // The answer is larger than the window; others go on meanwhile.
    client
        .unary::<PutResponse>(PUT, &put("d", ""))
        .await
        .unwrap();
    let outcome = outcome(response).await;
    assert_eq!(outcome.code, "0");
    let found = RangeResponse::decode(outcome.data.slice(5..)).unwrap();
    assert_eq!((found.count, found.kvs[2].value.len()), (3, 2_000_000));
}

#[tokio::test]
async fn a_stream_answers_each_message_and_ends_well() {
    let server = plain();
    let client = Client::connect(server.address).await;
    let (response, mut stream) = client.open(request(WATCH)).await;
    send(&mut stream, framed(&watch("a", Vec::new(), 0)), false).await;
    send(&mut stream, framed(&watch("b", vec![1; 300_000], 2)), true).await;
    let outcome = outcome(response.await.unwrap()).await;
    assert_eq!((&*outcome.code, &*outcome.message), ("0", ""));
    let mut data = outcome.data;
    let mut keys = Vec::new();
    while !data.is_empty() {
        let length = u32::from_be_bytes(data[1..5].try_into().unwrap()) as usize;
        let message = data.split_to(5 + length).slice(5..);
        let mut response = WatchResponse::decode(message).unwrap();
        keys.push(response.events.remove(0).kv.unwrap().key);
    }
    assert_eq!(keys, ["a", "b", "b", "b"]);
}

#[tokio::test]
async fn a_stream_that_fails_says_so_in_its_trailers() {
    let server = plain();
    let client = Client::connect(server.address).await;
    let (response, mut stream) = client.open(request(WATCH)).await;
    send(&mut stream, framed(&watch("a", Vec::new(), 0)), false).await;
    send(&mut stream, framed(&WatchRequest::default()), true).await;
    let outcome = outcome(response.await.unwrap()).await;
    check(&outcome, 200, "1", "etcdserver: watch canceled");
}

#[tokio::test]
async fn a_client_that_wants_a_leader_is_refused_without_one() {
    let server = plain();
    server.board.set_leader(0);
    let client = Client::connect(server.address).await;
    let wants = request(PUT).header("hasleader", "true");
    let refused = client.call(wants, framed(&put("a", ""))).await;
    check(&refused, 200, "14", "etcdserver: no leader");
    let wants = request(WATCH).header("hasleader", "true");
    check(
        &client.call(wants, Bytes::new()).await,
        200,
        "14",
        "etcdserver: no leader",
    );
    client
        .unary::<PutResponse>(PUT, &put("a", ""))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_token_of_a_request_reaches_the_engine() {
    let server = plain();
    let client = Client::connect(server.address).await;
    let with_token = request(PUT).header("token", "abc.7");
    client.call(with_token, framed(&put("a", ""))).await;
    let seen = server.seen.callers.lock().pop().unwrap();
    assert_eq!(seen.1.as_deref(), Some("abc.7"));
}

/// Reads until the connection ends; a client of few words.
async fn farewell(mut stream: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    // A reset counts as an end.
    let _ = stream.read_to_end(&mut answer).await;
    answer
}

#[tokio::test]
async fn a_client_that_pings_too_often_is_sent_away() {
    let server = plain();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let mut words = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for _ in 0..4 {
        words.extend(b"\0\0\x08\x06\0\0\0\0\0pingpong");
    }
    stream.write_all(&words).await.unwrap();
    let answer = farewell(stream).await;
    assert!(answer.ends_with(b"\0\0\0\x0btoo_many_pings"), "{answer:?}");
}

#[tokio::test]
async fn a_silent_client_is_pinged_and_dropped() {
    let mut config = config();
    config.keepalive.interval = Duration::from_millis(50);
    config.keepalive.timeout = Duration::from_millis(50);
    let server = serve(config, None, etcd_server::Traffic::All);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    let answer = farewell(stream).await;
    let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0];
    assert!(answer.windows(9).any(|it| it == ping), "{answer:?}");
}

#[tokio::test]
async fn stopping_tells_clients_to_go_and_waits_for_none_that_are_idle() {
    let server = plain();
    let client = Client::connect(server.address).await;
    client
        .unary::<PutResponse>(PUT, &put("a", ""))
        .await
        .unwrap();
    server.stop.trigger();
    server.served.await.unwrap().unwrap();
    let Some((response, mut stream)) = poll_once_ready(&client).await else {
        return;
    };
    send(&mut stream, framed(&put("b", "")), true).await;
    assert!(response.await.is_err());
}

async fn poll_once_ready(
    client: &Client,
) -> Option<(h2::client::ResponseFuture, h2::SendStream<Bytes>)> {
    let mut sender = client.sender();
    poll_fn(|cx| sender.poll_ready(cx)).await.ok()?;
    sender
        .send_request(request(PUT).body(()).unwrap(), false)
        .ok()
}
