//! Requests that make no sense: answered in upstream's words, and nothing of them is stored but the time of a refusal.

use crate::{
    client::{PROTOBUF, Request},
    gateway::Gateway,
};

/// A gateway that holds one group, whose scrape must come out of a bad request as it went in.
fn filled() -> (Gateway, String) {
    let gateway = Gateway::start(&["--log.level=debug"]);
    gateway
        .put("job/kept", "# TYPE kept gauge\nkept 1\n")
        .text(200);
    let before = gateway.pushed();
    (gateway, before)
}

fn put(body: &[u8]) -> Request {
    Request::new("PUT", "/metrics/job/bad").body(body)
}

#[test]
fn a_push_that_cannot_be_read_leaves_no_trace() {
    let (gateway, before) = filled();
    let check = |request: Request, status, expected: &str| {
        assert_eq!(gateway.send(&request).text(status), format!("{expected}\n"));
        assert_eq!(gateway.pushed(), before, "after {expected}");
    };
    let text =
        |line: usize, words: &str| format!("text format parsing error in line {line}: {words}");
    check(
        put(b"x\n"),
        400,
        &text(1, "expected float as value, got \"\""),
    );
    check(
        put(b"ok 1\nx 1"),
        400,
        &text(2, "unexpected end of input stream"),
    );
    check(
        put(b"x{l=\"\xff\"} 1\n"),
        400,
        &text(1, "invalid label value \"\\xff\""),
    );
    check(
        put(b"# TYPE x nonsense\n"),
        400,
        &text(1, "unknown metric type \"nonsense\""),
    );
    check(
        put(b"x 1 2 y\n"),
        400,
        &text(1, "spurious string after timestamp: \" y\""),
    );
    check(put(&[0; 100]), 400, &text(1, "invalid metric name"));
    let encoded = |encoding, body: &[u8]| put(body).header("Content-Encoding", encoding);
    check(encoded("gzip", b"no gzip"), 400, "unexpected EOF");
    check(
        encoded("gzip", b"surely no gzip"),
        400,
        "gzip: invalid header",
    );
    check(encoded("gzip", b""), 400, "EOF");
    check(
        encoded("snappy", b"no snappy"),
        400,
        "snappy: corrupt input",
    );
    let protobuf = |body: &[u8]| put(body).header("Content-Type", PROTOBUF);
    check(protobuf(b"\x05\x0a\x01"), 400, "unexpected EOF");
    let path = |target| Request::new("PUT", target).body("x 1\n");
    let odd = "odd number of components in label string \"/one\"";
    check(path("/metrics/job/bad/one"), 400, odd);
    check(
        path("/metrics/job/bad/__x/1"),
        400,
        "improper label name \"__x\"",
    );
    check(
        path("/metrics/job/%20/a%20b/1"),
        400,
        "improper label name \"a b\"",
    );
    check(path("/metrics/job@base64/="), 400, "job name is required");
}

#[test]
fn a_refused_push_leaves_the_time_of_the_refusal_and_nothing_else() {
    let (gateway, before) = filled();
    let cases = [
        ("kept 1\n", "untyped:{value:1}} is not a GAUGE"),
        (
            "fine 1\nstamped 1 1000\n",
            "pushed metrics must not have timestamps",
        ),
        (
            "fine 1\ntwice 1\ntwice 2\n",
            "was collected before with the same name and label values",
        ),
        (
            "fine 1\nx{__own=\"1\"} 1\n",
            "has a label with an invalid name: __own",
        ),
        (
            "# TYPE go_threads counter\ngo_threads 1\n",
            "has type COUNTER but should have GAUGE",
        ),
        (
            "# TYPE s summary\ns_count 1\n# TYPE s_count gauge\ns_count 2\n",
            "",
        ),
    ];
    for (body, expected) in cases
        .into_iter()
        .filter(|(_, expected)| !expected.is_empty())
    {
        let answer = gateway.put("job/bad", body).text(400);
        let frame = "pushed metrics are invalid or inconsistent with existing metrics: ";
        assert!(
            answer.starts_with(frame) && answer.contains(expected),
            "{answer}"
        );
        let times = "{instance=\"\",job=\"bad\"}";
        let (mut failed, mut rest) = (0, String::new());
        for line in gateway.pushed().lines() {
            if line.starts_with(&format!("push_failure_time_seconds{times} 1.")) {
                failed += 1;
            } else if line != format!("push_time_seconds{times} 0") {
                rest.push_str(line);
                rest.push('\n');
            }
        }
        assert_eq!((failed, rest), (1, before.clone()), "after {body}");
    }
}

#[test]
fn bytes_that_are_no_http_are_answered_and_the_connection_closed() {
    let (gateway, before) = filled();
    for (bytes, status) in [
        (&b"nonsense\r\n\r\n"[..], 400),
        (b"PUT /metrics/job/bad%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"PUT /metrics/job/bad HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"PUT /metrics/job/bad HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx 1\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ] {
        let mut client = gateway.connect();
        client.write(bytes).unwrap();
        let answer = client.answer().unwrap();
        assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(bytes));
        assert!(client.answer().is_err(), "the connection is closed");
    }
    assert_eq!(gateway.pushed(), before);
}
