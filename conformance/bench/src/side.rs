//! A program under measurement: started on a free port, asked, weighed, ended.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use conformance_harness::ports;

use crate::client::{Connection, request};

/// Which program.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) is_upstream: bool,
    /// What to set in its environment.
    pub(crate) variables: &'static [(&'static str, &'static str)],
}

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to the first answer of its readiness path.
    pub(crate) ready_after: Duration,
}

/// Longest wait for a program to be ready.
const START_MAX: Duration = Duration::from_secs(60);

impl Program {
    /// Starts the program and waits until it is ready.
    pub(crate) fn start(&self, flags: &[String]) -> Result<Running, String> {
        let port = ports::free();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let begun = Instant::now();
        let child = Command::new(&self.path)
            .arg(format!("--web.listen-address={address}"))
            .args(flags)
            .envs(self.variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", self.path.display()))?;
        let mut running = Running {
            child,
            address,
            ready_after: Duration::ZERO,
        };
        while !running.is_ready() {
            if begun.elapsed() > START_MAX {
                return Err(format!(
                    "{} is not ready after {START_MAX:?}",
                    self.path.display()
                ));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        running.ready_after = begun.elapsed();
        Ok(running)
    }
}

impl Running {
    pub(crate) fn connect(&self) -> Result<Connection, String> {
        Connection::open(self.address).map_err(|error| format!("connect: {error}"))
    }

    fn is_ready(&self) -> bool {
        let ask =
            |mut connection: Connection| connection.send(&request("GET", "/-/ready", "", b""));
        TcpStream::connect(self.address).is_ok()
            && Connection::open(self.address)
                .and_then(ask)
                .is_ok_and(|(status, _)| status == 200)
    }

    /// Returns resident memory in bytes.
    pub(crate) fn resident_bytes(&self) -> Result<f64, String> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .map_err(|error| error.to_string())?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .ok_or("no VmRSS")?;
        let kibibytes: f64 = line
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .map_err(|_| "VmRSS is no number")?;
        Ok(kibibytes * 1024.0)
    }

    /// Returns the processor time that its threads have used, in seconds, to the nanosecond.
    pub(crate) fn processor_seconds(&self) -> Result<f64, String> {
        let threads = format!("/proc/{}/task", self.child.id());
        let mut nanoseconds = 0.0;
        for thread in std::fs::read_dir(threads).map_err(|error| error.to_string())? {
            let path = thread.map_err(|error| error.to_string())?.path();
            let text = match std::fs::read_to_string(path.join("schedstat")) {
                // It has ended since; such threads are few and did little.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                read => read.map_err(|error| format!("{}: {error}", path.display()))?,
            };
            let used = text
                .split(' ')
                .next()
                .and_then(|word| word.parse::<f64>().ok());
            nanoseconds += used.ok_or("no number in schedstat")?;
        }
        Ok(nanoseconds / 1e9)
    }

    /// Ends the program as an operator does, and waits for it.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        let killed = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        killed
            .and_then(|_| self.child.wait())
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
