//! Go's package `flag`: `-name v`, `--name=v`, `-bool`; the first word that is no flag ends the flags.
//!
//! Source: Go flag/flag.go, `FlagSet.parseOne`, under `ContinueOnError`.

use std::ffi::OsString;

use crate::{
    EnvSource, Flag, Kind, Matches,
    dialect::{Dialect, Outcome},
    value::quote,
};

#[cfg(test)]
mod tests;
pub mod values;

/// A program with Go's own command line.
#[derive(Clone, Debug)]
pub struct App {
    flags: Vec<Flag>,
    usage: &'static str,
    help: String,
}

/// What was written on a command line.
#[derive(Clone, Debug)]
pub struct GoMatches {
    /// The values of the flags.
    pub flags: Matches,
    /// The words behind the flags.
    pub rest: Vec<String>,
}

impl App {
    /// Describes a program: its flags, what it says (with a newline) when they are wrong or help is asked for, and what it
    /// prints then on standard output. Every flag of the table is repeatable; the last value counts.
    #[must_use]
    pub fn new(flags: Vec<Flag>, usage: &'static str, help: String) -> Self {
        Self { flags, usage, help }
    }

    fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.name == name)
    }

    /// Takes one flag, and its value, from the words. `Ok(None)` when the flags are over.
    fn take(&self, words: &mut &[String]) -> Result<Option<(&'static str, String)>, Mistake> {
        let Some((word, after)) = words.split_first() else {
            return Ok(None);
        };
        let Some(name) = word.strip_prefix('-').filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        *words = after;
        let name = name.strip_prefix('-').unwrap_or(name);
        if word == "--" {
            return Ok(None);
        }
        if name.is_empty() || name.starts_with(['-', '=']) {
            return Err(Mistake::Syntax(word.clone()));
        }
        let (name, value) = name
            .split_once('=')
            .map_or((name, None), |(name, value)| (name, Some(value)));
        let Some(flag) = self.flag(name) else {
            return Err(match name {
                "help" | "h" => Mistake::Help,
                _ => Mistake::Unknown(name.to_owned()),
            });
        };
        let is_bool = matches!(flag.kind, Kind::Bool | Kind::Ignored);
        let value = match (value, after.split_first()) {
            (Some(value), _) => value.to_owned(),
            (None, _) if is_bool => "true".to_owned(),
            (None, Some((value, after))) => {
                *words = after;
                value.clone()
            }
            (None, None) => return Err(Mistake::NoValue(flag.name)),
        };
        match flag.kind.check(&value) {
            Ok(()) => Ok(Some((flag.name, value))),
            Err(reason) => Err(Mistake::Value {
                what: if is_bool { "boolean value" } else { "value" },
                before: if is_bool { "" } else { "flag " },
                value,
                name: flag.name,
                reason,
            }),
        }
    }
}

/// Why the flags cannot be read, in Go's words.
#[derive(Debug, thiserror::Error)]
enum Mistake {
    #[error("flag: help requested")]
    Help,
    #[error("bad flag syntax: {0}")]
    Syntax(String),
    #[error("flag provided but not defined: -{0}")]
    Unknown(String),
    #[error("flag needs an argument: -{0}")]
    NoValue(&'static str),
    #[error("invalid {what} {} for {before}-{name}: {reason}", quote(.value))]
    Value {
        what: &'static str,
        before: &'static str,
        value: String,
        name: &'static str,
        reason: String,
    },
}

impl Dialect for App {
    type Matches = GoMatches;

    fn interpret(self, _: &str, words: &[OsString], _: &dyn EnvSource) -> Outcome<GoMatches> {
        // Go takes any bytes. What is no text is replaced, so that whoever parses it refuses it by name.
        let words: Vec<String> = words
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let mut rest = &words[..];
        let mut values = Vec::new();
        loop {
            match self.take(&mut rest) {
                Ok(Some(value)) => values.push(value),
                Ok(None) => break,
                Err(Mistake::Help) => {
                    return Outcome::Explained {
                        stdout: self.help,
                        stderr: self.usage.to_owned(),
                    };
                }
                Err(mistake) => {
                    return Outcome::Refused {
                        stderr: format!("{mistake}\n{}", self.usage),
                        exit_code: 2,
                    };
                }
            }
        }
        Outcome::Run(GoMatches {
            flags: Matches::new(&self.flags, &values),
            rest: rest.to_vec(),
        })
    }
}
