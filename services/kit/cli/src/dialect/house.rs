//! The dialect of our own programs: clap as it is. Help and version to stdout, wrong usage to stderr with code 2.

use std::ffi::OsString;

use clap::{ArgMatches, Command};

use crate::{
    EnvSource,
    dialect::{Dialect, Outcome},
};

impl Dialect for Command {
    type Matches = ArgMatches;

    fn interpret(
        self,
        program: &str,
        words: &[OsString],
        _env: &dyn EnvSource,
    ) -> Outcome<ArgMatches> {
        let argv = std::iter::once(OsString::from(program)).chain(words.iter().cloned());
        match self.try_get_matches_from(argv) {
            Ok(matches) => Outcome::Run(matches),
            Err(error) if error.use_stderr() => Outcome::Refused {
                stderr: error.to_string(),
                exit_code: 2,
            },
            Err(error) => Outcome::Finished {
                stdout: error.to_string(),
            },
        }
    }
}
