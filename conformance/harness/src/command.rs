//! A command run to its end: the program under test with odd flags, or a script of what guides tell their readers.

use std::path::Path;
use std::time::Duration;

use crate::process::Process;

/// What a command left behind.
#[derive(Debug)]
pub struct Finished {
    /// Exit code; `128 + n` when signal `n` ended it, as a shell says it.
    pub code: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

/// Runs `program` to its end.
///
/// # Errors
/// A text when it cannot be started, or has not ended `within` the time; then it is killed.
pub fn run(
    program: &Path,
    arguments: &[String],
    folder: &Path,
    environment: &[(String, String)],
    within: Duration,
) -> Result<Finished, String> {
    let process = Process::start(program, arguments, folder, environment)
        .map_err(|error| format!("start {}: {error}", program.display()))?;
    let Some(status) = process.wait(within) else {
        let output = String::from_utf8_lossy(&process.stderr()).into_owned();
        return Err(format!(
            "{} did not end within {within:?}; its standard error:\n{output}",
            program.display()
        ));
    };
    Ok(Finished {
        code: exit_code(status),
        stdout: process.stdout(),
        stderr: process.stderr(),
    })
}

/// Runs a script with `/bin/sh`, stopping at the first command that fails.
///
/// # Errors
/// As [`run`].
pub fn shell(
    script: &str,
    folder: &Path,
    environment: &[(String, String)],
    within: Duration,
) -> Result<Finished, String> {
    run(
        Path::new("/bin/sh"),
        &["-euc".to_owned(), script.to_owned()],
        folder,
        environment,
        within,
    )
}

/// Returns the exit code, or `128 + n` after signal `n`.
#[must_use]
pub fn exit_code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(-1)
}
