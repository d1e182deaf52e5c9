//! What an intruder would try, and what a service does: each deed prints its outcome, `ok` or the error's name.

use std::{
    fs, io,
    net::{TcpListener, TcpStream, UdpSocket},
    path::Path,
    process::{self, Command},
    thread,
};

use kit_guard::bind;
use nix::{
    errno::Errno,
    sched::{CloneFlags, unshare},
    sys::signal::kill,
    unistd::{Pid, setuid},
};

use crate::sys;

/// Does what a word such as `read:/etc/shadow` says.
pub(crate) fn outcome(word: &str) -> String {
    let (deed, of) = word.split_once(':').unwrap_or((word, ""));
    let done = match deed {
        "read" => fs::read(of).map(drop),
        "list" => fs::read_dir(of).map(drop),
        "write" => fs::write(of, "x"),
        "replace" => replace(Path::new(of)),
        "bind" => raw_bind(of),
        "listen" => bind::tcp_address(of, "--web.listen-address")
            .map(drop)
            .map_err(io::Error::other),
        "udp" => UdpSocket::bind(of).map(drop),
        "connect" => TcpStream::connect(of).map(drop),
        "exec" => Command::new(of).status().map(drop),
        "ptrace" => sys::trace_me(),
        "namespace" => unshare(CloneFlags::CLONE_NEWUSER).map_err(io::Error::from),
        "root" => setuid(0.into()).map_err(io::Error::from),
        "signal" => kill(Pid::from_raw(of.parse().expect("a pid")), None).map_err(io::Error::from),
        "own-signal" => kill(Pid::this(), None).map_err(io::Error::from),
        "thread" => thread::Builder::new()
            .spawn(|| ())
            .map(|it| it.join().expect("it does nothing")),
        "abstract" => abstract_socket(of),
        "status" => return status(of),
        "limits" => return limit(of),
        other => panic!("unknown deed {other}"),
    };
    done.map_or_else(|error| name_of(&error), |()| "ok".to_owned())
}

fn name_of(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(
        || error.to_string(),
        |number| format!("{:?}", Errno::from_raw(number)),
    )
}

fn replace(path: &Path) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, process::id().to_string())?;
    fs::rename(&new, path)?;
    fs::File::open(path.parent().unwrap_or(path))?.sync_all()
}

#[expect(
    clippy::disallowed_methods,
    reason = "an intruder does not ask the guard"
)]
fn raw_bind(address: &str) -> io::Result<()> {
    TcpListener::bind(address).map(drop)
}

fn abstract_socket(name: &str) -> io::Result<()> {
    use std::os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixStream},
    };
    UnixStream::connect_addr(&SocketAddr::from_abstract_name(name)?).map(drop)
}

/// Returns one field of `/proc/self/status`.
fn status(field: &str) -> String {
    let text = fs::read_to_string("/proc/self/status").expect("it can be read");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.unwrap_or("-")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn limit(name: &str) -> String {
    let text = fs::read_to_string("/proc/self/limits").expect("it can be read");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .unwrap_or("-");
    line.split_whitespace()
        .take(2)
        .collect::<Vec<_>>()
        .join(" ")
}
