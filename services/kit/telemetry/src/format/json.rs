//! Strings in JSON lines.
//!
//! Source: Go log/slog/json_handler.go, `appendEscapedJSONString`.

use std::io::Write;

/// Appends `text` as a JSON string. Unlike in Go's API answers, `<`, `>` and `&` stay as they are.
pub(crate) fn push(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for char in text.chars() {
        let written = match char {
            '"' | '\\' => write!(out, "\\{char}"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            '\0'..=' ' | '\u{2028}' | '\u{2029}' if char != ' ' => {
                write!(out, "\\u{:04x}", u32::from(char))
            }
            _ => write!(out, "{char}"),
        };
        written.expect("writing to memory does not fail");
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_read_back_and_escape_as_go_does() {
        let text = "a\"b\\c\n\r\t\u{1}\u{1f}\u{7f}<>&\u{2028}\u{2029}é😀";
        let mut out = Vec::new();
        push(&mut out, text);
        let written = String::from_utf8(out).unwrap();
        assert_eq!(
            written,
            "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\u{7f}<>&\\u2028\\u2029é😀\""
        );
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}
