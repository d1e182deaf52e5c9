//! Go's `%q`: text in error messages, quoted so that it stays on one line and in one font.
//!
//! Source: Go strconv `Quote`, fmt `%q` of a byte. What counts as printable follows the Unicode version of the Rust library.

use std::fmt::Write as _;

/// Returns `bytes` in double quotes as Go's `%q` prints a string.
#[must_use]
pub fn quote(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_escaped(&mut quoted, character, '"');
        }
        for byte in chunk.invalid() {
            write!(quoted, "\\x{byte:02x}").expect("a string takes everything");
        }
    }
    quoted.push('"');
    quoted
}

/// Quotes the start of `bytes`, which a sender may have made as long as its whole body. Upstream shows all.
pub(crate) fn quote_start(bytes: &[u8]) -> String {
    const SHOWN_MAX: usize = 64 << 10;
    match bytes.get(..SHOWN_MAX) {
        Some(start) => quote(start) + "...",
        None => quote(bytes),
    }
}

/// Returns a byte in single quotes as Go's `%q` prints a number: the character of that code point.
#[must_use]
pub fn quote_byte(byte: u8) -> String {
    let mut quoted = String::from("'");
    push_escaped(&mut quoted, char::from(byte), '\'');
    quoted.push('\'');
    quoted
}

fn push_escaped(out: &mut String, character: char, delimiter: char) {
    match character {
        '\\' => out.push_str("\\\\"),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        character if character == delimiter => out.extend(['\\', character]),
        character if is_printable(character) => out.push(character),
        character => {
            let number = u32::from(character);
            let written = match number {
                0..0x20 | 0x7f => write!(out, "\\x{number:02x}"),
                0x20..0x1_0000 => write!(out, "\\u{number:04x}"),
                _ => write!(out, "\\U{number:08x}"),
            };
            written.expect("a string takes everything");
        }
    }
}

/// Go prints letters, marks, numbers, punctuation, symbols and the ASCII space. The library knows the same set: what it does not
/// write as a code point inside a string. The character goes second, because the first of a string has a rule of its own.
fn is_printable(character: char) -> bool {
    character.is_ascii_graphic() || character == ' ' || {
        let mut bytes = [b'a'; 5];
        let length = character.encode_utf8(&mut bytes[1..]).len();
        let text = str::from_utf8(&bytes[..=length]).expect("a letter and a character");
        !character.is_ascii() && !text.escape_debug().any(|escaped| escaped == '{')
    }
}

#[cfg(test)]
mod tests {
    use super::{quote, quote_byte};

    #[test]
    fn text_is_quoted_as_go_does() {
        for (text, expected) in [
            (&b"plain 'text'"[..], r#""plain 'text'""#),
            (b"a\"b\\c", r#""a\"b\\c""#),
            (
                b"\n\r\t\x07\x08\x0b\x0c\x00\x7f",
                r#""\n\r\t\a\b\v\f\x00\x7f""#,
            ),
            (b"\xff\xe2\x82", r#""\xff\xe2\x82""#),
            ("é花\u{301}😱".as_bytes(), "\"é花\u{301}😱\""),
            (
                "\u{80}\u{ad}\u{200b}\u{2028}\u{a0}\u{feff}\u{e000}\u{10ffff}".as_bytes(),
                r#""\u0080\u00ad\u200b\u2028\u00a0\ufeff\ue000\U0010ffff""#,
            ),
        ] {
            assert_eq!(quote(text), expected);
        }
    }

    #[test]
    fn a_byte_is_quoted_as_its_code_point() {
        for (byte, expected) in [
            (b'a', "'a'"),
            (b'\'', r"'\''"),
            (b'"', "'\"'"),
            (b'\n', r"'\n'"),
            (0x80, r"'\u0080'"),
            (0xe9, "'é'"),
            (0, r"'\x00'"),
        ] {
            assert_eq!(quote_byte(byte), expected);
        }
    }
}
