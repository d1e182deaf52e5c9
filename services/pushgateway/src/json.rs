//! JSON texts as Go's encoder writes them, for answers that clients may compare byte by byte.
//!
//! Source: Go encoding/json `appendString` with HTML escaping.

/// Appends a string: quoted, with `<`, `>`, `&` and line separators escaped, and bytes that are not UTF-8 replaced.
pub(crate) fn put_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|c| put_char(out, c));
        for _ in chunk.invalid() {
            out.extend_from_slice(b"\\ufffd");
        }
    }
    out.push(b'"');
}

fn put_char(out: &mut Vec<u8>, c: char) {
    match c {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\u{8}' => out.extend_from_slice(b"\\b"),
        '\u{c}' => out.extend_from_slice(b"\\f"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
            out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
        }
        c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Appends an object of string values, in the order given.
pub(crate) fn put_strings<'a>(
    out: &mut Vec<u8>,
    members: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
) {
    out.push(b'{');
    for (position, (key, value)) in members.into_iter().enumerate() {
        put_separator(out, position);
        put_string(out, key);
        out.push(b':');
        put_string(out, value);
    }
    out.push(b'}');
}

/// Appends the comma before every element but the first.
pub(crate) fn put_separator(out: &mut Vec<u8>, position: usize) {
    if position > 0 {
        out.push(b',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_go_does() {
        let mut out = Vec::new();
        put_string(&mut out, b"<a href=\"x\">&\\\n\x01\xff\xe2\x80\xa8");
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#""\u003ca href=\"x\"\u003e\u0026\\\n\u0001\ufffd\u2028""#
        );
    }
}
