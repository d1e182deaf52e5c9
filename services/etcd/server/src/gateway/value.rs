//! Cuts the body of a request into JSON values, as it arrives, and says what is wrong with it in the words of Go.
//!
//! Source: Go encoding/json scanner.go, stream.go `Decoder.Decode`.

use bytes::{Bytes, BytesMut};

/// Values that follow each other, with or without space between them.
#[derive(Debug)]
pub(super) struct Values {
    buffer: BytesMut,
    /// Bytes of the buffer that the scanner has seen.
    seen: usize,
    scanner: Scanner,
    bytes_max: usize,
}

impl Values {
    /// Takes the largest value that is allowed, in bytes.
    pub(super) fn new(bytes_max: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            seen: 0,
            scanner: Scanner::default(),
            bytes_max,
        }
    }

    pub(super) fn push(&mut self, data: &[u8]) {
        self.buffer.extend_from_slice(data);
    }

    /// Takes the next value, without the space around it; none before it is whole.
    ///
    /// # Errors
    /// Go's words for what is wrong.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, String> {
        while let Some(byte) = self.buffer.get(self.seen) {
            match self.scanner.step(*byte)? {
                Step::Space => {
                    let _ = self.buffer.split_to(self.seen + 1);
                    self.seen = 0;
                }
                Step::More => self.seen += 1,
                Step::Last => return Ok(Some(self.cut(self.seen + 1))),
                Step::Past => return Ok(Some(self.cut(self.seen))),
            }
            if self.seen > self.bytes_max {
                return Err(format!("value larger than max ({} bytes)", self.bytes_max));
            }
        }
        Ok(None)
    }

    /// Takes what is left once nothing follows: none, or a number, which nothing else ends.
    ///
    /// # Errors
    /// Go's words for a value that is not whole.
    pub(super) fn last(&mut self) -> Result<Option<Bytes>, String> {
        match self.scanner.state {
            State::Value if self.scanner.open.is_empty() => Ok(None),
            State::Zero | State::Digits | State::Fraction | State::Exponent
                if self.scanner.open.is_empty() =>
            {
                Ok(Some(self.cut(self.seen)))
            }
            _ => Err("unexpected EOF".to_owned()), // Go's text
        }
    }

    fn cut(&mut self, length: usize) -> Bytes {
        self.seen = 0;
        self.scanner = Scanner::default();
        self.buffer.split_to(length).freeze()
    }
}

/// What a byte is to a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    /// Before it.
    Space,
    /// Part of it.
    More,
    /// The last of it.
    Last,
    /// Behind it.
    Past,
}

/// What may come next.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum State {
    #[default]
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    Colon,
    AfterValue,
    Text,
    Escape,
    Hex(u8),
    /// The rest of a word, and the word.
    Word(&'static [u8], &'static str),
    Minus,
    Zero,
    Digits,
    Point,
    Fraction,
    E,
    ESign,
    Exponent,
}

#[derive(Debug, Default)]
struct Scanner {
    state: State,
    /// The objects and arrays around what comes next: true for an object.
    open: Vec<bool>,
    /// Whether the text that is being read is a key.
    is_key: bool,
}

