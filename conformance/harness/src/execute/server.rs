//! The server of a case: started with its flags, ready when its port accepts.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::command::exit_code;
use crate::process::Process;
use crate::service::Service;

/// How long a server may take until it accepts connections.
const READY_WITHIN: Duration = Duration::from_secs(20);
/// Pause between two looks; the program under test offers nothing to wait on before it listens.
const LOOK_EVERY: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub(super) struct Server {
    pub(super) process: Process,
    port: u16,
}

impl Server {
    /// Starts `program` and waits until it accepts connections on `port`.
    pub(super) fn start(
        service: &Service,
        program: &Path,
        mut flags: Vec<String>,
        port: &str,
        folder: &Path,
    ) -> Result<Self, String> {
        let port: u16 = port.parse().map_err(|_| format!("port {port}"))?;
        let has_own = |flag: &String| {
            flag.starts_with(service.listen_flag)
                || service.own_listener_flags.contains(&flag.as_str())
        };
        if !service.listen_flag.is_empty() && !flags.iter().any(has_own) {
            flags.insert(0, format!("{}127.0.0.1:{port}", service.listen_flag));
        }
        let process = Process::start(program, &flags, folder, &[])
            .map_err(|error| format!("start {}: {error}", program.display()))?;
        let server = Self { process, port };
        server.wait_until_ready()?;
        Ok(server)
    }

    pub(super) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    pub(super) fn exit_code(&self, within: Duration) -> Result<i32, String> {
        let status = self
            .process
            .wait(within)
            .ok_or_else(|| format!("the server did not end within {within:?}"))?;
        Ok(exit_code(status))
    }

    fn wait_until_ready(&self) -> Result<(), String> {
        let deadline = Instant::now() + READY_WITHIN;
        while TcpStream::connect(self.address()).is_err() {
            let log = || String::from_utf8_lossy(&self.process.stderr()).into_owned();
            if self.process.ended().is_some() {
                return Err(format!(
                    "the server ended at once: {:?}\n{}",
                    self.process.wait(READY_WITHIN),
                    log()
                ));
            }
            if Instant::now() >= deadline {
                return Err(format!(
                    "the server accepts nothing on port {} after {READY_WITHIN:?}\n{}",
                    self.port,
                    log()
                ));
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }
}
