//! From tokens to flags with their written values.
//!
//! Source: kingpin parser.go, `parse`; flags.go, `flagGroup.parse`.

use super::token::{FileError, Token, Tokens};
use crate::{Flag, value::quote};

/// A flag as written, its value not yet checked.
#[derive(Debug)]
pub(super) struct Element<'a> {
    pub(super) flag: &'a Flag,
    pub(super) value: String,
}

/// A command line taken apart, up to its first mistake.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) elements: Vec<Element<'a>>,
    pub(super) error: Option<UsageError>,
    /// Whether the line went past a `--`.
    pub(super) words_only: bool,
}

/// What is wrong with a command line. The texts are upstream's: scripts and operators see them.
#[derive(Debug, thiserror::Error)]
pub(super) enum UsageError {
    #[error("unknown long flag '--{0}'")]
    UnknownLong(String),
    #[error("unknown short flag '-{0}'")]
    UnknownShort(char),
    #[error("expected argument for flag '{0}'")]
    MissingValue(String),
    #[error("unexpected {0}")]
    Unexpected(String),
    #[error("flag '{0}' cannot be repeated")]
    Repeated(&'static str),
    #[error("{0}")]
    Value(String),
    #[error(transparent)]
    File(FileError),
    /// Ours; upstream passes any bytes on.
    #[error("argument {} is not valid UTF-8", quote(.0))]
    NotUtf8(String),
}

/// Parses the words of a command line.
pub(super) fn parse<'a>(flags: &'a [Flag], words: &[String]) -> Line<'a> {
    let mut tokens = Tokens::new(flags, words);
    let mut elements = Vec::new();
    let error = loop {
        let taken = match tokens.peek() {
            Token::End => break None,
            Token::Error(error) => break Some(UsageError::File(error)),
            Token::Word(word) => break Some(UsageError::Unexpected(word)),
            Token::Long(name) => take_long(flags, &mut tokens, &name),
            Token::Short(letter) => take_short(flags, &mut tokens, letter),
        };
        match taken {
            Ok(element) => elements.push(element),
            Err(error) => break Some(error),
        }
    };
    Line {
        elements,
        error,
        words_only: tokens.words_only,
    }
}

fn take_long<'a>(
    flags: &'a [Flag],
    tokens: &mut Tokens<'_>,
    name: &str,
) -> Result<Element<'a>, UsageError> {
    let find = |name: &str| flags.iter().find(|flag| flag.name == name);
    let unknown = || UsageError::UnknownLong(name.to_owned());
    if let Some(flag) = find(name) {
        return take_value(flag, tokens, &format!("--{name}"));
    }
    let flag = name
        .strip_prefix("no-")
        .and_then(find)
        .filter(|flag| flag.is_switch())
        .ok_or_else(unknown)?;
    tokens.next();
    Ok(Element {
        flag,
        value: "false".to_owned(),
    })
}

fn take_short<'a>(
    flags: &'a [Flag],
    tokens: &mut Tokens<'_>,
    letter: char,
) -> Result<Element<'a>, UsageError> {
    let flag = flags
        .iter()
        .find(|flag| flag.short == Some(letter))
        .ok_or(UsageError::UnknownShort(letter))?;
    take_value(flag, tokens, &format!("-{letter}"))
}

fn take_value<'a>(
    flag: &'a Flag,
    tokens: &mut Tokens<'_>,
    written: &str,
) -> Result<Element<'a>, UsageError> {
    tokens.next();
    if flag.is_switch() {
        return Ok(Element {
            flag,
            value: "true".to_owned(),
        });
    }
    let Token::Word(value) = tokens.peek() else {
        return Err(UsageError::MissingValue(written.to_owned()));
    };
    tokens.next();
    Ok(Element { flag, value })
}
