//! A real program, started and stopped: its output is captured, its end is watched, and it is ended by its own pid only.

use std::io::Read;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

/// Most output kept of one process; what comes after is read and dropped. A runaway program must not fill the judge.
const OUTPUT_BYTES_MAX: usize = 64 << 20;

/// A running or ended process. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    pid: Pid,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    open_streams: usize,
    status: Option<ExitStatus>,
}

/// Which output of a process.
#[derive(Clone, Copy, Debug)]
enum Output {
    Stdout,
    Stderr,
}

impl Process {
    /// Starts `program` in `folder` with nothing on its standard input.
    ///
    /// # Errors
    /// When the program cannot be executed.
    pub fn start(
        program: &Path,
        arguments: &[String],
        folder: &Path,
        environment: &[(String, String)],
    ) -> std::io::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let shared = Arc::new(Shared::default());
        shared.lock().open_streams = 2;
        if let Some(stream) = child.stdout.take() {
            capture(stream, Output::Stdout, Arc::clone(&shared));
        }
        if let Some(stream) = child.stderr.take() {
            capture(stream, Output::Stderr, Arc::clone(&shared));
        }
        let pid = Pid::from_raw(child.id().cast_signed());
        let watched = Arc::clone(&shared);
        std::thread::spawn(move || {
            let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
            while waitid(Id::Pid(pid), ended) == Err(Errno::EINTR) {}
            // Reaped under the lock: until `status` says so, the pid is this process and no other.
            let mut state = watched.lock();
            state.status = child.wait().ok();
            drop(state);
            watched.changed.notify_all();
        });
        Ok(Self { pid, shared })
    }

    /// Returns the process id.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.pid.as_raw()
    }

    /// Sends a signal by its name without `SIG`; a process that has ended is left alone.
    ///
    /// # Errors
    /// When the name is no signal or the kernel refuses.
    pub fn signal(&self, name: &str) -> Result<(), String> {
        let signal: Signal = format!("SIG{name}")
            .parse()
            .map_err(|_| format!("no signal is called {name}"))?;
        let state = self.shared.lock();
        // The lock is held: the watcher cannot reap, so the pid cannot have gone to another process.
        if state.status.is_some() {
            return Ok(());
        }
        kill(self.pid, signal).map_err(|error| format!("signal {name} to {}: {error}", self.pid))
    }

    /// Waits until the process has ended and all its output is read; `None` when `within` passes first.
    #[must_use]
    pub fn wait(&self, within: Duration) -> Option<ExitStatus> {
        self.until(within, |state| {
            state.status.filter(|_| state.open_streams == 0)
        })
    }

    /// Returns the exit status if the process has ended.
    #[must_use]
    pub fn ended(&self) -> Option<ExitStatus> {
        self.shared.lock().status
    }

    /// Returns what it wrote to standard output so far.
    #[must_use]
    pub fn stdout(&self) -> Vec<u8> {
        self.shared.lock().stdout.clone()
    }

    /// Returns what it wrote to standard error so far.
    #[must_use]
    pub fn stderr(&self) -> Vec<u8> {
        self.shared.lock().stderr.clone()
    }

    /// Looks at standard error each time more of it arrives, until `accept` returns something or `within` has passed.
    pub fn stderr_until<T>(
        &self,
        within: Duration,
        mut accept: impl FnMut(&[u8]) -> Option<T>,
    ) -> Option<T> {
        self.until(within, |state| accept(&state.stderr))
    }

    fn until<T>(&self, within: Duration, mut accept: impl FnMut(&State) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + within;
        let mut state = self.shared.lock();
        loop {
            if let Some(found) = accept(&state) {
                return Some(found);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            state = self
                .shared
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already; nobody is left to tell.
        let _ = self.signal("KILL");
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn capture(mut stream: impl Read + Send + 'static, output: Output, shared: Arc<Shared>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        loop {
            let count = stream.read(&mut buffer).unwrap_or(0);
            let mut state = shared.lock();
            if count == 0 {
                state.open_streams -= 1;
                shared.changed.notify_all();
                return;
            }
            let kept = match output {
                Output::Stdout => &mut state.stdout,
                Output::Stderr => &mut state.stderr,
            };
            let room = OUTPUT_BYTES_MAX.saturating_sub(kept.len());
            kept.extend_from_slice(&buffer[..count.min(room)]);
            shared.changed.notify_all();
        }
    });
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::Process;

    fn shell(script: &str) -> Process {
        Process::start(
            Path::new("/bin/sh"),
            &["-c".to_owned(), script.to_owned()],
            Path::new("/"),
            &[],
        )
        .unwrap()
    }

    #[test]
    fn output_and_exit_code_are_captured() {
        let process = shell("echo out; echo err >&2; exit 7");
        let status = process.wait(Duration::from_secs(20)).unwrap();
        assert_eq!(status.code(), Some(7));
        assert_eq!(process.stdout(), b"out\n");
        assert_eq!(process.stderr(), b"err\n");
    }

    #[test]
    fn a_signal_reaches_the_process() {
        let process = shell(
            "trap 'echo got it >&2; exit 0' TERM; echo ready >&2; while :; do sleep 0.05; done",
        );
        process
            .stderr_until(Duration::from_secs(20), |text| {
                text.starts_with(b"ready").then_some(())
            })
            .unwrap();
        process.signal("TERM").unwrap();
        assert_eq!(
            process.wait(Duration::from_secs(20)).unwrap().code(),
            Some(0)
        );
        assert!(process.stderr().ends_with(b"got it\n"));
        process.signal("TERM").unwrap();
    }

    #[test]
    fn waiting_ends_at_its_deadline() {
        let process = shell("exec sleep 60");
        assert!(process.wait(Duration::from_millis(20)).is_none());
        assert!(process.ended().is_none());
    }
}
