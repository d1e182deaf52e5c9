//! Answers to raw bytes, each as upstream 1.11.3 gave it to the same bytes.

use std::io::Write;

use crate::client::{blocking, plain, rest, undated};

const MALFORMED: &str = "400 Bad Request";

/// The server refuses in these words and closes.
#[track_caller]
fn check_refused(request: &str, answer: &str, words: &str) {
    let status = if words.starts_with("Unsupported") {
        "501 Not Implemented"
    } else {
        words
    };
    let expected = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n{words}"
    );
    assert_eq!(answer, expected, "{request:?}");
}

#[tokio::test]
async fn malformed_heads_are_refused_in_gos_words() {
    let server = plain();
    for (request, words) in [
        (
            "GET /a HTTP/1.1\r\n\r\n",
            "400 Bad Request: missing required Host header",
        ),
        (
            "GET /a HTTP/2.0\r\nHost: x\r\n\r\n",
            "505 HTTP Version Not Supported: unsupported protocol version",
        ),
        ("GET /a HTTP/11\r\nHost: x\r\n\r\n", MALFORMED),
        ("GET /a\r\n\r\n", MALFORMED),
        ("GET  /a HTTP/1.1\r\nHost: x\r\n\r\n", MALFORMED),
        ("GET /a  HTTP/1.1\r\nHost: x\r\n\r\n", MALFORMED),
        ("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", MALFORMED),
        ("G@T /a HTTP/1.1\r\nHost: x\r\n\r\n", MALFORMED),
        ("G\u{1}T /a HTTP/1.1\r\nHost: x\r\n\r\n", MALFORMED),
        ("GET a HTTP/1.1\r\nHost: x\r\n\r\n", MALFORMED),
        ("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", MALFORMED),
        ("GET /%2 HTTP/1.1\r\nHost: x\r\n\r\n", MALFORMED),
        ("GET /x\u{7f} HTTP/1.1\r\nHost: x\r\n\r\n", MALFORMED),
        ("GET /x\u{1} HTTP/1.1\r\nHost: x\r\n\r\n", MALFORMED),
        ("GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", MALFORMED),
        (
            "GET /a HTTP/1.1\r\nHost: a b\r\n\r\n",
            "400 Bad Request: malformed Host header",
        ),
        ("GET /a HTTP/1.1\r\nHost: x\r\nFoo\r\n\r\n", MALFORMED),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nFoo : x\r\n\r\n",
            "400 Bad Request: invalid header name",
        ),
        ("GET /a HTTP/1.1\r\nHost: x\r\nF(oo: x\r\n\r\n", MALFORMED),
        ("GET /a HTTP/1.1\r\nHost: x\r\n: x\r\n\r\n", MALFORMED),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nFoo: a\u{1}b\r\n\r\n",
            MALFORMED,
        ),
        ("GET /a HTTP/1.1\r\nHost: x\r\nFoo: a\0b\r\n\r\n", MALFORMED),
        ("GET /a HTTP/1.1\r\n Foo: a\r\nHost: x\r\n\r\n", MALFORMED),
        ("\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n", MALFORMED),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\na 1\n\n",
            MALFORMED,
        ),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            MALFORMED,
        ),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\na 1\n",
            MALFORMED,
        ),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\n",
            MALFORMED,
        ),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\na 1\n",
            MALFORMED,
        ),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
            MALFORMED,
        ),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
            "Unsupported transfer encoding",
        ),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "Unsupported transfer encoding",
        ),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Unsupported transfer encoding",
        ),
        ("\u{16}\u{3}\u{1}\0\n", MALFORMED),
    ] {
        check_refused(request, &server.exchange(request).await, words);
    }
    let large = format!(
        "GET /a HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n",
        "x".repeat(1_100_000)
    );
    let answer = server.exchange(&large).await;
    check_refused(
        "a head of 1.1 MB",
        &answer,
        "431 Request Header Fields Too Large",
    );
}

#[tokio::test]
async fn targets_reach_the_handler_as_they_were_sent() {
    let server = plain();
    let long = format!("/{}", "y".repeat(70_000));
    for target in [
        "/a%2Fb//../c/./d?x=%zz&y",
        "/x#y",
        "/<>\\^`|\"{}",
        "/ünïcödé",
        "//double//",
        long.as_str(),
    ] {
        let answer = server.ask(&format!("GET {target}"), "", "").await;
        assert!(
            answer.ends_with(&format!("\r\n\r\nGET {target}\n")),
            "{answer}"
        );
    }
    let odd = [b"GET /\xff\xfe HTTP/1.0\r\n\r\n".as_slice(), b""].concat();
    assert!(
        server
            .exchange(odd)
            .await
            .starts_with("HTTP/1.0 200 OK\r\n")
    );
}

