//! A program under measurement: started on a free port, asked, weighed, ended.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpStream},
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use conformance_harness::ports;

use crate::{
    client::{Connection, request},
    process::Process,
};

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
    process: Process,
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
        let mut command = Command::new(&self.path);
        command
            .arg(format!("--web.listen-address={address}"))
            .args(flags)
            .envs(self.variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut running = Running {
            process: Process::start(&mut command)?,
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
        self.process.resident_bytes()
    }

    /// Returns the processor time that its threads have used, in seconds, to the nanosecond.
    pub(crate) fn processor_seconds(&self) -> Result<f64, String> {
        self.process.processor_seconds()
    }

    /// Ends the program as an operator does, and waits for it.
    pub(crate) fn stop(self) -> Result<(), String> {
        self.process.stop()
    }
}
