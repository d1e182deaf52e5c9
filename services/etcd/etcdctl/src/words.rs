//! Words of lines that are typed into a running command, and Go's quoted strings.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/util.go, `Argify`; Go strconv/quote.go.

/// A quoted string that Go cannot read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("invalid syntax")] // Go's text
pub struct NotQuoted;

/// Cuts a line into words: `"…"` with Go's escapes, `'…'` as it is, and what stands between blanks.
///
/// # Errors
/// [`NotQuoted`] when the escapes of a quoted word make no sense.
pub fn split(line: &str) -> Result<Vec<Vec<u8>>, NotQuoted> {
    let mut words = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find(|char: char| !char.is_whitespace()) {
        rest = &rest[start..];
        let end = word_end(rest);
        let word = &rest[..end];
        rest = &rest[end..];
        match word.as_bytes() {
            [b'"', _, ..] => words.push(unquote(word)?.0),
            [b'\'', inner @ .., b'\''] => words.push(inner.to_vec()),
            // A quote that is never closed is no word; upstream's pattern skips it.
            [b'"' | b'\''] => {}
            _ => words.push(word.as_bytes().to_vec()),
        }
    }
    Ok(words)
}

/// Returns where the word at the start of `text` ends.
///
/// The pattern upstream looks for is `"(?:[^"\\]|\\.)*"|'[^']*'|[^'"\s]\S*[^'"\s]?`.
fn word_end(text: &str) -> usize {
    let quote = text.chars().next();
    let closed = match quote {
        Some('"') => quoted_end(text),
        Some('\'') => text[1..].find('\'').map(|end| end + 2),
        _ => text.find(char::is_whitespace).or(Some(text.len())),
    };
    closed.unwrap_or(1)
}

/// Returns where a string in double quotes ends, if it does.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Reads a quoted string at the start of `text`, in double quotes or backquotes; returns it and what follows.
///
/// # Errors
/// [`NotQuoted`].
pub fn unquote(text: &str) -> Result<(Vec<u8>, &str), NotQuoted> {
    if let Some(raw) = text.strip_prefix('`') {
        let (inner, rest) = raw.split_once('`').ok_or(NotQuoted)?;
        return Ok((inner.as_bytes().to_vec(), rest));
    }
    let end = match text.as_bytes() {
        [b'"', ..] => quoted_end(text).ok_or(NotQuoted)?,
        _ => return Err(NotQuoted),
    };
    let mut bytes = Vec::new();
    let mut chars = text[1..end - 1].chars();
    while let Some(char) = chars.next() {
        match char {
            '\n' => return Err(NotQuoted),
            '\\' => push_escape(&mut bytes, &mut chars)?,
            other => push_char(&mut bytes, other),
        }
    }
    Ok((bytes, &text[end..]))
}

fn push_escape(bytes: &mut Vec<u8>, chars: &mut std::str::Chars<'_>) -> Result<(), NotQuoted> {
    let escape = chars.next().ok_or(NotQuoted)?;
    match escape {
        'a' => bytes.push(7),
        'b' => bytes.push(8),
        'f' => bytes.push(12),
        'n' => bytes.push(b'\n'),
        'r' => bytes.push(b'\r'),
        't' => bytes.push(b'\t'),
        'v' => bytes.push(11),
        '\\' | '"' => push_char(bytes, escape),
        'x' => bytes.push(u8::try_from(digits(chars, 2, 16)?).map_err(|_| NotQuoted)?),
        'u' => push_char(
            bytes,
            char::from_u32(digits(chars, 4, 16)?).ok_or(NotQuoted)?,
        ),
        'U' => push_char(
            bytes,
            char::from_u32(digits(chars, 8, 16)?).ok_or(NotQuoted)?,
        ),
        '0'..='7' => {
            let first = escape.to_digit(8).ok_or(NotQuoted)?;
            let code = first * 64 + digits(chars, 2, 8)?;
            bytes.push(u8::try_from(code).map_err(|_| NotQuoted)?);
        }
        _ => return Err(NotQuoted),
    }
    Ok(())
}

fn digits(chars: &mut std::str::Chars<'_>, count: usize, radix: u32) -> Result<u32, NotQuoted> {
    let mut value = 0;
    for _ in 0..count {
        let digit = chars.next().and_then(|char| char.to_digit(radix));
        value = value * radix + digit.ok_or(NotQuoted)?;
    }
    Ok(value)
}

fn push_char(bytes: &mut Vec<u8>, char: char) {
    bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use kit_cli::value::quote;
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let words = split(line).expect("words");
        let expected: Vec<Vec<u8>> = expected
            .iter()
            .map(|word| word.as_bytes().to_vec())
            .collect();
        assert_eq!(words, expected, "{line}");
    }

    #[test]
    fn words_stand_between_blanks_or_in_quotes() {
        check("put key1 value", &["put", "key1", "value"]);
        check(r#"put key1 "some value""#, &["put", "key1", "some value"]);
        check("put 'a b' \"c\\n\"", &["put", "a b", "c\n"]);
        check(r#"put "" ''"#, &["put", "", ""]);
        check("  a\tb  ", &["a", "b"]);
        check(r#"a"b c"#, &[r#"a"b"#, "c"]);
        check("", &[]);
    }

    #[test]
    fn quotes_that_are_not_closed_are_skipped() {
        check("put \"a", &["put", "a"]);
        check("put 'a", &["put", "a"]);
    }

    #[test]
    fn escapes_that_go_does_not_know_are_refused() {
        assert_eq!(split(r#"put "\q""#), Err(NotQuoted));
        assert_eq!(split(r#"put "\xg0""#), Err(NotQuoted));
        assert_eq!(unquote("`a\\`b"), Ok((b"a\\".to_vec(), "b")));
    }

    proptest! {
        #[test]
        fn what_go_quotes_is_read_back(bytes: Vec<u8>) {
            let text = quote(&bytes);
            prop_assert_eq!(unquote(&text), Ok((bytes, "")));
        }

        #[test]
        fn no_line_makes_it_panic(line: String) {
            drop(split(&line));
        }
    }
}
