//! The other side of a cell: OpenSSL's and curl's programs, a program in Go, a script in Python.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use super::{
    Result,
    credentials::Credentials,
    table::{Cell, Peer},
};

/// One implementation, ready for its cells.
pub(crate) enum Peers {
    OpenSsl,
    Curl,
    /// Go and Python: one process for all cells.
    Script(Script),
}

/// A server of the peer.
pub(crate) enum Offered {
    Process(Child, u16),
    Port(u16),
}

impl Offered {
    pub(crate) fn port(&self) -> u16 {
        match self {
            Self::Process(_, port) | Self::Port(port) => *port,
        }
    }
}

impl Drop for Offered {
    fn drop(&mut self) {
        if let Self::Process(child, _) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Peers {
    pub(crate) fn new(peer: Peer) -> Self {
        match peer {
            Peer::OpenSsl => Self::OpenSsl,
            Peer::Curl => Self::Curl,
            Peer::Go => Self::Script(Script::new(&mut Command::new(go_program()))),
            Peer::Python => Self::Script(Script::new(
                Command::new("python3")
                    .arg("-c")
                    .arg(include_str!("peer.py")),
            )),
        }
    }

    /// Sends the peer's client to a server of ours.
    pub(crate) fn visit(&mut self, cell: &Cell, credentials: &Credentials, port: u16) -> Result {
        let identity = cell.mutual.then(|| credentials.client(cell.key));
        let authority = credentials.authority();
        match self {
            Self::OpenSsl => {
                let mut command = Command::new("openssl");
                command.args([
                    "s_client",
                    "-quiet",
                    "-no_ign_eof",
                    "-servername",
                    "server.test",
                ]);
                command.args(["-verify_return_error", "-verify_hostname", "server.test"]);
                command.arg(format!("-tls{}", cell.version.replace('.', "_")));
                command.arg("-connect").arg(format!("127.0.0.1:{port}"));
                command.arg("-CAfile").arg(authority).arg("-ign_eof");
                if let Some(files) = identity {
                    command
                        .arg("-cert")
                        .arg(files.certificate)
                        .arg("-key")
                        .arg(files.key);
                }
                output(&mut command, b"GET / HTTP/1.0\r\n\r\n")
            }
            Self::Curl => {
                let mut command = Command::new("curl");
                command.args(["-sS", "--http1.0", "--max-time", "10", "--noproxy", "*"]);
                command.args([
                    &format!("--tlsv{}", cell.version),
                    "--tls-max",
                    cell.version,
                ]);
                command
                    .arg("--resolve")
                    .arg(format!("server.test:{port}:127.0.0.1"));
                command.arg("--cacert").arg(authority);
                if let Some(files) = identity {
                    command
                        .arg("--cert")
                        .arg(files.certificate)
                        .arg("--key")
                        .arg(files.key);
                }
                output(command.arg(format!("https://server.test:{port}/")), b"")
            }
            Self::Script(script) => {
                let identity = identity.map(|files| files.words()).unwrap_or_default();
                let ca = authority.display();
                script.ask(&format!("client {port} {} {ca} {identity}", cell.version))
            }
        }
    }

    /// Starts a server of the peer that takes one connection.
    pub(crate) fn offer(
        &mut self,
        cell: &Cell,
        credentials: &Credentials,
    ) -> std::result::Result<Offered, String> {
        let (files, authority) = (credentials.server(cell.key), credentials.authority());
        match self {
            Self::OpenSsl => {
                let mut command = Command::new("openssl");
                command.args([
                    "s_server",
                    "-www",
                    "-naccept",
                    "1",
                    "-accept",
                    "127.0.0.1:0",
                ]);
                command.arg(format!("-tls{}", cell.version.replace('.', "_")));
                command
                    .arg("-cert")
                    .arg(files.certificate)
                    .arg("-key")
                    .arg(files.key);
                if cell.mutual {
                    command
                        .args(["-Verify", "1", "-verify_return_error", "-CAfile"])
                        .arg(authority);
                }
                s_server(&mut command)
            }
            Self::Curl => Err("curl is no server".to_owned()),
            Self::Script(script) => {
                let ca = if cell.mutual {
                    authority.display().to_string()
                } else {
                    String::new()
                };
                let answer =
                    script.ask(&format!("server {} {} {ca}", cell.version, files.words()))?;
                Ok(Offered::Port(answer.parse().unwrap()))
            }
        }
    }
}

/// Starts OpenSSL's server and reads its port from the line `ACCEPT 127.0.0.1:PORT`.
fn s_server(command: &mut Command) -> std::result::Result<Offered, String> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("OpenSSL's program");
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = lines.map_while(std::result::Result::ok).find_map(|line| {
        line.strip_prefix("ACCEPT ")?
            .rsplit(':')
            .next()?
            .parse()
            .ok()
    });
    let offered = Offered::Process(child, port.unwrap_or_default());
    port.map(|_| offered)
        .ok_or_else(|| "s_server does not listen".to_owned())
}

/// Runs a client to its end.
fn output(command: &mut Command, input: &[u8]) -> Result {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("a client's program");
    // A client that is refused may be gone before it reads.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        Err(said + &String::from_utf8_lossy(&output.stderr))
    }
}

/// A process that answers a line with a line.
pub(crate) struct Script {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Script {
    fn new(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a peer's program");
        Self {
            commands: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn ask(&mut self, command: &str) -> Result {
        writeln!(self.commands, "{command}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let answer = answer.trim_end();
        match answer.split_once(' ') {
            Some(("ok" | "port", rest)) => Ok(rest.to_owned()),
            _ => Err(answer.to_owned()),
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds the Go program once for each state of its text; the standard library is all it needs.
fn go_program() -> PathBuf {
    let source = include_str!("peer.go");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let hash = crypto::digest::hex(&crypto::digest::sha256(source.as_bytes()));
    let program = folder.join(format!("tls-peer-{}", &hash[..16]));
    if !program.exists() {
        let build = tempfile::tempdir_in(folder).unwrap();
        fs::write(build.path().join("peer.go"), source).unwrap();
        let mut command = Command::new("go");
        command
            .args(["build", "-o", "peer", "peer.go"])
            .current_dir(&build);
        command
            .env("GOTOOLCHAIN", "local")
            .env("GOFLAGS", "")
            .env("GOWORK", "off");
        let output = command
            .output()
            .expect("the go command: scripts/setup.sh installs it");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        fs::rename(build.path().join("peer"), &program).unwrap();
    }
    program
}
