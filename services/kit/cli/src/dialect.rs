//! The spellings of command lines. A dialect knows how its parser reads words and what it prints; it runs nothing.

use std::ffi::OsString;

use crate::EnvSource;

pub mod cobra;
pub mod go_flag;
mod house;
pub mod kingpin;

/// What a command line asks for.
#[derive(Debug)]
pub enum Outcome<M> {
    /// Run the program with these values.
    Run(M),
    /// Print this text and end with 0: help, version, completion.
    Finished {
        /// Text for stdout.
        stdout: String,
    },
    /// Print both texts and end with 0: help of programs that say their usage on stderr as well.
    Explained {
        /// Text for stdout.
        stdout: String,
        /// Text for stderr, which comes first.
        stderr: String,
    },
    /// The command line is wrong.
    Refused {
        /// Text for stderr, with its newline.
        stderr: String,
        /// Exit code of the process.
        exit_code: u8,
    },
}

/// A description of a program that can interpret its command line.
pub trait Dialect {
    /// What the program is given when it is to run.
    type Matches;

    /// Interprets `words` (argv without the program's name). The only other inputs are the variables in `env` that the
    /// upstream parser reads too, the size of the terminal, and the argument files named in `words`.
    fn interpret(
        self,
        program: &str,
        words: &[OsString],
        env: &dyn EnvSource,
    ) -> Outcome<Self::Matches>;
}
