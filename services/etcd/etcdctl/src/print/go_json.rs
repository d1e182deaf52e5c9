//! JSON as Go's encoding/json writes it: fields in their order, empty ones left out where their tag says so.

use std::fmt::{Display, Write};

use base64::{Engine, engine::general_purpose::STANDARD};

/// An object that is being written.
#[derive(Debug)]
pub(crate) struct Object(String);

impl Object {
    pub(crate) fn new() -> Self {
        Self("{".to_owned())
    }

    /// Adds a field whatever its value.
    pub(crate) fn raw(mut self, name: &str, json: impl Display) -> Self {
        let comma = if self.0.len() > 1 { "," } else { "" };
        write!(self.0, "{comma}\"{name}\":{json}").expect("writing to a string does not fail");
        self
    }

    /// Adds a field unless there is no value.
    pub(crate) fn some(self, name: &str, json: Option<impl Display>) -> Self {
        match json {
            Some(json) => self.raw(name, json),
            None => self,
        }
    }

    /// Adds a number unless it is zero.
    pub(crate) fn number<N: Default + Display + PartialEq>(self, name: &str, number: N) -> Self {
        if number == N::default() {
            return self;
        }
        self.raw(name, number)
    }

    /// Adds a flag unless it is false.
    pub(crate) fn flag(self, name: &str, value: bool) -> Self {
        if value { self.raw(name, true) } else { self }
    }

    /// Adds a text unless it is empty.
    pub(crate) fn text(self, name: &str, text: &str) -> Self {
        if text.is_empty() {
            return self;
        }
        self.raw(name, string(text))
    }

    /// Adds bytes unless there are none.
    pub(crate) fn bytes(self, name: &str, bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return self;
        }
        self.raw(name, base64(bytes))
    }

    /// Adds a list unless it is empty.
    pub(crate) fn list<T>(self, name: &str, items: &[T], item: impl Fn(&T) -> String) -> Self {
        if items.is_empty() {
            return self;
        }
        self.raw(name, array(items, item))
    }

    /// Adds a list of texts unless it is empty.
    pub(crate) fn texts(self, name: &str, texts: &[String]) -> Self {
        self.list(name, texts, |text| string(text))
    }

    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

pub(crate) fn array<T>(items: &[T], item: impl Fn(&T) -> String) -> String {
    let items: Vec<String> = items.iter().map(item).collect();
    format!("[{}]", items.join(","))
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    format!("\"{}\"", STANDARD.encode(bytes))
}

/// Returns a text in quotes, `<`, `>`, `&` and the line separators escaped for HTML as encoding/json does.
pub(crate) fn string(text: &str) -> String {
    quoted(text, true)
}

/// Returns a text in quotes as zap writes it, with nothing escaped for HTML.
pub(crate) fn plain_string(text: &str) -> String {
    quoted(text, false)
}

fn quoted(text: &str, html: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        let code = u32::from(char);
        let escaped = match char {
            '"' | '\\' => {
                out.push('\\');
                out.push(char);
                continue;
            }
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' if html => "\\b",
            '\u{c}' if html => "\\f",
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' if html => "",
            '\0'..='\u{1f}' => "",
            _ => {
                out.push(char);
                continue;
            }
        };
        if escaped.is_empty() {
            write!(out, "\\u{code:04x}").expect("writing to a string does not fail");
        } else {
            out.push_str(escaped);
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_as_go_does() {
        assert_eq!(
            string("a\"\\\n\u{1}<é>"),
            "\"a\\\"\\\\\\n\\u0001\\u003cé\\u003e\""
        );
        assert_eq!(plain_string("<a>\t"), "\"<a>\\t\"");
    }

    #[test]
    fn empty_fields_are_left_out() {
        let object = Object::new()
            .number("zero", 0)
            .number("one", 1)
            .text("none", "")
            .bytes("key", b"a")
            .flag("no", false)
            .raw("always", 0);
        assert_eq!(object.end(), r#"{"one":1,"key":"YQ==","always":0}"#);
    }
}
