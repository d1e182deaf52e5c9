//! Bodies in and out.

use std::io::{Read, Write};

use crate::client::{blocking, plain, rest};

#[tokio::test]
async fn a_large_answer_arrives_whole() {
    let server = plain();
    let mut stream = server.connect();
    let bytes = blocking(move || {
        stream
            .write_all(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let bytes = bytes.await;
    let head = String::from_utf8_lossy(&bytes[..100]).into_owned();
    assert!(head.contains("Content-Length: 67108864\r\n"), "{head}");
    assert!(bytes.ends_with(b"xxxx") && bytes.len() > 64 << 20);
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused_whether_declared_or_not() {
    let server = plain();
    let declared = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n";
    let answer = server.exchange(declared).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 19, "x".repeat(1 << 19));
    let head = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = server.exchange(format!("{head}{}", chunk.repeat(4))).await;
    assert!(
        answer.ends_with("request body is larger than 1048576 bytes\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_body_arrives_although_the_client_still_sends() {
    let server = plain();
    let mut stream = server.connect();
    let answer = blocking(move || {
        let head = "POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let mut sender = stream.try_clone().unwrap();
        let sending = std::thread::spawn(move || {
            let block = [b'x'; 64 << 10];
            while sender.write_all(&block).is_ok() {}
        });
        let mut answer = [0; 512];
        let count = stream.read(&mut answer).unwrap();
        drop(stream.shutdown(std::net::Shutdown::Both));
        sending.join().unwrap();
        String::from_utf8_lossy(&answer[..count]).into_owned()
    });
    let answer = answer.await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let server = plain();
    let mut stream = server.connect();
    let answers = blocking(move || {
        for number in 0..100 {
            let request =
                format!("PUT /{number} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
            stream.write_all(request.as_bytes()).unwrap();
        }
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        rest(&mut stream)
    });
    let answers = answers.await;
    for number in 0..100 {
        assert!(answers.contains(&format!("\r\n\r\nPUT /{number}\nabc")));
    }
}
