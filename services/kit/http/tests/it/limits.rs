//! Clients that stall, and clients that are many.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use kit_http::Limits;

use crate::client::{Running, blocking, plain, rest, serve};

const SHORT: Duration = Duration::from_millis(150);

/// Sends bytes, then waits; the server must end the connection and say this.
async fn check_cut(server: &Running, bytes: &str, answer: &str) {
    assert_eq!(server.exchange(bytes).await, answer, "{bytes:?}");
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off() {
    let limits = Limits {
        head: SHORT,
        ..Limits::default()
    };
    check_cut(
        &serve(limits, None),
        "GET / HTTP/1.1\r\nHost: x\r\nA: b",
        "",
    )
    .await;
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_off() {
    let limits = Limits {
        head: SHORT,
        ..Limits::default()
    };
    let server = serve(limits, None);
    let mut stream = server.connect();
    let is_cut = blocking(move || {
        stream
            .set_read_timeout(Some(Duration::from_millis(10)))
            .unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nA: ").unwrap();
        (0..2000).any(|_| {
            let is_lost = stream.write_all(b"x").is_err();
            is_lost || matches!(stream.read(&mut [0; 1]), Ok(0))
        })
    });
    assert!(is_cut.await);
}

#[tokio::test]
async fn a_connection_without_requests_is_closed() {
    let limits = Limits {
        idle: SHORT,
        ..Limits::default()
    };
    let server = serve(limits, None);
    check_cut(&server, "", "").await;
    let answer = server.exchange("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.ends_with("\r\n\r\nGET /a\n"), "{answer}");
}

#[tokio::test]
async fn a_body_that_stalls_is_cut_off_and_one_that_moves_never() {
    let limits = Limits {
        body_stall: SHORT,
        ..Limits::default()
    };
    let server = serve(limits, None);
    let stalled = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc";
    let answer = server.exchange(stalled).await;
    assert!(answer.ends_with("\r\n\r\ni/o timeout\n"), "{answer}");
    let mut stream = server.connect();
    let answer = blocking(move || {
        let head = "POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 20\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        for _ in 0..20 {
            // Slower than the limit in all, never between two bytes.
            std::thread::sleep(SHORT / 10);
            stream.write_all(b"x").unwrap();
        }
        rest(&mut stream)
    });
    assert!(answer.await.ends_with(&"x".repeat(20)));
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_is_cut_off() {
    let limits = Limits {
        answer_stall: SHORT,
        ..Limits::default()
    };
    let server = serve(limits, None);
    let mut stream = server.connect();
    let outcome = blocking(move || {
        stream
            .write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            .unwrap();
        // The connection's end is seen without taking a byte: writing to it fails at last.
        while stream
            .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            .is_ok()
        {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    tokio::time::timeout(Duration::from_secs(20), outcome)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_thousand_idle_and_two_hundred_slow_clients_stop_nobody() {
    let server = plain();
    let address = server.address;
    let crowd = blocking(move || {
        let connect = |_| TcpStream::connect(address).unwrap();
        let idle: Vec<TcpStream> = (0..1000).map(connect).collect();
        let slow = (0..200).map(connect).map(|mut stream| {
            stream
                .write_all(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nx")
                .unwrap();
            stream
        });
        (idle, slow.collect::<Vec<_>>())
    });
    let _crowd = crowd.await;
    for _ in 0..100 {
        let answer = server.ask("GET /a", "", "").await;
        assert!(answer.ends_with("\r\n\r\nGET /a\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_full_server_closes_its_longest_idle_connection_for_a_new_one() {
    let limits = Limits {
        connections_max: 3,
        ..Limits::default()
    };
    let server = serve(limits, None);
    let mut idle = Vec::new();
    for _ in 0..3 {
        let mut stream = server.connect();
        idle.push(
            blocking(move || {
                stream
                    .write_all(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n")
                    .unwrap();
                let mut answer = [0; 512];
                assert!(stream.read(&mut answer).unwrap() > 0);
                stream
            })
            .await,
        );
    }
    let answer = server.ask("GET /b", "", "").await;
    assert!(answer.ends_with("\r\n\r\nGET /b\n"), "{answer}");
    let mut first = idle.remove(0);
    assert_eq!(blocking(move || rest(&mut first)).await, "");
}
