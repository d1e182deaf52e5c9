//! Names in exposition for readers that know only classic names, and names read back from URLs.
//!
//! Which scheme a reader asked for is `negotiate`; which names are classic is `name`.
//!
//! Source: prometheus/common v0.69.0 model/metric.go `EscapeMetricFamily`, `EscapeName`, `UnescapeName`.

use std::borrow::Cow;

use crate::name::{is_legacy_byte, is_legacy_metric_name};

/// How names that are not classic are shown.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum EscapingScheme {
    /// As they are, in quotes.
    AllowUtf8,
    /// Every character that is not classic becomes `_`. The default of upstream.
    #[default]
    Underscores,
    /// `.` becomes `_dot_`, `_` becomes `__`, other characters that are not classic become `__`.
    Dots,
    /// `U__` in front, `_` becomes `__`, characters that are not classic become their code point: `_2e_`.
    Values,
}

impl EscapingScheme {
    /// All schemes, the default one first.
    pub const ALL: [Self; 4] = [Self::Underscores, Self::AllowUtf8, Self::Dots, Self::Values];

    /// Returns the scheme of this name in a header.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    /// Returns the name of this scheme in a header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllowUtf8 => "allow-utf-8",
            Self::Underscores => "underscores",
            Self::Dots => "dots",
            Self::Values => "values",
        }
    }

    /// Returns a metric or label name as this scheme shows it. Classic names, and the empty one, stay as they are.
    #[must_use]
    pub fn escape(self, name: &[u8]) -> Cow<'_, [u8]> {
        if self == Self::AllowUtf8 || name.is_empty() || is_legacy_metric_name(name) {
            return Cow::Borrowed(name);
        }
        let mut escaped = Vec::with_capacity(name.len() + 8);
        if self == Self::Values {
            escaped.extend_from_slice(b"U__");
        }
        for (index, character) in Characters::new(name).enumerate() {
            self.escape_character(&mut escaped, character, index == 0);
        }
        Cow::Owned(escaped)
    }

    fn escape_character(self, escaped: &mut Vec<u8>, character: char, is_first: bool) {
        let classic = u8::try_from(character)
            .ok()
            .filter(|byte| is_legacy_byte(*byte) && !(is_first && byte.is_ascii_digit()));
        match (self, classic) {
            (Self::Dots, None) if character == '.' => escaped.extend_from_slice(b"_dot_"),
            (Self::Dots, None) | (Self::Dots | Self::Values, Some(b'_')) => {
                escaped.extend_from_slice(b"__")
            }
            (Self::Values, None) => {
                escaped.extend_from_slice(format!("_{:x}_", u32::from(character)).as_bytes())
            }
            (Self::Underscores | Self::AllowUtf8, None) => escaped.push(b'_'),
            (_, Some(byte)) => escaped.push(byte),
        }
    }
}

/// The characters of a name. Each byte that is not UTF-8 counts as one replacement character, as in a Go string.
struct Characters<'a> {
    rest: &'a [u8],
}

impl<'a> Characters<'a> {
    const fn new(name: &'a [u8]) -> Self {
        Self { rest: name }
    }
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let chunk = self.rest[..self.rest.len().min(4)].utf8_chunks().next()?;
        let character = chunk.valid().chars().next();
        self.rest = &self.rest[character.map_or(1, char::len_utf8)..];
        Some(character.unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

/// Returns the name behind one that the scheme `values` wrote (`U__my_2e_name`). A name that the scheme cannot have written comes
/// back as it is.
#[must_use]
pub fn unescape(name: &[u8]) -> Cow<'_, [u8]> {
    name.strip_prefix(b"U__")
        .and_then(unescape_values)
        .map_or(Cow::Borrowed(name), Cow::Owned)
}

fn unescape_values(escaped: &[u8]) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if *byte != b'_' {
            name.push(*byte);
            continue;
        }
        let end = rest.iter().position(|byte| *byte == b'_')?;
        if end == 0 {
            name.push(b'_');
        } else {
            let character = character_of(&rest[..end])?;
            name.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        rest = &rest[end + 1..];
    }
    Some(name)
}

/// Reads a code point of at most five hexadecimal digits. A sixth, which the last plane would need, is refused upstream as well.
fn character_of(digits: &[u8]) -> Option<char> {
    const DIGITS_MAX: usize = 5;
    if digits.len() > DIGITS_MAX || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let number = digits.iter().fold(0, |number, digit| {
        number << 4 | char::from(*digit).to_digit(16).unwrap_or_default()
    });
    char::from_u32(number)
}

#[cfg(test)]
mod tests;