impl Scanner {
    fn step(&mut self, byte: u8) -> Result<Step, String> {
        let is_space = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let next = match self.state {
            State::Value
            | State::ValueOrEnd
            | State::KeyOrEnd
            | State::Key
            | State::Colon
            | State::AfterValue
                if is_space =>
            {
                let is_before = self.state == State::Value && self.open.is_empty();
                return Ok(if is_before { Step::Space } else { Step::More });
            }
            State::ValueOrEnd if byte == b']' => return self.close(false),
            State::Value | State::ValueOrEnd => return self.begin(byte),
            State::KeyOrEnd if byte == b'}' => return self.close(true),
            State::KeyOrEnd | State::Key => {
                if byte != b'"' {
                    return Err(wrong(byte, "looking for beginning of object key string"));
                }
                self.is_key = true;
                State::Text
            }
            State::Colon if byte == b':' => State::Value,
            State::Colon => return Err(wrong(byte, "after object key")),
            State::AfterValue => return self.after_value(byte),
            State::Text => match byte {
                b'"' if self.is_key => {
                    self.is_key = false;
                    State::Colon
                }
                b'"' => return Ok(self.end()),
                b'\\' => State::Escape,
                0..0x20 => return Err(wrong(byte, "in string literal")),
                _ => State::Text,
            },
            State::Escape => match byte {
                b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => State::Text,
                b'u' => State::Hex(4),
                _ => return Err(wrong(byte, "in string escape code")),
            },
            State::Hex(left) => match (byte.is_ascii_hexdigit(), left) {
                (false, _) => return Err(wrong(byte, "in \\u hexadecimal character escape")),
                (true, 1) => State::Text,
                (true, _) => State::Hex(left - 1),
            },
            State::Word(rest, word) => match rest.split_first() {
                Some((expected, rest)) if *expected == byte && rest.is_empty() => {
                    return Ok(self.end());
                }
                Some((expected, rest)) if *expected == byte => State::Word(rest, word),
                expected => {
                    let expected = char::from(expected.map_or(b' ', |(first, _)| *first));
                    return Err(wrong(
                        byte,
                        &format!("in literal {word} (expecting '{expected}')"),
                    ));
                }
            },
            _ => return self.number(byte),
        };
        self.state = next;
        Ok(Step::More)
    }

    fn begin(&mut self, byte: u8) -> Result<Step, String> {
        self.state = match byte {
            b'{' => return self.open(true, State::KeyOrEnd),
            b'[' => return self.open(false, State::ValueOrEnd),
            b'"' => State::Text,
            b'-' => State::Minus,
            b'0' => State::Zero,
            b'1'..=b'9' => State::Digits,
            b't' => State::Word(b"rue", "true"),
            b'f' => State::Word(b"alse", "false"),
            b'n' => State::Word(b"ull", "null"),
            _ => return Err(wrong(byte, "looking for beginning of value")),
        };
        Ok(Step::More)
    }

    fn open(&mut self, is_object: bool, next: State) -> Result<Step, String> {
        if self.open.len() >= DEPTH_MAX {
            return Err("exceeded max depth".to_owned()); // Go's text
        }
        self.open.push(is_object);
        self.state = next;
        Ok(Step::More)
    }

    fn close(&mut self, is_object: bool) -> Result<Step, String> {
        let closed = self.open.pop();
        debug_assert_eq!(closed, Some(is_object), "only what is open is closed");
        Ok(self.end())
    }

    /// A value is over with the byte at hand.
    fn end(&mut self) -> Step {
        self.state = State::AfterValue;
        if self.open.is_empty() {
            Step::Last
        } else {
            Step::More
        }
    }

    fn after_value(&mut self, byte: u8) -> Result<Step, String> {
        let is_object = self.open.last() == Some(&true);
        match (is_object, byte) {
            (true, b',') => self.state = State::Key,
            (false, b',') => self.state = State::Value,
            (true, b'}') | (false, b']') => return self.close(is_object),
            (true, _) => return Err(wrong(byte, "after object key:value pair")),
            (false, _) => return Err(wrong(byte, "after array element")),
        }
        Ok(Step::More)
    }

    fn number(&mut self, byte: u8) -> Result<Step, String> {
        self.state = match (self.state, byte) {
            (State::Minus, b'0') => State::Zero,
            (State::Minus, b'1'..=b'9') | (State::Digits, b'0'..=b'9') => State::Digits,
            (State::Minus, _) => return Err(wrong(byte, "in numeric literal")),
            (State::Zero | State::Digits, b'.') => State::Point,
            (State::Zero | State::Digits | State::Fraction, b'e' | b'E') => State::E,
            (State::Point | State::Fraction, b'0'..=b'9') => State::Fraction,
            (State::Point, _) => return Err(wrong(byte, "after decimal point in numeric literal")),
            (State::E, b'+' | b'-') => State::ESign,
            (State::E | State::ESign | State::Exponent, b'0'..=b'9') => State::Exponent,
            (State::E | State::ESign, _) => {
                return Err(wrong(byte, "in exponent of numeric literal"));
            }
            // The number was over before this byte.
            _ if self.open.is_empty() => return Ok(Step::Past),
            _ => {
                self.state = State::AfterValue;
                return self.step(byte);
            }
        };
        Ok(Step::More)
    }
}

