//! Strings in logfmt lines.
//!
//! Source: Go log/slog/text_handler.go, `needsQuoting`; strconv/quote.go, `AppendQuote`.

use std::io::Write;

/// Appends `text`, quoted when it could be misread.
pub(super) fn push(out: &mut Vec<u8>, text: &str) {
    if text.is_empty() || text.chars().any(needs_quotes) {
        push_quoted(out, text);
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// A backslash and the DEL character alone do not count: that is how Go's table has it.
fn needs_quotes(char: char) -> bool {
    match char {
        ' ' | '=' | '"' | '\u{fffd}' => true,
        _ if char.is_ascii() => char < ' ',
        _ => !is_print(char),
    }
}

fn push_quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for char in text.chars() {
        let code = u32::from(char);
        let written = match char {
            '"' | '\\' => write!(out, "\\{char}"),
            '\u{7}' => write!(out, "\\a"),
            '\u{8}' => write!(out, "\\b"),
            '\u{c}' => write!(out, "\\f"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            '\u{b}' => write!(out, "\\v"),
            _ if is_print(char) => write!(out, "{char}"),
            _ if code < 0x80 => write!(out, "\\x{code:02x}"),
            _ if code < 0x1_0000 => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
        written.expect("writing to memory does not fail");
    }
    out.push(b'"');
}

/// Returns whether Go prints `char` as it is: letters, marks, numbers, punctuation, symbols and the ASCII space.
///
/// The standard library keeps the same table behind `escape_debug`; only there a mark is escaped at the start of a
/// string, hence the letter before it.
fn is_print(char: char) -> bool {
    if char.is_ascii() {
        return matches!(char, ' '..='~');
    }
    let mut buffer = [0; 5];
    buffer[0] = b'a';
    let length = 1 + char.encode_utf8(&mut buffer[1..]).len();
    let text = std::str::from_utf8(&buffer[..length]).expect("an ASCII letter and a character");
    text.escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut out = Vec::new();
        push(&mut out, text);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn plain_words_stay_plain() {
        check("plain", "plain");
        check(r"C:\temp", r"C:\temp");
        check("[::1]:9091", "[::1]:9091");
        check("日本,é", "日本,é");
        check("\u{7f}", "\u{7f}");
    }

    #[test]
    fn what_could_be_misread_is_quoted() {
        check("", r#""""#);
        check("a b", r#""a b""#);
        check("a=b", r#""a=b""#);
        check("say \"hi\"\\", r#""say \"hi\"\\""#);
        check("two\nlines\r\n\ttab", r#""two\nlines\r\n\ttab""#);
        check("\0\u{7}\u{1b}\u{7f}", r#""\x00\a\x1b\x7f""#);
        check("a\u{a0}b\u{202e}\u{fffd}", "\"a\\u00a0b\\u202e\u{fffd}\"");
        check("\u{10ffff}", r#""\U0010ffff""#);
    }
}
