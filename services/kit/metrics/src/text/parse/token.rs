//! Words of the text format: names, label values, help texts, and the blanks between. What they mean is left to the parser.
//!
//! Words come out as slices of the body; only those with escapes are copied. Wherever upstream needs one more byte to see that a
//! word is over, the end of the body is an error here too.
//!
//! Source: prometheus/common v0.69.0 expfmt/text_parse.go, the `readToken…` functions.

use std::borrow::Cow;

use super::Message;
use crate::{name::is_legacy_byte, quote::quote_start};

/// The text of an end where something was missing.
pub(super) const END: &str = "unexpected end of input stream"; // upstream's text

/// A word of the body, copied only if it has escapes.
pub(super) type Word<'a> = Cow<'a, [u8]>;

/// What a name is of. Bare names of labels have no colons.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Name {
    Metric,
    Label,
}

/// The body ended where something was missing.
#[derive(Debug)]
pub(super) struct End;

/// A place in the body.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    pub(super) fn current(&self) -> Result<u8, End> {
        self.rest.first().copied().ok_or(End)
    }

    pub(super) fn at_line_end(&self) -> Result<bool, End> {
        Ok(self.current()? == b'\n')
    }

    pub(super) fn at_blank(&self) -> Result<bool, End> {
        Ok(is_blank(self.current()?))
    }

    /// Steps over the current byte, which the caller has looked at.
    pub(super) fn advance(&mut self) {
        self.rest = &self.rest[1..];
    }

    pub(super) fn skip_blanks(&mut self) -> Result<(), End> {
        let length = self.find(|byte| !is_blank(byte))?;
        self.rest = &self.rest[length..];
        Ok(())
    }

    /// Steps behind the end of the line.
    pub(super) fn skip_line(&mut self) -> Result<(), Message> {
        let length = self.find(|byte| byte == b'\n')?;
        self.rest = &self.rest[length + 1..];
        Ok(())
    }

    /// Takes all up to a blank or the end of the line.
    pub(super) fn until_blank(&mut self) -> Result<&'a [u8], End> {
        let length = self.find(|byte| is_blank(byte) || byte == b'\n')?;
        Ok(self.take(length))
    }

    /// Takes all up to the end of the line, leaving out backslashes, as upstream does without a reason.
    pub(super) fn until_line_end(&mut self) -> Result<Word<'a>, End> {
        let length = self.find(|byte| byte == b'\n')?;
        let text = self.take(length);
        Ok(if text.contains(&b'\\') {
            Cow::Owned(text.iter().copied().filter(|byte| *byte != b'\\').collect())
        } else {
            Cow::Borrowed(text)
        })
    }

    /// Takes a help text with its escapes, up to the end of the line.
    pub(super) fn help_text(&mut self) -> Result<Word<'a>, Message> {
        self.escaped(b'\n')?
            .map_err(|_| unreachable!("a line feed ends the text"))
    }

    /// Takes a label value, of which the opening quote is the current byte, and its closing quote.
    pub(super) fn label_value(&mut self) -> Result<Word<'a>, Message> {
        self.advance();
        let value = self.escaped(b'"')?;
        let value = value.map_err(|value| {
            format!(
                "label value {} contains unescaped new-line",
                quote_start(&value)
            )
        })?;
        self.advance();
        Ok(value)
    }

    /// Takes a name. Quotes may begin in the middle of a name; it ends
    /// where they close. Empty when no name begins here.
    pub(super) fn name(&mut self, kind: Name) -> Result<Word<'a>, Message> {
        let is_bare = |byte| is_legacy_byte(byte) && (kind == Name::Metric || byte != b':');
        if self.current()?.is_ascii_digit() {
            return Ok(Cow::Borrowed(&[]));
        }
        let length = self.find(|byte| !is_bare(byte))?;
        let bare = self.take(length);
        if self.current()? != b'"' {
            return Ok(Cow::Borrowed(bare));
        }
        self.advance();
        let quoted = self
            .escaped(b'"')?
            .map(|quoted| join(bare, quoted))
            .map_err(|quoted| {
                let noun = if kind == Name::Metric {
                    "metric"
                } else {
                    "label"
                };
                format!(
                    "{noun} name {} contains unescaped new-line",
                    quote_start(&join(bare, quoted))
                )
            })?;
        self.advance();
        self.current()?;
        Ok(quoted)
    }

    /// Takes text up to `end`, which stays; escapes are a backslash before `\`, `"` or `n`.
    ///
    /// The inner error is the text up to a line feed that stands before `end`.
    fn escaped(&mut self, end: u8) -> Result<Result<Word<'a>, Word<'a>>, Message> {
        let mut text = Cow::Borrowed(&[][..]);
        loop {
            let is_stop = |byte| byte == end || matches!(byte, b'\\' | b'\n');
            let length = self.find(is_stop)?;
            text = join_cow(text, self.take(length));
            match self.current()? {
                b'\\' => self.escape(&mut text)?,
                stop if stop == end => return Ok(Ok(text)),
                _ => return Ok(Err(text)),
            }
        }
    }

    fn escape(&mut self, text: &mut Word<'a>) -> Result<(), Message> {
        self.advance();
        let byte = match self.current()? {
            byte @ (b'\\' | b'"') => byte,
            b'n' => b'\n',
            other => {
                return Err(format!("invalid escape sequence '\\{}'", char::from(other)).into());
            }
        };
        text.to_mut().push(byte);
        self.advance();
        Ok(())
    }

    /// Returns how many bytes stand before the first that is wanted.
    fn find(&self, is_wanted: impl Fn(u8) -> bool) -> Result<usize, End> {
        self.rest
            .iter()
            .position(|byte| is_wanted(*byte))
            .ok_or(End)
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

fn join<'a>(bare: &'a [u8], quoted: Word<'a>) -> Word<'a> {
    if bare.is_empty() {
        quoted
    } else {
        Cow::Owned([bare, &quoted].concat())
    }
}

fn join_cow<'a>(mut text: Word<'a>, more: &'a [u8]) -> Word<'a> {
    if text.is_empty() && matches!(text, Cow::Borrowed(_)) {
        return Cow::Borrowed(more);
    }
    if !more.is_empty() {
        text.to_mut().extend_from_slice(more);
    }
    text
}

const fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}
