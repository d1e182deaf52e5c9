//! The program under test: started on a free port, its log read, ended in every way there is.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::client::{Answer, Client, Request};

/// The path of the program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_pushgateway");

/// How long anything may take before a test calls it stuck. Only a failing test waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running Pushgateway; it is killed with the value.
pub(crate) struct Gateway {
    process: Child,
    pub(crate) log: Log,
    pub(crate) address: SocketAddr,
}

impl Gateway {
    /// Starts the program on a free port of the loopback and waits until it listens.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("--web.listen-address=127.0.0.1:0").args(flags);
        Self::start_as(command)
    }

    /// Starts the program with its snapshot in this file. The flags follow.
    pub(crate) fn with_snapshot(file: &Path, flags: &[&str]) -> Self {
        let file = format!("--persistence.file={}", file.display());
        Self::start(&[&[&*file], flags].concat())
    }

    /// Starts a command that becomes the program, and waits until it listens.
    pub(crate) fn start_as(mut command: Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = Log::follow(process.stderr.take().unwrap());
        let line = log.wait_for("msg=\"Listening on\"");
        let address = line.split("address=").nth(1).unwrap().trim();
        Self {
            process,
            log,
            address: address.parse().unwrap(),
        }
    }

    /// Opens a connection.
    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// Sends one request over a connection of its own.
    pub(crate) fn send(&self, request: &Request) -> Answer {
        self.connect().send(request)
    }

    /// Pushes text to a group (the path after `/metrics/`), replacing it.
    pub(crate) fn put(&self, group: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send(&Request::new("PUT", &format!("/metrics/{group}")).body(body))
    }

    /// Returns the body of `GET`; the status must be 200.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> String {
        self.send(&Request::new("GET", path)).text(200)
    }

    /// Returns the scrape without the program's own metrics: what must survive a restart.
    #[track_caller]
    pub(crate) fn pushed(&self) -> String {
        without_own(&self.get("/metrics"))
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.process.id().try_into().unwrap())
    }

    /// Returns the most memory the program ever had resident, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
        kilobytes.parse::<u64>().unwrap() * 1024
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Asks the program to end and waits for it; returns how it ended and all that it logged.
    pub(crate) fn stop(mut self) -> (ExitStatus, Vec<String>) {
        self.signal(Signal::SIGTERM);
        self.ended()
    }

    /// Waits until the program has ended; returns how, and all that it logged.
    pub(crate) fn ended(&mut self) -> (ExitStatus, Vec<String>) {
        let status = wait(&mut self.process);
        (status, self.log.read_to_end())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Either fails only when it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits for a process, within [`PATIENCE`].
fn wait(process: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return status;
        }
        assert!(begun.elapsed() < PATIENCE, "the program does not end");
        thread::park_timeout(Duration::from_millis(5));
    }
}

/// What the program logs, line by line, as it comes.
pub(crate) struct Log {
    shared: Arc<(Mutex<Lines>, Condvar)>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Lines {
    all: Vec<String>,
    ended: bool,
}

impl Log {
    fn follow(stderr: ChildStderr) -> Self {
        let shared = Arc::new((Mutex::new(Lines::default()), Condvar::new()));
        let writer = Arc::clone(&shared);
        let reader = thread::spawn(move || {
            let (lines, arrived) = &*writer;
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.lock().unwrap().all.push(line);
                arrived.notify_all();
            }
            lines.lock().unwrap().ended = true;
            arrived.notify_all();
        });
        Self {
            shared,
            reader: Some(reader),
        }
    }

    /// Waits for the first line that holds `text`, and returns it.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait_for_nth(text, 1)
    }

    /// Waits until `count` lines hold `text`, and returns the last of them.
    #[track_caller]
    pub(crate) fn wait_for_nth(&self, text: &str, count: usize) -> String {
        let (lines, arrived) = &*self.shared;
        let mut lines = lines.lock().unwrap();
        let begun = Instant::now();
        loop {
            let mut found = lines.all.iter().filter(|line| line.contains(text));
            if let Some(line) = found.nth(count - 1) {
                return line.clone();
            }
            let stuck = lines.ended || begun.elapsed() > PATIENCE;
            assert!(!stuck, "no {text:?} in the log:\n{}", lines.all.join("\n"));
            lines = arrived.wait_timeout(lines, PATIENCE).unwrap().0;
        }
    }

    /// Returns what has been logged so far.
    pub(crate) fn so_far(&self) -> Vec<String> {
        self.shared.0.lock().unwrap().all.clone()
    }

    fn read_to_end(&mut self) -> Vec<String> {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.so_far()
    }
}

/// How the names of the program's own metrics begin.
pub(crate) const OWN: [&str; 3] = ["go_", "process_", "pushgateway_"];

/// Returns an exposition without the blocks of the program's own metrics.
pub(crate) fn without_own(text: &str) -> String {
    let is_own = |line: &str| {
        let name = line
            .trim_start_matches("# HELP ")
            .trim_start_matches("# TYPE ");
        OWN.iter().any(|prefix| name.starts_with(prefix))
    };
    let mut kept = String::new();
    for line in text.lines().filter(|line| !is_own(line)) {
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// Returns the lines of a log that tell of errors.
pub(crate) fn errors(log: &[String]) -> Vec<&String> {
    log.iter()
        .filter(|line| line.contains("level=error"))
        .collect()
}
