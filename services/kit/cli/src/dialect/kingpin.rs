//! kingpin v2.4.0, the parser of the Prometheus family: `--flag=v`, `--flag v`, `--bool`, `--no-bool`, `@file`.
//!
//! `token.rs` cuts words into tokens, `parse.rs` matches them to flags; `usage.rs`, `man.rs` and `completion.rs` print.
//! Here stands the order in which kingpin does these things, which decides who wins when a line holds both a `--version`
//! and a mistake. Programs without commands and positional arguments only; kingpin has both, none of ours needs them.
//!
//! Source: alecthomas/kingpin v2.4.0, app.go.

use std::ffi::OsString;

use self::parse::{Element, UsageError};
use crate::{
    EnvSource, Flag, Matches,
    dialect::{Dialect, Outcome},
};

mod completion;
mod man;
mod parse;
#[cfg(test)]
mod tests;
mod token;
mod usage;
mod wrap;

/// A program with kingpin's command line.
#[derive(Clone, Debug)]
pub struct App {
    description: &'static str,
    version: String,
    flags: Vec<Flag>,
}

const HELP: &str = "help";
const HELP_LONG: &str = "help-long";
const HELP_MAN: &str = "help-man";
const COMPLETION: &str = "completion-bash";
const COMPLETION_BASH: &str = "completion-script-bash";
const COMPLETION_ZSH: &str = "completion-script-zsh";
const VERSION: &str = "version";

/// The flags every kingpin application has, before its own.
const BUILT_IN: [Flag; 6] = [
    Flag::switch(
        HELP,
        "Show context-sensitive help (also try --help-long and --help-man).",
    )
    .short('h'),
    Flag::switch(HELP_LONG, "Generate long help.").hidden(),
    Flag::switch(HELP_MAN, "Generate a man page.").hidden(),
    Flag::switch(
        COMPLETION,
        "Output possible completions for the given args.",
    )
    .hidden(),
    Flag::switch(COMPLETION_BASH, "Generate completion script for bash.").hidden(),
    Flag::switch(COMPLETION_ZSH, "Generate completion script for ZSH.").hidden(),
];

impl App {
    /// Describes a program: one paragraph about it, what `--version` prints, and its flags.
    ///
    /// Help lists the flags in the order of the table; `--version` follows as upstream's last, then the flags that are
    /// ours.
    #[must_use]
    pub fn new(description: &'static str, version: String, table: &[Flag]) -> Self {
        let (ours, upstreams): (Vec<Flag>, Vec<Flag>) = table.iter().partition(|flag| flag.ours);
        let version_flag = Flag::switch(VERSION, "Show application version.");
        let flags = BUILT_IN
            .into_iter()
            .chain(upstreams)
            .chain([version_flag])
            .chain(ours)
            .collect();
        Self {
            description,
            version,
            flags,
        }
    }

    /// Returns what a flag does as soon as it is seen, before any mistake elsewhere on the line is reported.
    fn print_early(&self, flag: &str, program: &str, width: i64) -> Option<String> {
        match flag {
            HELP_LONG => Some(usage::long(self, program, width)),
            HELP_MAN => Some(man::page(self, program)),
            COMPLETION_BASH => Some(completion::bash_script(program)),
            COMPLETION_ZSH => Some(completion::zsh_script(program)),
            VERSION => Some(format!("{}\n", self.version)),
            _ => None,
        }
    }
}

impl Dialect for App {
    type Matches = Matches;

    fn interpret(self, program: &str, words: &[OsString], env: &dyn EnvSource) -> Outcome<Matches> {
        let refused = |error: &UsageError| {
            // Upstream's text: kingpin global.go, MustParse.
            let stderr = format!("{program}: error: {error}, try --help\n");
            Outcome::Refused {
                stderr,
                exit_code: 1,
            }
        };
        let words = match utf8_words(words) {
            Ok(words) => words,
            Err(error) => return refused(&error),
        };
        let line = parse::parse(&self.flags, &words);
        let (values, value_error) = checked_values(&line.elements);
        if values
            .iter()
            .any(|(name, value)| *name == COMPLETION && value == "true")
        {
            return Outcome::Finished {
                stdout: completion::options(&self.flags, &words, line.words_only),
            };
        }
        let width = usage::width(env);
        if let Some(stdout) = line
            .elements
            .iter()
            .find_map(|element| self.print_early(element.flag.name, program, width))
        {
            return Outcome::Finished { stdout };
        }
        if let Some(error) = line.error {
            return refused(&error);
        }
        if line
            .elements
            .iter()
            .any(|element| element.flag.name == HELP)
        {
            return Outcome::Finished {
                stdout: usage::short(&self, program, width),
            };
        }
        match value_error {
            Some(error) => refused(&error),
            None => Outcome::Run(Matches::new(&self.flags, &values)),
        }
    }
}

/// Returns the written values up to the first that its flag refuses, and that refusal.
fn checked_values(elements: &[Element<'_>]) -> (Vec<(&'static str, String)>, Option<UsageError>) {
    let mut values: Vec<(&'static str, String)> = Vec::with_capacity(elements.len());
    for Element { flag, value } in elements {
        if !flag.repeatable && values.iter().any(|(name, _)| *name == flag.name) {
            return (values, Some(UsageError::Repeated(flag.name)));
        }
        if let Err(text) = flag.kind.check(value) {
            return (values, Some(UsageError::Value(text)));
        }
        values.push((flag.name, value.clone()));
    }
    (values, None)
}

fn utf8_words(words: &[OsString]) -> Result<Vec<String>, UsageError> {
    let text = |word: &OsString| {
        let text = word.to_str().map(str::to_owned);
        text.ok_or_else(|| UsageError::NotUtf8(word.to_string_lossy().into_owned()))
    };
    words.iter().map(text).collect()
}
