use super::*;

fn judge(head: &str) -> Result<Accepted, Refusal> {
    assert_eq!(find_end(head.as_bytes(), 0), Some(head.len()), "{head:?}");
    examine(head.as_bytes())
}

#[track_caller]
fn check_framing(lines: &str, expected: Framing) {
    let accepted = judge(&format!("POST /x HTTP/1.1\r\nHost: x\r\n{lines}\r\n")).unwrap();
    assert_eq!(accepted.framing, expected, "{lines:?}");
    assert_eq!(accepted.rewritten, None, "{lines:?}");
}

#[test]
fn bodies_are_delimited_as_go_does() {
    check_framing("", Framing::Length(0));
    check_framing("Content-Length: 4\r\n", Framing::Length(4));
    check_framing(
        "content-length: 4\r\nContent-Length:  4 \r\n",
        Framing::Length(4),
    );
    check_framing("Transfer-Encoding: Chunked\r\n", Framing::Chunked);
}

#[test]
fn the_end_is_found_wherever_the_bytes_were_cut() {
    for head in [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\nHost: x\n\n",
    ] {
        for cut in 0..head.len() {
            assert_eq!(find_end(&head.as_bytes()[..cut], 0), None);
            assert_eq!(find_end(head.as_bytes(), cut), Some(head.len()), "{cut}");
        }
    }
}

#[track_caller]
fn check_rewritten(head: &str, rewritten: &str, target: Option<&[u8]>) {
    let accepted = judge(head).unwrap();
    let text = accepted.rewritten.map(|it| String::from_utf8(it).unwrap());
    assert_eq!(text.as_deref(), Some(rewritten));
    assert_eq!(accepted.target.as_deref(), target);
}

#[test]
fn heads_only_go_takes_are_rewritten_for_hyper() {
    check_rewritten(
        "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        Some(b"/a#b"),
    );
    check_rewritten(
        "GET http://y/a?b HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n",
        None,
    );
    check_rewritten(
        "GET /a HTTP/1.7\r\nHost: x\r\nFold: a\r\n\t b\r\n\r\n",
        "GET /a HTTP/1.1\r\nHost: x\r\nFold: a b\r\n\r\n",
        None,
    );
    check_rewritten(
        "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n",
        "POST /a HTTP/1.0\r\nA: b\r\n\r\n",
        None,
    );
    check_rewritten(
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        None,
    );
    let long = format!("/{}", "y".repeat(70_000));
    check_rewritten(
        &format!("GET {long} HTTP/1.1\r\nHost: x\r\n\r\n"),
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        Some(long.as_bytes()),
    );
}

#[test]
fn too_many_lines_are_too_large() {
    let lines = "A: x\r\n".repeat(HEADERS_MAX + 1);
    assert_eq!(
        judge(&format!("GET / HTTP/1.1\r\n{lines}\r\n")),
        Err(Refusal::TooLarge)
    );
}

#[test]
fn a_broken_first_line_is_refused_before_the_rest_arrives() {
    assert_eq!(check_first_line(b"GET / HTTP/1.1"), Ok(()));
    assert_eq!(check_first_line(b"GET / HTTP/1.1\r\nHo"), Ok(()));
    assert_eq!(
        check_first_line(b"\x16\x03\x01\x02\x00\n"),
        Err(Refusal::Malformed)
    );
}

proptest::proptest! {
    #[test]
    fn no_head_makes_the_rules_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = check_first_line(&bytes);
        let _ = examine(&bytes);
        let _ = find_end(&bytes, bytes.len() / 2);
    }
}