#[tokio::test]
async fn what_go_takes_is_taken() {
    let server = plain();
    for (request, end) in [
        ("GET /a HTTP/1.0\r\n\r\n", "GET /a\n"),
        (
            "GET /a HTTP/1.2\r\nHost: x\r\nConnection: close\r\n\r\n",
            "GET /a\n",
        ),
        (
            "GET http://y/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "GET /a\n",
        ),
        (
            "GET http:///a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "GET /a\n",
        ),
        (
            "get /a HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
            "get /a\n",
        ),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nFold: a\r\n b\r\nConnection: close\r\n\r\n",
            "GET /a\n",
        ),
        (
            "GET /a HTTP/1.1\nHost: x\nConnection: close\n\n",
            "GET /a\n",
        ),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\na 1\n",
            "POST /a\na 1\n",
        ),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: Chunked\r\nContent-Length: 3\r\n\r\n\
             4;ext=1\r\na 1\n\r\n0\r\nTrailer: x\r\n\r\n",
            "POST /a\na 1\n",
        ),
        (
            "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /a\n",
        ),
        (
            "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcdGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "GET /b\n",
        ),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nrubbish",
            "GET /b\n",
        ),
    ] {
        let answer = server.exchange(request).await;
        assert!(answer.contains(" 200 OK\r\n"), "{request:?} {answer}");
        assert!(answer.ends_with(end), "{request:?} {answer}");
    }
}

#[tokio::test]
async fn some_requests_never_reach_the_handler() {
    let server = plain();
    let options = "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let answer = undated(&server.exchange(options).await);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("Content-Length: 0\r\n"), "{answer}");
    for (request, status) in [
        ("GET * HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\nContent-Length: 4\r\n\r\na 1\n",
            "417 Expectation Failed",
        ),
    ] {
        let answer = undated(&server.exchange(request).await);
        let rest = "Connection: close\r\nContent-Length: 0\r\nDate: D\r\n\r\n";
        assert_eq!(answer, format!("HTTP/1.1 {status}\r\n{rest}"));
    }
}

#[tokio::test]
async fn a_refusal_waits_for_the_answers_before_it() {
    let server = plain();
    let pipelined = "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
    let answer = server.exchange(pipelined).await;
    let first = answer.find("GET /a\n").expect("the first is answered");
    let second = answer.find("missing required Host header").unwrap();
    assert!(first < second, "{answer}");
}

#[tokio::test]
async fn a_client_that_closes_its_sending_side_is_answered() {
    let server = plain();
    for (request, expected) in [
        ("GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK"),
        ("GET /a HTTP/1.1\r\nHost: x\r\n", "400 Bad Request"),
        ("GET /", "400 Bad Request"),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\na 1\n",
            "unexpected EOF\n",
        ),
        (
            "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na 1\n",
            "unexpected EOF\n",
        ),
    ] {
        let mut stream = server.connect();
        let answer = blocking(move || {
            stream.write_all(request.as_bytes()).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            rest(&mut stream)
        });
        let answer = answer.await;
        assert!(answer.contains(expected), "{request:?} {answer}");
    }
}

#[tokio::test]
async fn broken_chunks_reach_the_handler_in_gos_words() {
    let server = plain();
    for (body, words) in [
        ("zz\r\n", "invalid byte in chunk length"),
        ("4\r\na 1\nXX0\r\n\r\n", "malformed chunked encoding"),
        ("4\na 1\n\n0\n\n", "chunked line ends with bare LF"),
        ("11111111111111111\r\n", "http chunk length too large"),
        ("\r\n", "empty hex number for chunk length"),
    ] {
        let head = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
        let answer = server.exchange(format!("{head}{body}")).await;
        assert!(
            answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
            "{answer}"
        );
        assert!(answer.ends_with(&format!("\r\n\r\n{words}\n")), "{answer}");
    }
}

#[tokio::test]
async fn answers_carry_what_gos_carry() {
    let server = plain();
    let answer = server.ask("HEAD /a", "", "").await;
    assert!(answer.contains("\r\nContent-Length: 8\r\n"), "{answer}");
    assert!(answer.contains("\r\nDate: "), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    let expects = "POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi";
    let answer = server.exchange(expects).await;
    assert!(
        answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"),
        "{answer}"
    );
}
