use super::*;

/// Goes through the bytes at once and one at a time; both must come to the same end.
#[track_caller]
fn check(bytes: &[u8], expected: Result<usize, &'static str>) {
    for size in [bytes.len().max(1), 1] {
        let mut chunks = Chunks::default();
        let mut at = 0;
        let outcome = loop {
            let end = (at + size).min(bytes.len());
            match chunks.advance(&bytes[at..end]) {
                Progress::More(count) => at += count,
                Progress::End(count) => break Ok(at + count),
                Progress::Fault(words) => break Err(words),
            }
            if at == bytes.len() {
                break Err("more");
            }
        };
        assert_eq!(outcome, expected, "{bytes:?} by {size}");
    }
}

#[test]
fn the_end_of_a_body_is_found() {
    check(b"0\r\n\r\nGET", Ok(5));
    check(b"4\r\na 1\n\r\n0\r\n\r\n", Ok(14));
    check(b"4;ext=1\r\na 1\n\r\n0\r\nTrailer: x\r\n\r\n", Ok(32));
    check(b"4 \r\na 1\n\r\n0\r\n\r\n", Ok(15));
    check(b"4\r\na 1\n\r\n", Err("more"));
}

/// Every text was answered by upstream 1.11.3 to the same body.
#[test]
fn broken_framing_has_gos_texts() {
    check(b"zz\r\n", Err("invalid byte in chunk length"));
    check(
        b" 4\r\na 1\n\r\n0\r\n\r\n",
        Err("invalid byte in chunk length"),
    );
    check(b"4\r\na 1\nXX0\r\n\r\n", Err("malformed chunked encoding"));
    check(b"4\na 1\n\n0\n\n", Err("chunked line ends with bare LF"));
    check(b"11111111111111111\r\n", Err("http chunk length too large"));
    check(b"\r\n", Err("empty hex number for chunk length"));
}

#[test]
fn framing_without_data_is_bounded() {
    check(&[b'0'; 5000], Err("header line too long"));
    let extension = format!("1;{}\r\nx\r\n", "e".repeat(4000));
    check(
        extension.repeat(10).as_bytes(),
        Err("chunked encoding contains too much non-data"),
    );
    let trailer = format!("0\r\nA: {}", "x".repeat(5000));
    check(
        trailer.as_bytes(),
        Err("http: suspiciously long trailer after chunked body"),
    );
}
