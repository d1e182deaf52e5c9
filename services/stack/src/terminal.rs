//! Printing for people. A reader that closed the pipe early is no error.

use std::io::{self, Write};

/// Prints to standard output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    quiet_about_closed_pipe(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Takes a closed pipe for a normal end.
pub(crate) fn quiet_about_closed_pipe(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
