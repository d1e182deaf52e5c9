//! Text form to wire bytes. `!N:"text"` writes an unknown field N of bytes, for cases on forward compatibility.

use super::schema::{FAMILY, Kind, Message, TYPES};
use super::wire::{put_tag, put_varint, zigzag};
use crate::body::unescape;

/// Encodes one family without its length.
///
/// # Errors
/// A text that says what is wrong.
pub fn encode_line(line: &str) -> Result<Vec<u8>, String> {
    let mut reader = Reader { rest: line };
    let mut bytes = Vec::new();
    reader.message(&FAMILY, &mut bytes)?;
    if reader.rest.is_empty() {
        Ok(bytes)
    } else {
        Err(format!("`{}` is left over", reader.rest))
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\n']);
    }

    fn eat(&mut self, text: &str) -> bool {
        self.rest
            .strip_prefix(text)
            .map(|rest| self.rest = rest)
            .is_some()
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Reads fields until the message's end: a closing brace or the end of the line.
    fn message(&mut self, message: &'static Message, bytes: &mut Vec<u8>) -> Result<(), String> {
        loop {
            self.blanks();
            if self.rest.is_empty() || self.rest.starts_with('}') {
                return Ok(());
            }
            if self.eat("!") {
                let number = self
                    .take(|c| c.is_ascii_digit())
                    .parse()
                    .map_err(|_| "expected a field number after `!`")?;
                self.eat(":");
                let value = self.quoted()?;
                put_bytes(bytes, number, &value);
                continue;
            }
            let name = self.take(|c| c.is_ascii_alphanumeric() || c == '_');
            let (number, kind) = message
                .by_name(name)
                .ok_or_else(|| format!("no field `{name}` before `{}`", self.rest))?;
            let colon = self.eat(":");
            match kind {
                Kind::Message(inner) => {
                    if !self.eat("{") {
                        return Err(format!("expected `{{` after `{name}`"));
                    }
                    let mut nested = Vec::new();
                    self.message(inner, &mut nested)?;
                    if !self.eat("}") {
                        return Err(format!("`{name}` is not closed"));
                    }
                    put_bytes(bytes, number, &nested);
                }
                _ if !colon => return Err(format!("expected `:` after `{name}`")),
                Kind::Text => {
                    let value = self.quoted()?;
                    put_bytes(bytes, number, &value);
                }
                _ if self.eat("[") => {
                    let mut packed = Vec::new();
                    while !self.eat("]") {
                        self.scalar(kind, &mut packed)?;
                        self.eat(",");
                        self.blanks();
                    }
                    put_bytes(bytes, number, &packed);
                }
                _ => {
                    put_tag(
                        bytes,
                        number,
                        if matches!(kind, Kind::Double) { 1 } else { 0 },
                    );
                    self.scalar(kind, bytes)?;
                }
            }
        }
    }

    fn scalar(&mut self, kind: Kind, bytes: &mut Vec<u8>) -> Result<(), String> {
        let word = self.take(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_'));
        let wrong = || format!("`{word}` is no value of this field");
        match kind {
            Kind::Double => {
                bytes.extend_from_slice(&word.parse::<f64>().map_err(|_| wrong())?.to_le_bytes())
            }
            Kind::Unsigned => put_varint(bytes, word.parse().map_err(|_| wrong())?),
            Kind::Signed => put_varint(
                bytes,
                word.parse::<i64>().map_err(|_| wrong())?.cast_unsigned(),
            ),
            Kind::ZigZag => put_varint(bytes, zigzag(word.parse().map_err(|_| wrong())?)),
            Kind::Type => {
                let number = TYPES.iter().position(|name| *name == word);
                let number = number
                    .map(|number| number as u64)
                    .or_else(|| word.parse().ok())
                    .ok_or_else(wrong)?;
                put_varint(bytes, number);
            }
            Kind::Text | Kind::Message(_) => return Err(wrong()),
        }
        Ok(())
    }

    fn quoted(&mut self) -> Result<Vec<u8>, String> {
        let inner = self
            .rest
            .strip_prefix('"')
            .ok_or_else(|| format!("expected `\"` before `{}`", self.rest))?;
        let mut escaped = false;
        let end = inner.find(|c| match c {
            _ if escaped => {
                escaped = false;
                false
            }
            '\\' => {
                escaped = true;
                false
            }
            _ => c == '"',
        });
        let end = end.ok_or("a quote is left open")?;
        self.rest = &inner[end + 1..];
        unescape(&inner[..end])
    }
}

fn put_bytes(bytes: &mut Vec<u8>, number: u32, value: &[u8]) {
    put_tag(bytes, number, 2);
    put_varint(bytes, value.len() as u64);
    bytes.extend_from_slice(value);
}
