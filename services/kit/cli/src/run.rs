//! From `main` to the program and back: argv in, exit code out.

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use crate::{
    EnvSource, ProcessEnv,
    dialect::{Dialect, Outcome},
    env,
};

/// What a program is started with.
#[derive(Debug)]
pub struct Invocation<M> {
    /// The last part of argv\[0\], as the program calls itself in messages.
    pub program: String,
    /// What was written on the command line.
    pub matches: M,
    /// The variables of the process.
    pub env: ProcessEnv,
}

/// Interprets the command line in the dialect of `app` and runs `program` with the result.
///
/// Help, version and completion texts go to stdout and end with 0; usage errors go to stderr with the dialect's exit
/// code; an error of `program` is printed with its causes as `<argv0 base>: error: …` and ends with 1. A reader that
/// closed the pipe early ends the program quietly.
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
        Outcome::Refused { stderr, exit_code } => {
            return print(io::stderr().lock(), &stderr, ExitCode::from(exit_code));
        }
    };
    let invocation = Invocation {
        program: name.clone(),
        matches,
        env: ProcessEnv,
    };
    program(invocation).unwrap_or_else(|error| {
        print(
            io::stderr().lock(),
            &format!("{name}: error: {error:#}\n"),
            ExitCode::FAILURE,
        )
    })
}

impl<M> Invocation<M> {
    /// Returns the value of the variable `name`, for code that takes a plain function.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.env.get(name)
    }
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
