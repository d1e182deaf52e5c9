//! Go's quoted strings.

use std::fmt::Write;

/// Returns `text` in double quotes with Go's escapes, as `strconv.Quote` and the verb `%q` print it. Bytes that are not
/// UTF-8 become `\xNN`.
///
/// Source: Go strconv/quote.go, `appendQuotedWith`.
#[must_use]
pub fn quote(text: impl AsRef<[u8]>) -> String {
    let bytes = text.as_ref();
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        chunk
            .valid()
            .chars()
            .for_each(|char| push_escaped(&mut out, char));
        chunk
            .invalid()
            .iter()
            .for_each(|byte| push_hex(&mut out, u32::from(*byte)));
    }
    out.push('"');
    out
}

fn push_hex(out: &mut String, code: u32) {
    write!(out, "\\x{code:02x}").expect("writing to a string does not fail");
}

fn push_escaped(out: &mut String, char: char) {
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
        _ if code < 0x20 || code == 0x7f => return push_hex(out, code),
        _ if code < 0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    written.expect("writing to a string does not fail");
}

/// Returns whether Go prints `char` as it is: letters, marks, numbers, punctuation, symbols and the ASCII space.
///
/// The standard library keeps the same table behind `escape_debug`; only there a mark is escaped at the start of a
/// string, hence the letter before it.
fn is_print(char: char) -> bool {
    let text: String = ['a', char].iter().collect();
    matches!(char, '"' | '\'' | '\\') || text.escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: impl AsRef<[u8]>, expected: &str) {
        assert_eq!(quote(text), expected);
    }

    #[test]
    fn quoting_follows_strconv() {
        check("", r#""""#);
        check("a b=c'd", r#""a b=c'd""#);
        check("\"\\", r#""\"\\""#);
        check("\u{7}\u{8}\u{c}\n\r\t\u{b}", r#""\a\b\f\n\r\t\v""#);
        check("\0\u{1b}\u{7f}", r#""\x00\x1b\x7f""#);
        check("é\u{301}世😀", "\"é\u{301}世😀\"");
        check(
            "\u{a0}\u{200b}\u{202e}\u{feff}\u{e000}",
            r#""\u00a0\u200b\u202e\ufeff\ue000""#,
        );
        check(b"a\xff\xe2\x82z", r#""a\xff\xe2\x82z""#);
        check("\u{80}\u{10ffff}", r#""\u0080\U0010ffff""#);
    }
}
