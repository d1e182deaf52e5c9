//! A member under measurement: alone, with defaults, in a folder of its own on the disk that `TMPDIR` names.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use conformance_harness::ports;

use crate::{
    client::{Connection, request},
    process::Process,
};

/// Longest wait for a member to be healthy.
const START_MAX: Duration = Duration::from_secs(120);

/// A folder that goes with its value.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Result<Self, String> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("casemate-bench-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// Returns how many bytes the files of the store take on disk.
    pub(super) fn store_bytes(&self) -> Result<u64, String> {
        use std::os::unix::fs::MetadataExt as _;
        let folder = self.0.join("data/member/snap");
        let entries = fs::read_dir(&folder).map_err(|error| error.to_string())?;
        // One that is gone again was a passing one.
        let sizes = entries.filter_map(|entry| entry.ok()?.metadata().ok());
        Ok(sizes.map(|file| file.blocks() * 512).sum())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left of it lies with the other temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running member.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) process: Process,
    /// Where clients reach it.
    pub(super) endpoint: String,
    /// From the start of the process until it says that it is healthy.
    pub(super) healthy_after: Duration,
}

impl Member {
    /// Starts a program in a folder, and waits until it is healthy.
    pub(super) fn start(program: &Path, folder: &Folder, secure: bool) -> Result<Self, String> {
        let [client, peer, pages] = [(); 3].map(|()| ports::free());
        let scheme = if secure { "https" } else { "http" };
        let endpoint = format!("{scheme}://127.0.0.1:{client}");
        let peer = format!("http://127.0.0.1:{peer}");
        let mut command = Command::new(program);
        command
            .args(["--name", "bench", "--data-dir"])
            .arg(folder.0.join("data"))
            .args(["--listen-client-urls", &endpoint])
            .args(["--advertise-client-urls", &endpoint])
            .args(["--listen-peer-urls", &peer])
            .args(["--initial-advertise-peer-urls", &peer])
            .args(["--initial-cluster", &format!("bench={peer}")])
            .args([
                "--listen-metrics-urls",
                &format!("http://127.0.0.1:{pages}"),
            ])
            .args(secure.then_some("--auto-tls"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let begun = Instant::now();
        let mut process = Process::start(&mut command)?;
        let pages = SocketAddr::from((Ipv4Addr::LOCALHOST, pages));
        while !is_healthy(pages) {
            if let Some(status) = process.ended() {
                return Err(format!("{} ended: {status}", program.display()));
            }
            if begun.elapsed() > START_MAX {
                let program = program.display();
                return Err(format!("{program} is not healthy after {START_MAX:?}"));
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(Self {
            process,
            endpoint,
            healthy_after: begun.elapsed(),
        })
    }
}

fn is_healthy(pages: SocketAddr) -> bool {
    let ask = |mut connection: Connection| connection.send(&request("GET", "/health", "", b""));
    Connection::open(pages)
        .and_then(ask)
        .is_ok_and(|(status, _)| status == 200)
}
