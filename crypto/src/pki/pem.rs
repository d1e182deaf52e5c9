//! PEM blocks, found the way Go finds them: text around blocks is ignored, a broken block is skipped.
//!
//! Source: Go encoding/pem `Decode`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// One block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Block {
    /// The words after `BEGIN`, such as `CERTIFICATE`.
    pub label: String,
    /// The decoded content.
    pub bytes: Vec<u8>,
}

/// Returns every well-formed block of `text`, in order. Blocks with a broken frame or body are skipped.
#[must_use]
pub fn blocks(text: &[u8]) -> Vec<Block> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = begin_line(rest) {
        let (block, used) = block_at(&rest[start..]);
        found.extend(block);
        rest = &rest[start + used..];
    }
    found
}

/// The labels as Go prints a slice of strings.
pub(crate) fn labels(blocks: &[Block]) -> String {
    let labels: Vec<_> = blocks.iter().map(|block| block.label.as_str()).collect();
    format!("[{}]", labels.join(" "))
}

/// Returns `bytes` as one block with lines of 64 characters.
#[must_use]
pub fn encode(label: &str, bytes: &[u8]) -> String {
    let body = STANDARD.encode(bytes);
    let mut text = format!("-----BEGIN {label}-----\n");
    for start in (0..body.len()).step_by(LINE_CHARACTERS) {
        text.push_str(&body[start..body.len().min(start + LINE_CHARACTERS)]);
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// Offset of the next `-----BEGIN ` at the start of a line.
fn begin_line(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + find(&text[from..], BEGIN)?;
        if at == 0 || text[at - 1] == b'\n' {
            return Some(at);
        }
        from = at + BEGIN.len();
    }
}

/// Reads the block `text` begins with. The count is the bytes that need no second look, so that reading stays linear:
/// up to the first line of dashes, which ends the block or begins another one.
fn block_at(text: &[u8]) -> (Option<Block>, usize) {
    let (first, body_start) = line(text);
    let body = &text[body_start..];
    let body_bytes = if body.starts_with(DASHES) {
        0
    } else if let Some(at) = find(body, b"\n-----") {
        at + 1
    } else {
        return (None, text.len());
    };
    let body_end = body_start + body_bytes;
    let (last, last_bytes) = line(&text[body_end..]);
    let label = first
        .strip_prefix(BEGIN)
        .and_then(|rest| rest.strip_suffix(DASHES));
    let end_label = last
        .strip_prefix(END)
        .and_then(|rest| rest.strip_suffix(DASHES));
    match (label, end_label) {
        (Some(label), Some(end_label)) if label == end_label => {
            (decode(label, &body[..body_bytes]), body_end + last_bytes)
        }
        _ => (None, body_end),
    }
}

fn decode(label: &[u8], body: &[u8]) -> Option<Block> {
    // A key's text must not stay behind in memory either.
    let body: Zeroizing<Vec<u8>> = Zeroizing::new(
        without_headers(body)
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect(),
    );
    let label = String::from_utf8(label.to_vec()).ok()?;
    Some(Block {
        label,
        bytes: STANDARD.decode(&*body).ok()?,
    })
}

/// Drops the `Key: value` lines of an old-style encrypted key; its body then fails to parse as a key, as in Go.
fn without_headers(mut body: &[u8]) -> &[u8] {
    loop {
        let (first, used) = line(body);
        if used == 0 || !first.contains(&b':') {
            return body;
        }
        body = &body[used..];
    }
}

/// The first line without its end and trailing blanks, and its length with them.
fn line(text: &[u8]) -> (&[u8], usize) {
    let used = text
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(text.len(), |at| at + 1);
    (text[..used].trim_ascii_end(), used)
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len())
        .position(|window| window == pattern)
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
const LINE_CHARACTERS: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Block, blocks, encode};

    fn block(label: &str, bytes: &[u8]) -> Block {
        Block {
            label: label.to_owned(),
            bytes: bytes.to_vec(),
        }
    }

    #[test]
    fn text_around_and_between_blocks_is_ignored() {
        let text = format!(
            "# a bundle\n{}junk\r\n{}tail",
            encode("A", b"one"),
            encode("B C", b"two")
        );
        assert_eq!(
            blocks(text.as_bytes()),
            [block("A", b"one"), block("B C", b"two")]
        );
    }

    #[test]
    fn windows_line_ends_and_headers_are_read() {
        let text = "-----BEGIN X-----\r\nProc-Type: 4\r\n\r\nb25l\r\n-----END X-----\r\n";
        assert_eq!(blocks(text.as_bytes()), [block("X", b"one")]);
    }

    #[test]
    fn a_broken_block_is_skipped_and_the_next_one_found() {
        let text = format!(
            "-----BEGIN X-----\n!!!\n-----END X-----\n{}",
            encode("Y", b"two")
        );
        assert_eq!(blocks(text.as_bytes()), [block("Y", b"two")]);
    }

    #[test]
    fn a_block_without_its_end_is_no_block() {
        assert_eq!(blocks(b"-----BEGIN X-----\nb25l\n"), []);
        assert_eq!(blocks(b"-----BEGIN X-----\nb25l\n-----END Y-----\n"), []);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_found_again(label in "[A-Z]{1,12}", bytes: Vec<u8>) {
            prop_assert_eq!(blocks(encode(&label, &bytes).as_bytes()), vec![block(&label, &bytes)]);
        }

        #[test]
        fn no_input_makes_it_panic(text: Vec<u8>) {
            let _ = blocks(&text);
        }
    }
}
