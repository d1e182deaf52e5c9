//! The client against a socket that plays a server word by word.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use super::{ClientError, Request, send, send_raw};

/// Serves one connection: answers `answer` after the first bytes, returns what was received until the peer closes.
#[expect(
    clippy::disallowed_methods,
    reason = "the client's counterpart in its own test"
)]
fn serve_once(answer: &'static [u8]) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = vec![0; 64 << 10];
        let count = stream.read(&mut buffer).unwrap();
        buffer.truncate(count);
        stream.write_all(answer).unwrap();
        buffer
    });
    (address, server)
}

#[test]
fn a_body_of_known_length_is_read_to_its_length() {
    let (address, server) =
        serve_once(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Y:  z \r\n\r\nOKjunk");
    let request = Request {
        method: "PUT".into(),
        target: "/a//b?c".into(),
        body: Some(b"x 1\n".to_vec()),
        ..Request::default()
    };
    let response = send(address, &request).unwrap();
    assert_eq!(
        (
            response.status,
            response.body.as_slice(),
            response.header("x-y")
        ),
        (200, &b"OK"[..], Some("z"))
    );
    let sent = String::from_utf8(server.join().unwrap()).unwrap();
    assert_eq!(
        sent,
        format!("PUT /a//b?c HTTP/1.1\r\nHost: {address}\r\nContent-Length: 4\r\n\r\nx 1\n")
    );
}

#[test]
fn a_chunked_answer_is_put_together() {
    let (address, _server) =
        serve_once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
    let response = send_raw(address, b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(response.body, b"abcde");
}

#[test]
fn a_chunked_request_is_framed() {
    let (address, server) = serve_once(b"HTTP/1.1 204 No Content\r\n\r\n");
    let request = Request {
        method: "POST".into(),
        target: "/".into(),
        headers: vec![
            ("Transfer-Encoding".into(), b"chunked".to_vec()),
            ("Host".into(), b"h".to_vec()),
        ],
        body: Some(b"hello".to_vec()),
    };
    assert_eq!(send(address, &request).unwrap().status, 204);
    let sent = server.join().unwrap();
    assert!(
        sent.ends_with(b"Transfer-Encoding: chunked\r\nHost: h\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
        "{sent:?}"
    );
}

#[test]
fn an_interim_answer_is_passed_over() {
    let (address, _server) = serve_once(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    );
    assert_eq!(
        send_raw(address, b"GET / HTTP/1.1\r\n\r\n").unwrap().status,
        404
    );
}

#[test]
fn an_answer_without_length_ends_with_the_connection() {
    let (address, _server) = serve_once(b"HTTP/1.0 400 Bad Request\r\n\r\nno");
    assert_eq!(send_raw(address, b"x\r\n\r\n").unwrap().body, b"no");
}

#[test]
fn a_cut_answer_is_malformed_and_none_is_closed() {
    let (address, _server) = serve_once(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    assert!(matches!(
        send_raw(address, b"GET / HTTP/1.1\r\n\r\n"),
        Err(ClientError::Malformed(_))
    ));
    let (address, _server) = serve_once(b"");
    assert!(matches!(
        send_raw(address, b"GET / HTTP/1.1\r\n\r\n"),
        Err(ClientError::Closed)
    ));
    let (address, _server) = serve_once(b"SSH-2.0\r\n\r\n");
    assert!(matches!(
        send_raw(address, b"GET / HTTP/1.1\r\n\r\n"),
        Err(ClientError::Malformed(_))
    ));
}
