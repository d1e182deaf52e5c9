//! The orderly end.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use kit_http::{Cause, Limits};

use crate::client::{blocking, plain, rest, serve};

#[tokio::test]
async fn stopping_answers_what_is_in_flight_and_takes_nothing_new() {
    let server = plain();
    let mut stream = server.connect();
    let mut stream = blocking(move || {
        let head =
            "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let mut interim = [0; 25];
        stream.read_exact(&mut interim).unwrap(); // the handler waits for the body now
        stream
    })
    .await;
    server.stop.trigger();
    assert_eq!(server.stop.cause(), Some(Cause::Request));
    let address = server.address;
    let refused = blocking(move || {
        while TcpStream::connect(address).is_ok() {
            std::thread::yield_now();
        }
    });
    refused.await;
    let answer = blocking(move || {
        stream.write_all(b"abc").unwrap();
        rest(&mut stream)
    });
    let answer = answer.await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nPOST /a\nabc"), "{answer}");
    server.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_never_ends_is_given_up_after_the_deadline() {
    let limits = Limits {
        drain: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = serve(limits, None);
    let mut stream = server.connect();
    stream
        .write_all(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
        .unwrap();
    server.stop.trigger();
    server.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let server = plain();
    let mut stream = server.connect();
    let mut stream = blocking(move || {
        stream
            .write_all(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        let mut answer = [0; 512];
        assert!(stream.read(&mut answer).unwrap() > 0);
        stream
    })
    .await;
    server.stop.trigger();
    server.served.await.unwrap().unwrap();
    assert_eq!(blocking(move || rest(&mut stream)).await, "");
}
