//! The program under test: started on free ports of the loopback, its log read, ended in every way there is.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use etcd_api::etcdserverpb::{PutRequest, RangeRequest};
use etcd_client::{Call, Client, Config, Credentials, TlsFiles};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// The path of the program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_etcd");

/// How long anything may take before a test calls it stuck. Only a failing test waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A running member; it is killed with the value.
pub(crate) struct Member {
    process: Child,
    lines: Receiver<String>,
    /// All lines so far.
    pub(crate) log: Vec<String>,
    /// `host:port` for clients, or the path of a socket.
    pub(crate) address: String,
    /// `host:port` for peers.
    pub(crate) peer: String,
}

/// Returns the program with its data in a folder, on free ports.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg(format!("--data-dir={}", folder.join("data").display()));
    command.args([
        "--listen-client-urls=http://127.0.0.1:0",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:0",
    ]);
    command
}

impl Member {
    /// Starts the program with its data in a folder, and waits until it serves. Later flags count more.
    pub(crate) fn start(folder: &Path, flags: &[&str]) -> Self {
        let mut command = command(folder);
        command.args(flags);
        Self::start_as(command)
    }

    /// Starts a command that becomes the program, and waits until it serves.
    pub(crate) fn start_as(mut command: Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let stderr = process.stderr.take().unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines() {
                // The test may be over.
                let _ = line.map(|line| sender.send(line));
            }
        });
        let mut member = Self {
            process,
            lines,
            log: Vec::new(),
            address: String::new(),
            peer: String::new(),
        };
        member.peer = field(&member.wait_for("serving peer traffic"), "address");
        member.address = field(&member.wait_for("serving client traffic"), "address");
        member.wait_for("successfully notified init daemon");
        member
    }

    /// Waits for a line with these words, and returns it.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, words: &str) -> String {
        let begun = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("no line has {words:?} in\n{}", self.log.join("\n"));
            };
            self.log.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Returns a client in the clear.
    pub(crate) async fn client(&self) -> Client {
        connect(&format!("http://{}", self.address), Credentials::None, None)
            .await
            .unwrap()
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.process.id().try_into().unwrap())
    }

    /// Ends the program as a crash would, and waits for it.
    pub(crate) fn crash(mut self) {
        self.process.kill().unwrap();
        self.ended();
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Asks the program to end and waits for it; returns how it ended.
    pub(crate) fn stop(&mut self, signal: Signal) -> ExitStatus {
        self.signal(signal);
        self.ended()
    }

    /// Waits until the program has ended, and reads the rest of its log.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let status = wait(&mut self.process);
        self.log.extend(self.lines.iter());
        status
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // Either fails only when it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a command that is to end by itself; returns its exit code and its log.
#[track_caller]
pub(crate) fn refused(mut command: Command) -> (Option<i32>, String) {
    let mut process = command
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let status = wait(&mut process);
    let output = process.wait_with_output().unwrap();
    (status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Waits for a process, within [`PATIENCE`].
#[track_caller]
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

/// Returns a field of a line of the log.
pub(crate) fn field(line: &str, name: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    line[name].as_str().unwrap().to_owned()
}

/// Connects to an endpoint.
pub(crate) async fn connect(
    endpoint: &str,
    credentials: Credentials,
    tls: Option<&TlsFiles>,
) -> Result<Client, String> {
    let tls = tls.map(|files| {
        files
            .load(endpoint, &|_| None)
            .map_err(|error| error.to_string())
    });
    let config = Config {
        endpoints: vec![endpoint.to_owned()],
        tls: tls.transpose()?.flatten(),
        credentials,
        dial_timeout: Duration::from_secs(5),
        keepalive_time: Duration::ZERO,
        keepalive_timeout: Duration::from_secs(5),
        request_bytes_max: Config::REQUEST_BYTES_MAX,
        response_bytes_max: Config::RESPONSE_BYTES_MAX,
        logger: "test",
    };
    Client::connect(config)
        .await
        .map_err(|error| error.to_string())
}

/// Writes a key; what the server says when it does not.
pub(crate) async fn put(client: &Client, key: &str, value: &str) -> Result<i64, String> {
    let request = PutRequest {
        key: key.to_owned().into(),
        value: value.to_owned().into(),
        ..PutRequest::default()
    };
    let response = client
        .put(Call::within(Duration::from_secs(20)), request)
        .await;
    let response = response.map_err(|error| error.to_string())?;
    Ok(response.header.unwrap_or_default().revision)
}

/// Reads a key; none when it is not there.
pub(crate) async fn get(client: &Client, key: &str) -> Result<Option<String>, String> {
    let request = RangeRequest {
        key: key.to_owned().into(),
        ..RangeRequest::default()
    };
    let response = client
        .range(Call::within(Duration::from_secs(20)), request)
        .await;
    let response = response.map_err(|error| error.to_string())?;
    let value = response
        .kvs
        .first()
        .map(|kv| String::from_utf8(kv.value.to_vec()).unwrap());
    Ok(value)
}

/// Writes a file and returns its path.
pub(crate) fn file(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}
