//! Listening sockets in the file system, and abstract ones.

use std::{
    fs, io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixListener},
        },
    },
    path::Path,
};

use nix::errno::Errno;

use super::BindError;
use crate::ledger;

pub(super) fn bind(path: &Path, origin: &str) -> Result<UnixListener, BindError> {
    let shown = path.display().to_string();
    let outcome = open(path);
    let verdict = if outcome.is_ok() { "ok" } else { "failed" };
    ledger::note_port(&shown, origin, verdict, None);
    outcome.map_err(|(call, error)| BindError::Socket {
        network: "unix",
        address: shown,
        call,
        errno: Errno::from_raw(error.raw_os_error().unwrap_or(libc::EINVAL)),
        findings: Vec::new(),
    })
}

fn open(path: &Path) -> Result<UnixListener, (&'static str, io::Error)> {
    let bound = match path.as_os_str().as_bytes() {
        [b'@', name @ ..] => {
            let address = SocketAddr::from_abstract_name(name);
            address.and_then(|address| UnixListener::bind_addr(&address))
        }
        _ => {
            remove(path).map_err(|error| ("remove", error))?;
            UnixListener::bind(path)
        }
    };
    let listener = bound.map_err(|error| ("bind", error))?;
    let set = listener.set_nonblocking(true);
    set.map_err(|error| ("fcntl", error))?;
    Ok(listener)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_socket_left_behind_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        drop(bind(&path, "--a").unwrap());
        assert!(path.exists());
        let _listener = bind(&path, "--a").unwrap();
        UnixStream::connect(&path).unwrap();
    }

    #[test]
    fn a_missing_folder_is_told_in_gos_words() {
        let error = bind(Path::new("/nonexistent/a.sock"), "--a").unwrap_err();
        assert_eq!(
            error.to_string(),
            "listen unix /nonexistent/a.sock: bind: no such file or directory"
        );
    }
}