// Go's text.
fn wrong(byte: u8, context: &str) -> String {
    let shown = match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\n' => "'\\n'".to_owned(),
        b'\r' => "'\\r'".to_owned(),
        b'\t' => "'\\t'".to_owned(),
        0..0x20 | 0x7f => format!("'\\x{byte:02x}'"),
        0x80..0xa0 => format!("'\\u{byte:04x}'"),
        b'\\' => "'\\\\'".to_owned(),
        _ => format!("'{}'", char::from(byte)),
    };
    format!("invalid character {shown} {context}")
}

/// Objects and arrays in each other. Go takes 10,000; messages of ours need less than 100.
const DEPTH_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &[u8], cut: usize) -> Result<Vec<Bytes>, String> {
        let mut values = Values::new(1 << 20);
        let mut found = Vec::new();
        for piece in text.chunks(cut) {
            values.push(piece);
            while let Some(value) = values.next()? {
                found.push(value);
            }
        }
        found.extend(values.last()?);
        Ok(found)
    }

    #[track_caller]
    fn check_wrong(text: &str, words: &str) {
        assert_eq!(all(text.as_bytes(), 3).unwrap_err(), words);
    }

    #[test]
    fn values_follow_each_other() {
        let text = b" {\"a\":[1, {\"b\":\"}\\\"\"}]}{}\n\"x\" 12 null[-0.5e+3,0]7";
        for cut in 1..text.len() {
            let found = all(text, cut).unwrap();
            let expected = [
                "{\"a\":[1, {\"b\":\"}\\\"\"}]}",
                "{}",
                "\"x\"",
                "12",
                "null",
                "[-0.5e+3,0]",
                "7",
            ];
            assert_eq!(found, expected);
        }
        assert_eq!(all(b" \n", 1).unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_wrong_is_said_in_gos_words() {
        check_wrong("x", "invalid character 'x' looking for beginning of value");
        check_wrong(
            "{x",
            "invalid character 'x' looking for beginning of object key string",
        );
        check_wrong("{\"a\" 1", "invalid character '1' after object key");
        check_wrong(
            "{\"a\":1 2",
            "invalid character '2' after object key:value pair",
        );
        check_wrong("[1 2", "invalid character '2' after array element");
        check_wrong("\"\n", "invalid character '\\n' in string literal");
        check_wrong("\"\\x", "invalid character 'x' in string escape code");
        check_wrong(
            "tru3",
            "invalid character '3' in literal true (expecting 'e')",
        );
        check_wrong("-x", "invalid character 'x' in numeric literal");
        check_wrong(
            "1.x",
            "invalid character 'x' after decimal point in numeric literal",
        );
        check_wrong("{\"key\":\"YQ==", "unexpected EOF");
        check_wrong(&"[".repeat(257), "exceeded max depth");
    }

    proptest! {
        #[test]
        fn what_serde_takes_is_taken_and_nothing_else(text in "[\\[\\]{}\",:0-9a-f.eE+ \\\\tnu-]{0,24}") {
            let serde: Result<Vec<serde_json::Value>, _> =
                serde_json::Deserializer::from_str(&text).into_iter().collect();
            // Serde wants space between some values that Go does not, and refuses numbers out of range.
            if let Ok(expected) = serde {
                prop_assert_eq!(all(text.as_bytes(), 5).unwrap().len(), expected.len());
            } else if let Ok(found) = all(text.as_bytes(), 5) {
                for value in found {
                    let again = serde_json::from_slice::<serde_json::Value>(&value);
                    prop_assert!(again.is_ok() || value.iter().any(u8::is_ascii_digit));
                }
            }
        }
    }
}
