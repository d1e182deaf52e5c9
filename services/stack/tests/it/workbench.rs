//! A place for one stack: its own folders and ports, a stand-in for the service, and the program itself.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use conformance_harness::ports;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use stack::{
    process::ProcessId,
    record::Record,
    status::{ServiceStatus, Status},
};

use crate::stand_in;

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Workbench {
    dir: tempfile::TempDir,
    bin_dir: PathBuf,
    /// Where the Pushgateway listens.
    pub(crate) address: String,
    /// What is started, and where it listens.
    pub(crate) services: Vec<String>,
}

impl Workbench {
    /// With a stand-in for the service.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin_dir = dir.path().join("bin");
        fs::create_dir(&bin_dir).unwrap();
        stand_in::install(&bin_dir, "pushgateway");
        let address = free_address();
        let bench = Self {
            dir,
            bin_dir,
            services: vec![
                "--only=pushgateway".to_owned(),
                format!("--service-address=pushgateway={address}"),
            ],
            address,
        };
        bench.set_mode("serve");
        bench
    }

    /// With all programs of a folder.
    pub(crate) fn with_programs(bin_dir: PathBuf) -> Self {
        let address = free_address();
        Self {
            dir: tempfile::tempdir().unwrap(),
            bin_dir,
            services: vec![
                format!("--service-address=pushgateway={address}"),
                format!("--service-address=etcd={}", free_pair()),
            ],
            address,
        }
    }

    pub(crate) fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Says what the service does at its next start.
    pub(crate) fn set_mode(&self, mode: &str) {
        fs::write(self.bin_dir().join("mode"), mode).unwrap();
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stack"));
        command
            .args(words)
            .arg(format!("--data-dir={}", self.data_dir().display()))
            .stdin(Stdio::null());
        command
    }

    /// A command line that starts everything on ports of our own.
    pub(crate) fn up(&self, words: &[&str]) -> Command {
        let mut command = self.command(&["up", "--listen=127.0.0.1:0"]);
        command
            .arg(format!("--bin-dir={}", self.bin_dir().display()))
            .args(&self.services)
            .args(words);
        command
    }

    #[track_caller]
    pub(crate) fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Starts in the foreground; its log goes to a file beside the data.
    pub(crate) fn spawn(&self, set: impl FnOnce(&mut Command) -> &mut Command) -> Running<'_> {
        let log = fs::File::create(self.dir.path().join("supervisor.log")).unwrap();
        let mut command = self.up(&[]);
        let command = set(command.stdout(Stdio::piped()).stderr(log));
        Running {
            bench: self,
            process: command.spawn().unwrap(),
        }
    }

    /// Starts in the foreground and waits for the greeting.
    pub(crate) fn start(&self) -> Running<'_> {
        let mut running = self.spawn(|command| command);
        let lines = BufReader::new(running.process.stdout.take().unwrap()).lines();
        let greeting: Vec<String> = lines
            .map_while(Result::ok)
            .take_while(|line| line != "Stop:")
            .collect();
        let log = || fs::read_to_string(self.dir.path().join("supervisor.log")).unwrap();
        assert_eq!(
            greeting.first().map(String::as_str),
            Some("All is ready."),
            "{}",
            log()
        );
        running
    }

    pub(crate) fn record(&self) -> Option<Record> {
        Record::read(&self.data_dir().join("stack.json")).unwrap()
    }

    pub(crate) fn status(&self) -> Status {
        let output = self.run(&["status", "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    }

    /// Waits until the only service is as wanted.
    #[track_caller]
    pub(crate) fn until(&self, wanted: impl Fn(&ServiceStatus) -> bool) -> ServiceStatus {
        eventually(|| Some(self.status().services.remove(0)).filter(&wanted))
    }
}

impl Drop for Workbench {
    fn drop(&mut self) {
        // A test that failed half way may have left something running.
        if self.data_dir().exists() {
            let _ = self.run(&["down"]);
        }
    }
}

/// A stack in the foreground; killed when dropped.
pub(crate) struct Running<'a> {
    pub(crate) bench: &'a Workbench,
    pub(crate) process: Child,
}

impl Running<'_> {
    pub(crate) fn service(&self) -> ProcessId {
        self.bench.record().unwrap().services[0].process
    }

    /// Ends it with a signal and returns its exit code.
    pub(crate) fn end(&mut self, how: Signal) -> Option<i32> {
        signal(self.process.id(), how);
        self.process.wait().unwrap().code()
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[track_caller]
pub(crate) fn signal(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.try_into().unwrap()), signal).unwrap();
}

/// Asks until there is an answer.
#[track_caller]
pub(crate) fn eventually<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// An address nobody listens on, that no other run hands out.
fn free_address() -> String {
    format!("127.0.0.1:{}", ports::free())
}

/// An address nobody listens on, nor on the port after it.
fn free_pair() -> String {
    let mut first = ports::free();
    loop {
        let second = ports::free();
        if second == first + 1 {
            return format!("127.0.0.1:{first}");
        }
        first = second;
    }
}

/// Whether nobody listens on the port of an address.
#[track_caller]
pub(crate) fn is_free(address: &str) -> bool {
    ports::is_free(address.parse::<SocketAddr>().unwrap().port())
}

/// What a command printed, and its exit code.
#[track_caller]
pub(crate) fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}
