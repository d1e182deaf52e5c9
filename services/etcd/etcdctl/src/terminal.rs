//! Passwords from the terminal.
//!
//! Source: github.com/bgentry/speakeasy, which upstream asks with.

use std::io::{self, Read, Write};

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};

use crate::context;

/// Prints the prompt and reads a line that the terminal does not show. What is no terminal is read all the same.
pub(crate) fn ask_password(prompt: &str) -> io::Result<String> {
    let written = context::print(prompt.as_bytes());
    let hidden = Hidden::new();
    let line = read_line();
    drop(hidden);
    let ended = context::print(b"\n");
    if written.is_err() || ended.is_err() {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    Ok(line?.trim().to_owned())
}

/// Reads the first word of a line from stdin, as Go's `Scanf("%s")`; nothing when there is none.
pub(crate) fn scan_word() -> String {
    let line = read_line().unwrap_or_default();
    line.split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Reads a line byte by byte, so that what follows it stays in stdin.
fn read_line() -> io::Result<String> {
    let mut line = Vec::new();
    let mut stdin = io::stdin().lock();
    let mut byte = [0];
    while line.len() < LINE_BYTES_MAX && stdin.read(&mut byte)? == 1 && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&line);
    Ok(text.trim_end_matches('\r').to_owned())
}

/// The terminal of stdin without echo, until dropped.
struct Hidden(Option<Termios>);

impl Hidden {
    fn new() -> Self {
        let before = tcgetattr(io::stdin()).ok();
        if let Some(before) = &before {
            let mut silent = before.clone();
            silent.local_flags.remove(LocalFlags::ECHO);
            // A terminal that refuses shows the password, as upstream's does.
            let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &silent);
        }
        Self(before)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, before);
        }
        drop(io::stdout().flush());
    }
}

/// A longer password is cut.
const LINE_BYTES_MAX: usize = 64 * 1024;
