//! `stack up --detach`: start the supervisor as a process of its own session, and wait for its word.
//!
//! Both halves are here. The one that returns starts the same program again and reads one [`Outcome`] from its standard
//! output; the one that stays sends it, and then has no terminal any more.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use anyhow::Context;
use nix::unistd;
use serde::{Deserialize, Serialize};
use tracing::error;

use crate::{
    condition::ending,
    config::UpConfig,
    data_dir::OWN_LOG,
    log_file::{self, LogLimit},
    terminal::print,
};

/// What the process that stays tells the one that returns.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// All is ready; the text is for the person who waits.
    Ready(String),
    /// Nothing runs, for this reason.
    Failed(String),
}

/// How often the size of the supervisor's own log is looked at. It writes a line or two when a service ends.
const OWN_LOG_EVERY: Duration = Duration::from_secs(30);

/// Starts the process that stays and returns when it is ready or gave up.
pub(crate) fn launch(config: &UpConfig) -> anyhow::Result<ExitCode> {
    let place = config.data_dir.path();
    config
        .data_dir
        .create()
        .with_context(|| format!("create {}", place.display()))?;
    let log_path = config.data_dir.log(OWN_LOG);
    let log = open_own_log(&log_path).with_context(|| format!("open {}", log_path.display()))?;
    let program = std::env::current_exe().context("find this program")?;
    let mut child = Command::new(&program)
        .args(config.detached_arguments())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .with_context(|| format!("run {}", program.display()))?;
    let mut told = Vec::new();
    child
        .stdout
        .take()
        .expect("the output is piped")
        .read_to_end(&mut told)
        .context("wait for the supervisor")?;
    match serde_json::from_slice(&told) {
        Ok(Outcome::Ready(text)) => {
            print(&text)?;
            Ok(ExitCode::SUCCESS)
        }
        Ok(Outcome::Failed(reason)) => {
            child.wait().context("wait for the supervisor")?;
            Err(anyhow::Error::msg(reason))
        }
        Err(_) => {
            let end = ending(child.wait().context("wait for the supervisor")?);
            anyhow::bail!(
                "the supervisor {end} without a word; its log is {}",
                log_path.display()
            )
        }
    }
}

/// Leaves the session of the terminal: its Ctrl-C and its end do not reach us any more.
pub(crate) fn leave_terminal() -> anyhow::Result<()> {
    unistd::setsid().context("start a session of its own")?;
    Ok(())
}

/// Tells the one who waits that all is ready, and lets it go.
///
/// # Errors
/// When it is gone: somebody pressed Ctrl-C and wants nothing started.
pub(crate) fn tell_ready(greeting: String) -> anyhow::Result<()> {
    tell(&Outcome::Ready(greeting)).context("nobody waits for the start any more")?;
    let nowhere = File::options()
        .write(true)
        .open("/dev/null")
        .context("open /dev/null")?;
    unistd::dup2_stdout(&nowhere).context("let go of standard output")
}

/// Tells the one who waits that nothing runs.
pub(crate) fn tell_failed(reason: &anyhow::Error) {
    // If it is gone, the log has the reason.
    let _ = tell(&Outcome::Failed(format!("{reason:#}")));
}

fn tell(outcome: &Outcome) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, outcome)?;
    out.flush()
}

/// Keeps our own log within the limit of every log, for as long as it is polled. Our standard error is that file.
pub(crate) async fn bound_own_log(path: &Path) -> std::convert::Infallible {
    let mut ticks = tokio::time::interval(OWN_LOG_EVERY);
    loop {
        ticks.tick().await;
        let turned =
            open_own_log(path).and_then(|file| unistd::dup2_stderr(&file).map_err(Into::into));
        if let Err(problem) = turned {
            error!(error = %problem, path = %path.display(), "own log not rotated");
        }
    }
}

/// Opens the log, setting a full one aside first.
fn open_own_log(path: &Path) -> io::Result<File> {
    let limit = LogLimit::DEFAULT;
    if fs::metadata(path).is_ok_and(|file| file.len() >= limit.bytes) {
        return log_file::rotate(path, limit.older);
    }
    File::options().create(true).append(true).open(path)
}
