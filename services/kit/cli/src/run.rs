//! From `main` to the program and back: argv in, exit code out.

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use crate::{
    ProcessEnv,
    dialect::{Dialect, Outcome},
    env,
};

/// What a program is started with.
#[derive(Debug)]
pub struct Invocation<M> {
    /// The whole command line, the program's own name first. What is no text is replaced.
    pub argv: Vec<String>,
    /// What was written on the command line.
    pub matches: M,
    /// The variables of the process.
    pub env: ProcessEnv,
}

/// Interprets the command line in the dialect of `app` and runs `program` with the result.
///
/// Help, version and completion texts go to stdout and end with 0; usage errors go to stderr with the dialect's exit
/// code; an error of `program` goes through [`fail`] and ends with 1. A reader that closed the pipe early ends the program
/// quietly.
pub fn run<D: Dialect>(
    app: D,
    program: impl FnOnce(Invocation<D::Matches>) -> anyhow::Result<ExitCode>,
) -> ExitCode {
    let argv = env::argv();
    let name = program_name(argv.first());
    let words = argv.get(1..).unwrap_or_default();
    let matches = match app.interpret(&name, words, &ProcessEnv) {
        Outcome::Run(matches) => matches,
        Outcome::Finished { stdout } => {
            return print(io::stdout().lock(), &stdout, ExitCode::SUCCESS);
        }
        Outcome::Explained { stdout, stderr } => {
            let code = print(io::stderr().lock(), &stderr, ExitCode::SUCCESS);
            return print(io::stdout().lock(), &stdout, code);
        }
        Outcome::Refused { stderr, exit_code } => {
            return print(io::stderr().lock(), &stderr, ExitCode::from(exit_code));
        }
    };
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    program(Invocation {
        argv: argv.iter().map(text).collect(),
        matches,
        env: ProcessEnv,
    })
    .unwrap_or_else(|error| fail(&error, 1))
}

/// Prints an error that ends the program before it can log, with its causes, as `<argv0 base>: error: …` on stderr, and
/// returns the exit code to end with.
#[must_use]
pub fn fail(error: &anyhow::Error, exit_code: u8) -> ExitCode {
    let name = program_name(env::argv().first());
    let text = format!("{name}: error: {error:#}\n");
    print(io::stderr().lock(), &text, ExitCode::from(exit_code))
}

fn print(mut to: impl Write, text: &str, code: ExitCode) -> ExitCode {
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Ok(()) | Err(_) => code,
    }
}

/// Returns what follows the last slash, as Go's `filepath.Base` does.
fn program_name(argv0: Option<&OsString>) -> String {
    let path = argv0.map(|word| word.to_string_lossy()).unwrap_or_default();
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        Some(base) if !base.is_empty() => base.to_owned(),
        _ if path.is_empty() => ".".to_owned(),
        _ => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_call_themselves_by_the_last_part_of_argv0() {
        let name = |argv0: &str| program_name(Some(&argv0.into()));
        assert_eq!(name("/usr/bin/pushgateway"), "pushgateway");
        assert_eq!(name("pushgateway"), "pushgateway");
        assert_eq!(name("./bin/"), "bin");
        assert_eq!(name("//"), "/");
        assert_eq!(name(""), ".");
        assert_eq!(program_name(None), ".");
    }
}
