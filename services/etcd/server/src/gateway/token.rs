//! The tokens of a text that is known to be one JSON value, and where they are.
//!
//! Source: protobuf-go internal/encoding/json decode.go.

/// A token as it is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Token<'a> {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    Comma,
    Colon,
    /// With its quotes.
    Text(&'a [u8]),
    Number(&'a [u8]),
    True,
    False,
    Null,
    End,
}

impl Token<'_> {
    /// Returns the token as it is written.
    pub(super) fn raw(&self) -> String {
        match self {
            Self::ObjectBegin => "{".to_owned(),
            Self::ObjectEnd => "}".to_owned(),
            Self::ArrayBegin => "[".to_owned(),
            Self::ArrayEnd => "]".to_owned(),
            Self::Comma => ",".to_owned(),
            Self::Colon => ":".to_owned(),
            Self::Text(raw) | Self::Number(raw) => String::from_utf8_lossy(raw).into_owned(),
            Self::True => "true".to_owned(),
            Self::False => "false".to_owned(),
            Self::Null => "null".to_owned(),
            Self::End => String::new(),
        }
    }
}

/// Reads tokens one after the other.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the next token and where it begins.
    pub(super) fn next(&mut self) -> (usize, Token<'a>) {
        let space = self.text[self.at..]
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace());
        self.at += space.count();
        let begin = self.at;
        let rest = &self.text[begin..];
        let (length, token) = match rest.first() {
            None => (0, Token::End),
            Some(b'{') => (1, Token::ObjectBegin),
            Some(b'}') => (1, Token::ObjectEnd),
            Some(b'[') => (1, Token::ArrayBegin),
            Some(b']') => (1, Token::ArrayEnd),
            Some(b',') => (1, Token::Comma),
            Some(b':') => (1, Token::Colon),
            Some(b't') => (4, Token::True),
            Some(b'f') => (5, Token::False),
            Some(b'n') => (4, Token::Null),
            Some(b'"') => {
                let length = text_length(rest);
                (length, Token::Text(&rest[..length]))
            }
            Some(_) => {
                let is_inside =
                    |byte: &&u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
                let length = rest.iter().take_while(is_inside).count().max(1);
                (length, Token::Number(&rest[..length]))
            }
        };
        self.at = (begin + length).min(self.text.len());
        (begin, token)
    }

    /// Returns the next token and stays before it.
    pub(super) fn peek(&mut self) -> Token<'a> {
        let at = self.at;
        let (_, token) = self.next();
        self.at = at;
        token
    }

    /// Passes over the next value.
    pub(super) fn skip_value(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.next().1 {
                Token::ObjectBegin | Token::ArrayBegin => depth += 1,
                Token::ObjectEnd | Token::ArrayEnd => depth = depth.saturating_sub(1),
                Token::End => return,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Returns what a text means.
    ///
    /// # Errors
    /// Upstream's words when it is not UTF-8.
    pub(super) fn text(&self, at: usize, raw: &[u8]) -> Result<String, String> {
        // Half of a surrogate pair is no character either.
        serde_json::from_slice(raw).map_err(|_| {
            format!(
                "proto: syntax error {}: invalid UTF-8 in string",
                self.position(at)
            )
        })
    }

    /// Returns upstream's words for a token in the wrong place.
    pub(super) fn unexpected(&self, at: usize, token: &Token<'_>) -> String {
        format!(
            "proto: syntax error {}: unexpected token {}",
            self.position(at),
            token.raw()
        )
    }

    /// Returns upstream's words for a value that means nothing.
    pub(super) fn fault(&self, at: usize, words: &str) -> String {
        format!("proto: {}: {words}", self.position(at))
    }

    fn position(&self, at: usize) -> String {
        let before = String::from_utf8_lossy(&self.text[..at]);
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        format!("(line {line}:{column})")
    }
}

/// Length of a text with its quotes.
fn text_length(rest: &[u8]) -> usize {
    let mut is_escaped = false;
    for (index, byte) in rest.iter().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    rest.len()
}
