//! `stack logs`: the end of a log file, and what comes after.

use std::{io, path::Path, process::ExitCode};

use anyhow::Context;

use crate::{
    log_tail::{Follower, last_lines},
    terminal::{print, quiet_about_closed_pipe},
};

/// Prints the last lines as they were written; they may hold anything the service wrote.
pub(crate) fn logs(path: &Path, count: usize, is_following: bool) -> anyhow::Result<ExitCode> {
    let read = || format!("read {}", path.display());
    // Opened first, so that no line falls between the two readings; one that comes between is shown twice.
    let follower = is_following
        .then(|| Follower::at_end(path))
        .transpose()
        .with_context(read)?;
    let lines = last_lines(path, count, u64::MAX).with_context(read)?;
    if lines.is_empty() && follower.is_none() && count > 0 {
        anyhow::ensure!(path.exists(), "there is no log at {} yet", path.display());
    }
    let mut text = lines.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    print(&text)?;
    if let Some(follower) = follower {
        quiet_about_closed_pipe(follower.follow(&mut io::stdout().lock())).with_context(read)?;
    }
    Ok(ExitCode::SUCCESS)
}
