//! Programs that a command starts, and the signals that end it.

use std::{
    ffi::OsStr,
    io,
    os::unix::{ffi::OsStrExt, process::ExitStatusExt},
    process::ExitStatus,
};

use tokio::{
    process::Command,
    signal::unix::{Signal, SignalKind, signal},
};

/// Runs a program with the process' own streams and environment and some variables more; waits for its end.
pub(super) async fn run(
    words: &[Vec<u8>],
    variables: &[(&str, Vec<u8>)],
) -> io::Result<ExitStatus> {
    let [program, arguments @ ..] = words else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let mut command = Command::new(OsStr::from_bytes(program));
    command.args(arguments.iter().map(|word| OsStr::from_bytes(word)));
    for (name, value) in variables {
        command.env(name, OsStr::from_bytes(value));
    }
    command.kill_on_drop(true).status().await
}

/// Returns how Go's os/exec tells a failure to start a program.
pub(super) fn start_error(words: &[Vec<u8>], error: &io::Error) -> String {
    let word = words.first().map(Vec::as_slice).unwrap_or_default();
    if word.contains(&b'/') {
        let text = error.to_string();
        let reason = text.split(" (os error").next().unwrap_or(&text);
        let path = String::from_utf8_lossy(word);
        return format!("fork/exec {path}: {}", reason.to_lowercase());
    }
    let program = kit_cli::value::quote(word);
    match error.kind() {
        io::ErrorKind::NotFound => format!("exec: {program}: executable file not found in $PATH"),
        _ => format!("exec: {program}: {error}"),
    }
}

/// Returns how Go tells that a program did not end well.
pub(super) fn exit_text(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(number)) => match nix::sys::signal::Signal::try_from(number) {
            Ok(signal) => format!("signal: {}", signal_word(signal)),
            Err(_) => format!("signal: signal {number}"),
        },
        (None, None) => "exit status -1".to_owned(),
    }
}

/// Returns Go's word for the signals that usually end programs.
fn signal_word(signal: nix::sys::signal::Signal) -> String {
    use nix::sys::signal::Signal::{SIGABRT, SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGSEGV, SIGTERM};
    match signal {
        SIGABRT => "aborted".to_owned(),
        SIGHUP => "hangup".to_owned(),
        SIGINT => "interrupt".to_owned(),
        SIGKILL => "killed".to_owned(),
        SIGQUIT => "quit".to_owned(),
        SIGSEGV => "segmentation fault".to_owned(),
        SIGTERM => "terminated".to_owned(),
        other => other.as_str().to_lowercase(),
    }
}

/// The signals that ask a command to end.
#[derive(Debug)]
pub(super) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// From now on the signals no longer end the process by themselves.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    pub(super) async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
