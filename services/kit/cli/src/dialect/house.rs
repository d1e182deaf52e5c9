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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MapEnv;

    fn interpret(words: &[&str]) -> Outcome<ArgMatches> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let command = Command::new("tool")
            .subcommand_required(true)
            .subcommand(Command::new("up"));
        command.interpret("tool", &words, &MapEnv::default())
    }

    #[test]
    fn help_goes_to_stdout() {
        assert!(
            matches!(interpret(&["--help"]), Outcome::Finished { stdout } if stdout.contains("Usage: tool"))
        );
    }

    #[test]
    fn wrong_usage_goes_to_stderr_with_code_2() {
        let refused = interpret(&["down"]);
        assert!(
            matches!(refused, Outcome::Refused { stderr, exit_code: 2 } if stderr.contains("'down'"))
        );
    }

    #[test]
    fn a_good_line_runs() {
        assert!(
            matches!(interpret(&["up"]), Outcome::Run(matches) if matches.subcommand_name() == Some("up"))
        );
    }
}
