//! Cuts the words that are left for a command into flags and arguments.
//!
//! Source: pflag flag.go, `parseArgs`, `parseLongArg`, `parseSingleShortArg`; errors.go.

use std::collections::BTreeSet;

use crate::{
    Flag, Matches,
    dialect::cobra::value::{self, ValueError},
    value::quote,
};

/// Why a command line is refused. The texts are upstream's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UsageError {
    /// No command has this name.
    #[error("unknown command {quoted} for \"{path}\"{}", suggestions(.suggested))]
    Command {
        /// The word, quoted.
        quoted: String,
        /// The command it was looked for in.
        path: String,
        /// Commands that look like it.
        suggested: Vec<&'static str>,
    },
    /// Another number of arguments than the command takes.
    #[error("accepts {accepted} arg(s), received {received}")]
    ArgumentCount {
        /// What it takes.
        accepted: usize,
        /// What was written.
        received: usize,
    },
    /// An argument that is not in the command's list.
    #[error("invalid argument {quoted} for \"{path}\"")]
    Argument {
        /// The argument, quoted.
        quoted: String,
        /// The command.
        path: String,
    },
    /// A flag the command does not have.
    #[error("unknown flag: --{0}")]
    Flag(String),
    /// A one-letter flag the command does not have.
    #[error("unknown shorthand flag: {letter:?} in -{word}")]
    Shorthand {
        /// The letter.
        letter: char,
        /// The rest of the word from the letter on.
        word: String,
    },
    /// A flag without its value.
    #[error("flag needs an argument: --{0}")]
    MissingValue(&'static str),
    /// A one-letter flag without its value.
    #[error("flag needs an argument: {letter:?} in -{word}")]
    MissingShorthandValue {
        /// The letter.
        letter: char,
        /// The rest of the word from the letter on.
        word: String,
    },
    /// Dashes and no name.
    #[error("bad flag syntax: {0}")]
    Syntax(String),
    /// A value the flag refuses.
    #[error("invalid argument {quoted} for \"{flag}\" flag: {cause}")]
    Value {
        /// The value, quoted.
        quoted: String,
        /// The flag's names.
        flag: String,
        /// Why.
        cause: ValueError,
    },
    /// A flag, or the value of one, in bytes that are no text. Ours: Go takes any bytes.
    #[error("flag is not valid UTF-8: {0}")]
    NotUtf8(String),
}

fn suggestions(names: &[&str]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let lines: String = names.iter().map(|name| format!("\t{name}\n")).collect();
    format!("\n\nDid you mean this?\n{lines}")
}

/// What a command line holds for one command.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) written: Written,
    pub(crate) arguments: Vec<Vec<u8>>,
}

/// The values of flags that were set, checked; the last one of a flag counts, lists grow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    values: Vec<(&'static str, String)>,
    /// Names of the flags that were set, for a list may be set to nothing.
    set: BTreeSet<&'static str>,
}

impl Written {
    /// Sets a flag as pflag does.
    pub(crate) fn set(&mut self, flag: &Flag, text: &str) -> Result<(), ValueError> {
        let values = value::check(flag.kind, text)?;
        if !value::is_list(flag) {
            self.values.retain(|(name, _)| *name != flag.name);
        }
        self.set.insert(flag.name);
        self.values
            .extend(values.into_iter().map(|value| (flag.name, value)));
        Ok(())
    }

    /// Returns whether a flag was set.
    pub(crate) fn holds(&self, name: &str) -> bool {
        self.set.contains(name)
    }

    pub(crate) fn matches(&self, flags: &[Flag]) -> Matches {
        let mut matches = Matches::new(flags, &self.values);
        let is_empty = |name: &&&str| !self.values.iter().any(|(written, _)| written == *name);
        for name in self.set.iter().filter(is_empty) {
            matches.set_empty(name);
        }
        matches
    }
}

/// Cuts `words`. What follows `--` is arguments; before it flags and arguments may be mixed.
pub(crate) fn parse(flags: &[Flag], words: &[Vec<u8>]) -> Result<Parsed, UsageError> {
    let mut parser = Parser {
        flags,
        rest: words,
        written: Written::default(),
    };
    let mut arguments = Vec::new();
    while let Some(word) = parser.take() {
        match word {
            b"--" => {
                arguments.extend(parser.rest.iter().cloned());
                break;
            }
            [b'-', b'-', ..] => parser.long(text(word)?)?,
            [b'-', _, ..] => parser.short(text(word)?)?,
            _ => arguments.push(word.to_vec()),
        }
    }
    Ok(Parsed {
        written: parser.written,
        arguments,
    })
}

struct Parser<'a> {
    flags: &'a [Flag],
    rest: &'a [Vec<u8>],
    written: Written,
}

impl<'a> Parser<'a> {
    fn take(&mut self) -> Option<&'a [u8]> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn long(&mut self, word: &str) -> Result<(), UsageError> {
        let body = &word[2..];
        if body.starts_with(['-', '=']) || body.is_empty() {
            return Err(UsageError::Syntax(word.to_owned()));
        }
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (body, None),
        };
        let Some(flag) = self.flags.iter().find(|flag| flag.name == name) else {
            return Err(UsageError::Flag(name.to_owned()));
        };
        let value = match (value, flag.is_switch()) {
            (Some(value), _) => value,
            (None, true) => "true",
            (None, false) => text(self.take().ok_or(UsageError::MissingValue(flag.name))?)?,
        };
        self.set(flag, value)
    }

    /// Sets the flags of a word such as `-i`, `-wjson`, `-w=json` or `-w json`.
    fn short(&mut self, word: &str) -> Result<(), UsageError> {
        let mut letters = &word[1..];
        while let Some(letter) = letters.chars().next() {
            let after = &letters[letter.len_utf8()..];
            let Some(flag) = self.flags.iter().find(|flag| flag.short == Some(letter)) else {
                let word = letters.to_owned();
                return Err(UsageError::Shorthand { letter, word });
            };
            if after.len() > 1 && after.starts_with('=') {
                return self.set(flag, &after[1..]);
            }
            if flag.is_switch() {
                self.set(flag, "true")?;
                letters = after;
                continue;
            }
            if !after.is_empty() {
                return self.set(flag, after);
            }
            let missing = || UsageError::MissingShorthandValue {
                letter,
                word: letters.to_owned(),
            };
            let value = text(self.take().ok_or_else(missing)?)?;
            return self.set(flag, value);
        }
        Ok(())
    }

    fn set(&mut self, flag: &Flag, value: &str) -> Result<(), UsageError> {
        let names = match flag.short {
            Some(letter) => format!("-{letter}, --{}", flag.name),
            None => format!("--{}", flag.name),
        };
        self.written
            .set(flag, value)
            .map_err(|cause| UsageError::Value {
                quoted: quote(value),
                flag: names,
                cause,
            })
    }
}

fn text(word: &[u8]) -> Result<&str, UsageError> {
    std::str::from_utf8(word)
        .map_err(|_| UsageError::NotUtf8(String::from_utf8_lossy(word).into_owned()))
}
