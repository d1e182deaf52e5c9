//! One process of a service: started with an environment of its own, its words pumped into the log file, ended gently
//! and then not so gently.

use std::{
    fs,
    io::{self, PipeReader, Read},
    path::Path,
    process::Stdio,
    thread,
    time::Duration,
};

use nix::sys::signal::Signal;
use tokio::{
    process::{self, Command},
    sync::oneshot,
    time,
};
use tracing::warn;

use crate::{
    condition::ending,
    log_file::{LogFile, LogLimit},
    plan::Plan,
    process::ProcessId,
};

/// How long the last words of an ended process may take to reach the log file.
const LAST_WORDS_PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct Child {
    inner: process::Child,
    process: ProcessId,
    /// Closed when everything the process wrote is in the log file.
    words_written: oneshot::Receiver<Infallible>,
}

type Infallible = std::convert::Infallible;

impl Child {
    pub(super) fn start(plan: &Plan) -> io::Result<Self> {
        fs::create_dir_all(&plan.folder).map_err(|error| doing("create", &plan.folder, &error))?;
        forget_old_report(&plan.crypto_report)?;
        let log = LogFile::open(&plan.log, LogLimit::DEFAULT)
            .map_err(|error| doing("open", &plan.log, &error))?;
        let (reader, writer) = io::pipe()?;
        let inner = Command::new(&plan.program)
            .args(plan.arguments())
            .env_clear()
            .envs(plan.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&plan.folder)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            // A group of its own: Ctrl-C in the terminal reaches the supervisor alone, which then keeps the order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| doing("run", &plan.program, &error))?;
        let pid = inner
            .id()
            .expect("a child that was not waited for has its pid");
        let process = ProcessId::of(pid)
            .ok_or_else(|| io::Error::other("/proc does not show the new process"))?;
        let (done, words_written) = oneshot::channel();
        let name = plan.service.name;
        thread::Builder::new()
            .name(format!("log-{name}"))
            .spawn(move || pump(name, reader, log, done))?;
        Ok(Self {
            inner,
            process,
            words_written,
        })
    }

    pub(super) fn process(&self) -> ProcessId {
        self.process
    }

    /// Waits for its end and says how it was.
    pub(super) async fn wait(&mut self) -> String {
        match self.inner.wait().await {
            Ok(status) => ending(status),
            Err(error) => format!("cannot be waited for: {error}"),
        }
    }

    /// Asks it to end, makes it end after `patience`, and says how that was.
    pub(super) async fn stop(&mut self, patience: Duration) -> String {
        if let Err(error) = self.process.signal(Signal::SIGTERM) {
            warn!(pid = self.process.pid, %error, "service cannot be asked to end");
        }
        if let Ok(end) = time::timeout(patience, self.wait()).await {
            return end;
        }
        self.process.kill_group();
        format!(
            "{} after {} s of ignoring SIGTERM",
            self.wait().await,
            patience.as_secs_f32()
        )
    }

    /// Ends what the process may have started itself, and waits for the last words in the log.
    pub(super) async fn clean_up(self) {
        self.process.kill_group();
        let _ = time::timeout(LAST_WORDS_PATIENCE, self.words_written).await;
    }
}

/// A report left by an earlier run must not be shown for this one.
fn forget_old_report(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(doing("remove", path, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Copies what the process writes into its log until the last writer is gone. Dropping `_done` tells that it is over.
///
/// A disk that is full loses lines, it does not stop the service: the pipe is emptied whatever happens.
fn pump(name: &str, mut words: PipeReader, mut log: LogFile, _done: oneshot::Sender<Infallible>) {
    let mut chunk = [0; 8 << 10];
    let mut is_losing = false;
    loop {
        let length = match words.read(&mut chunk) {
            Ok(0) => return,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return warn!(name, %error, "service output cannot be read"),
        };
        match log.write(&chunk[..length]) {
            Ok(()) => is_losing = false,
            Err(error) if !is_losing => {
                is_losing = true;
                warn!(name, %error, "service log not written");
            }
            Err(_) => {}
        }
    }
}

/// Puts what was being done in front of why it did not work.
fn doing(what: &str, path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what} {}: {error}", path.display()))
}
