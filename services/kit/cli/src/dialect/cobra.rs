//! cobra v1.10.2 on pflag v1.0.10, the parser of etcdctl: commands in a tree, unique prefixes, `--flag=v`, `--flag v`, `-fv`.
//!
//! `find.rs` walks from the words to a command, `parse.rs` cuts its flags, `value.rs` says what a value may be, `help.rs`
//! prints, `complete.rs` answers shells. [`Line`] is what a program gets; setting flags from variables is `environment.rs`.
//!
//! Source: spf13/cobra v1.10.2 command.go, `ExecuteC`; spf13/pflag v1.0.10 flag.go.

use std::{ffi::OsString, os::unix::ffi::OsStrExt};

use crate::{
    EnvSource, Flag, Matches,
    dialect::{Dialect, Outcome},
};

mod command;
mod complete;
mod environment;
mod find;
mod help;
mod parse;
#[cfg(test)]
mod tests;
mod value;

pub use self::{
    command::{Arguments, Command},
    complete::{SHELLS, completion_script},
    environment::{EnvFinding, variable_name},
    help::flag_usages,
    parse::UsageError,
    value::ValueError,
};
use self::{
    find::{Found, Path},
    parse::Written,
};

/// A program with cobra's command line.
#[derive(Clone, Copy, Debug)]
pub struct App {
    /// The program itself; its shared flags are the global ones.
    pub root: Command,
    /// Titles under which help lists the root's commands, in this order. A command names its title as its group.
    pub groups: &'static [&'static str],
    /// The group of the command `help`.
    pub help_group: &'static str,
    /// A line printed after every help text.
    pub footer: &'static str,
}

/// An understood command line: which command, with which flags and arguments.
#[derive(Clone, Debug)]
pub struct Line {
    /// Names of the commands from the root's child down, as `["endpoint", "status"]`.
    pub command: Vec<&'static str>,
    /// The values of the command's flags, its own and the inherited.
    pub matches: Matches,
    /// What is left, in its order. Keys are bytes, so these are.
    pub arguments: Vec<Vec<u8>>,
    /// All words of the line, the program's name left out.
    pub words: Vec<Vec<u8>>,
    flags: Vec<Flag>,
    inherited: Vec<Flag>,
    written: Written,
}

/// The flag every command has.
const HELP: &str = "help";

impl Dialect for App {
    type Matches = Line;

    fn interpret(self, _program: &str, words: &[OsString], _env: &dyn EnvSource) -> Outcome<Line> {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        if let Some(typed) = complete::asked(&words) {
            return Outcome::Finished {
                stdout: complete::candidates(&self, typed),
            };
        }
        let found = find::find(&self, &words);
        match found {
            Found::Unknown { path, error } => {
                // Upstream's text: cobra command.go, ExecuteC.
                let stderr = format!(
                    "Error: {error}\nRun '{} --help' for usage.\n",
                    path.command_path()
                );
                Outcome::Refused {
                    stderr,
                    exit_code: EXIT_USAGE,
                }
            }
            Found::Command { path, rest } => self.execute(&path, &rest, words),
        }
    }
}

impl App {
    fn execute(&self, path: &Path, rest: &[Vec<u8>], words: Vec<Vec<u8>>) -> Outcome<Line> {
        let refused = |error: &UsageError| Outcome::Refused {
            stderr: format!("Error: {error}\n{}\n", help::usage(self, path)),
            exit_code: EXIT_USAGE,
        };
        let flags = path.flags();
        let parsed = match parse::parse(&flags, rest) {
            Ok(parsed) => parsed,
            Err(error) => return refused(&error),
        };
        let matches = parsed.written.matches(&flags);
        let command = path.last();
        if matches.switch(HELP) || !command.runnable() {
            return Outcome::Finished {
                stdout: help::help(self, path),
            };
        }
        if command.name() == HELP {
            return self.help_command(&parsed.arguments);
        }
        if let Err(error) = command
            .arguments
            .check(&parsed.arguments, &path.command_path())
        {
            return refused(&error);
        }
        Outcome::Run(Line {
            command: path.names(),
            matches,
            arguments: parsed.arguments,
            words,
            inherited: path.inherited_flags(),
            flags,
            written: parsed.written,
        })
    }

    /// Prints the help of the command that `topic` names; of the program when it names none.
    fn help_command(&self, topic: &[Vec<u8>]) -> Outcome<Line> {
        match find::find(self, topic) {
            Found::Command { path, .. } => Outcome::Finished {
                stdout: help::help(self, &path),
            },
            Found::Unknown { path, .. } => {
                let words: Vec<String> = topic
                    .iter()
                    .map(|word| format!("`{}`", String::from_utf8_lossy(word)))
                    .collect();
                // Upstream's text and code: cobra command.go, InitDefaultHelpCmd.
                Outcome::Refused {
                    stderr: format!(
                        "Unknown help topic [{}]\n{}",
                        words.join(" "),
                        help::usage(self, &path)
                    ),
                    exit_code: 0,
                }
            }
        }
    }
}

impl Line {
    /// Interprets the words of one command outside a command line, such as a request inside a transaction.
    ///
    /// # Errors
    /// [`UsageError`] for flags the command does not have and values they refuse.
    pub fn of(command: Command, words: &[Vec<u8>]) -> Result<Self, UsageError> {
        let path = Path::new(command);
        let flags = path.flags();
        let parsed = parse::parse(&flags, words)?;
        Ok(Self {
            command: vec![command.name()],
            matches: parsed.written.matches(&flags),
            arguments: parsed.arguments,
            words: words.to_vec(),
            inherited: Vec::new(),
            flags,
            written: parsed.written,
        })
    }

    /// Returns the names of the inherited flags with their values as pflag prints them, in the order of the names.
    #[must_use]
    pub fn inherited_values(&self) -> Vec<(&'static str, String)> {
        let value = |flag: &Flag| (flag.name, value::shown(flag, self.matches.texts(flag.name)));
        self.inherited.iter().map(value).collect()
    }
}

/// Exit code of a command line that is wrong.
const EXIT_USAGE: u8 = 1;
