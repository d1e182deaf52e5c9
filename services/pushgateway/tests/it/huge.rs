//! Bodies meant to exhaust memory. Resident memory is read from the kernel: its peak counts, not what is left.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

use crate::{
    client::{PROTOBUF, Request},
    gateway::Gateway,
};

const MIB: usize = 1 << 20;

/// Returns gzip members one after the other, together of `mebibytes` of one byte.
fn gzip_of(byte: u8, mebibytes: usize) -> Vec<u8> {
    let mut member = GzEncoder::new(Vec::new(), Compression::best());
    member.write_all(&vec![byte; MIB]).unwrap();
    member.finish().unwrap().repeat(mebibytes)
}

fn gzip(body: Vec<u8>) -> Request {
    Request::new("PUT", "/metrics/job/huge")
        .header("Content-Encoding", "gzip")
        .body(body)
}

fn protobuf(body: impl Into<Vec<u8>>) -> Request {
    Request::new("PUT", "/metrics/job/huge")
        .header("Content-Type", PROTOBUF)
        .body(body)
}

#[track_caller]
fn check_peak(gateway: &Gateway, mebibytes_max: u64) {
    let peak = gateway.peak_memory() / MIB as u64;
    assert!(
        peak <= mebibytes_max,
        "{peak} MiB resident, {mebibytes_max} allowed"
    );
    assert_eq!(gateway.pushed(), "", "nothing is stored");
}

#[test]
fn a_gzip_bomb_is_refused_at_the_limit() {
    let gateway = Gateway::start(&["--push.max-body-bytes=16777216"]);
    for byte in [b'\n', b'x', 0] {
        let answer = gateway.send(&gzip(gzip_of(byte, 4096))).text(413);
        assert_eq!(answer, "request body is larger than 16777216 bytes\n");
    }
    // Also where the body is of no use.
    for (method, target) in [("GET", "/metrics"), ("DELETE", "/metrics/job/huge")] {
        let bomb = Request::new(method, target).header("Content-Encoding", "gzip");
        gateway.send(&bomb.body(gzip_of(b'x', 64))).text(413);
    }
    check_peak(&gateway, 80);
}

#[test]
fn many_bombs_at_once_cost_one_limit_each() {
    let gateway = Gateway::start(&["--push.max-body-bytes=8388608"]);
    let bomb = gzip(gzip_of(b'x', 512));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| gateway.send(&bomb).text(413));
        }
    });
    check_peak(&gateway, 8 * 2 * 8 + 32);
}

#[test]
fn a_declared_length_reserves_nothing() {
    let gateway = Gateway::start(&[]);
    // These five bytes end upstream's process: a message of 4 GiB is announced and allocated.
    for prefix in [
        &b"\xff\xff\xff\xff\x0f"[..],
        b"\xff\xff\xff\xff\x0fx",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    ] {
        assert_eq!(
            gateway.send(&protobuf(prefix)).text(400),
            "unexpected EOF\n"
        );
    }
    // The same one level down: a name, a metric, a packed list longer than their message.
    for message in [
        &b"\x07\x0a\xff\xff\xff\xff\x0fx"[..],
        b"\x07\x22\xff\xff\xff\xff\x0fx",
        b"\x0b\x22\x09\x3a\x07\x6a\xff\xff\xff\xff\x0fx",
    ] {
        let answer = gateway.send(&protobuf(message)).text(400);
        assert!(answer.starts_with("proto:"), "{answer}");
    }
    let mut client = gateway.connect();
    let head = "PUT /metrics/job/huge HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n";
    client.write(head.as_bytes()).unwrap();
    let answer = client.answer().unwrap().text(413);
    assert_eq!(answer, "request body is larger than 268435456 bytes\n");
    check_peak(&gateway, 32);
}

#[test]
fn a_body_without_a_declared_length_ends_at_the_limit() {
    let gateway = Gateway::start(&["--push.max-body-bytes=4194304"]);
    let mut client = gateway.connect();
    let head = "PUT /metrics/job/huge HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.write(head.as_bytes()).unwrap();
    let chunk = [b"100000\r\n", &*vec![b'\n'; MIB], b"\r\n"].concat();
    // The server may close before it has all.
    let _ = (0..64).try_for_each(|_| client.write(&chunk));
    assert_eq!(client.answer().unwrap().status, 413);
    check_peak(&gateway, 40);
}

#[test]
fn one_token_of_hundreds_of_megabytes_costs_a_small_multiple_of_itself() {
    const TOKEN: usize = 200;
    let gateway = Gateway::start(&[]);
    let line = "text format parsing error in line 1: ";
    for (before, byte, expected) in [
        ("", b'n', "unexpected end of input stream"),
        ("# HELP x ", b'h', "unexpected end of input stream"),
        ("x{l=\"", b'v', "unexpected end of input stream"),
        ("# ", b'c', "unexpected end of input stream"),
    ] {
        let mut head = GzEncoder::new(Vec::new(), Compression::fast());
        head.write_all(before.as_bytes()).unwrap();
        let body = [head.finish().unwrap(), gzip_of(byte, TOKEN)].concat();
        let answer = gateway.send(&gzip(body)).text(400);
        assert_eq!(answer, format!("{line}{expected}\n"), "{before}");
    }
    check_peak(&gateway, 3 * TOKEN as u64 + 64);
}

#[test]
fn a_head_over_a_mebibyte_is_refused() {
    let gateway = Gateway::start(&[]);
    let long = "x".repeat(2 * MIB);
    let mut client = gateway.connect();
    let head = format!("PUT /metrics/job/a HTTP/1.1\r\nHost: a\r\nX-Long: {long}\r\n\r\n");
    // The server may close before it has all.
    let _ = client.write(head.as_bytes());
    assert_eq!(client.answer().unwrap().status, 431);
    check_peak(&gateway, 32);
}
