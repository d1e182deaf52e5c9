//! A member of etcd as a process with a folder, that may be ended in any way and started again.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use conformance_harness::{ports, process::Process};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;

use crate::{grpc::Client, http};

const READY_WITHIN: Duration = Duration::from_secs(60);

/// A program, its data, and the process when it runs.
#[derive(Debug)]
pub struct Member {
    program: PathBuf,
    /// What runs the program, if it is not run by itself.
    under: Vec<String>,
    data: PathBuf,
    _folder: Option<TempDir>,
    more: Vec<String>,
    process: Option<Process>,
    /// Where clients come.
    pub port: u16,
    peer_port: u16,
}

impl Member {
    /// Starts a new member; what it advertises is the same for all, so that they have the same ids.
    ///
    /// # Errors
    /// Why it does not get ready.
    pub async fn start(program: &Path, more: &[&str]) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("a folder: {error}"))?;
        let mut member = Self::new(program, folder.path().join("data"), more);
        member._folder = Some(folder);
        member.run().await?;
        Ok(member)
    }

    /// Starts one whose data is where it is told.
    ///
    /// # Errors
    /// Why it does not get ready.
    pub async fn start_in(program: &Path, data: PathBuf, more: &[&str]) -> Result<Self, String> {
        let mut member = Self::new(program, data, more);
        member.run().await?;
        Ok(member)
    }

    /// Starts one under another program, which is given its words.
    ///
    /// # Errors
    /// Why it does not get ready.
    pub async fn start_under(
        program: &Path,
        data: PathBuf,
        under: &[&str],
    ) -> Result<Self, String> {
        let mut member = Self::new(program, data, &[]);
        member.under = under.iter().map(|&word| word.to_owned()).collect();
        member.run().await?;
        Ok(member)
    }

    /// Lets it be run by itself from now on.
    pub fn unwrap_command(&mut self) {
        self.under.clear();
    }

    fn new(program: &Path, data: PathBuf, more: &[&str]) -> Self {
        Self {
            program: program.to_owned(),
            under: Vec::new(),
            data,
            _folder: None,
            more: more.iter().map(|&word| word.to_owned()).collect(),
            process: None,
            port: ports::free(),
            peer_port: ports::free(),
        }
    }

    /// Starts it again over the same data.
    ///
    /// # Errors
    /// Why it does not get ready, with the end of its log.
    pub async fn run(&mut self) -> Result<(), String> {
        let mut words = vec![
            format!("--data-dir={}", self.data.display()),
            format!("--listen-client-urls=http://127.0.0.1:{}", self.port),
            format!("--listen-peer-urls=http://127.0.0.1:{}", self.peer_port),
            "--advertise-client-urls=http://127.0.0.1:2379".to_owned(),
            "--initial-advertise-peer-urls=http://127.0.0.1:2380".to_owned(),
            "--initial-cluster=default=http://127.0.0.1:2380".to_owned(),
            "--log-level=warn".to_owned(),
        ];
        words.extend(self.more.iter().cloned());
        let mut program = self.program.clone();
        if let Some((first, rest)) = self.under.split_first() {
            words.insert(0, program.display().to_string());
            words.splice(0..0, rest.iter().cloned());
            program = first.into();
        }
        let process = Process::start(&program, &words, Path::new("/"), &[])
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let process = self.process.insert(process);
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            let health = http::get(self.port, "/health").await.unwrap_or_default();
            // An alarm that outlives the process is no reason not to be asked.
            if health.contains(r#""health":"true""#) || health.contains("ALARM") {
                return Ok(());
            }
            let ended = process.ended();
            if ended.is_some() || Instant::now() > deadline {
                let log = String::from_utf8_lossy(&process.stderr()).into_owned();
                return Err(format!("not ready, {ended:?}, {health:?}: {log}"));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends it at once, as a crash of the program would, and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            if !self.under.is_empty() {
                kill_children(process.id());
            }
            // Gone already is as good.
            let _ = process.signal("KILL");
            let _ = process.wait(Duration::from_secs(20));
        }
    }

    /// Returns its folder of data.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Waits for it to end by itself.
    #[must_use]
    pub fn ends_within(&self, within: Duration) -> bool {
        let process = self.process.as_ref();
        process.is_none_or(|process| process.wait(within).is_some())
    }

    /// Returns what it has logged, warnings and worse, since it was started last.
    #[must_use]
    pub fn log(&self) -> String {
        let stderr = self.process.as_ref().map(Process::stderr);
        String::from_utf8_lossy(&stderr.unwrap_or_default()).into_owned()
    }

    /// Returns its process id while it runs.
    #[must_use]
    pub fn id(&self) -> Option<i32> {
        self.process.as_ref().map(Process::id)
    }

    /// Connects to it.
    ///
    /// # Errors
    /// Why there is no connection.
    pub async fn client(&self) -> Result<Client, String> {
        Client::connect(self.port).await
    }
}

/// Ends what a process has started; by itself it would only be let go of.
fn kill_children(parent: i32) {
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    for child in children.unwrap_or_default().split_whitespace() {
        if let Ok(child) = child.parse() {
            // It may have ended just now.
            let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
        }
    }
}
