//! Listeners bound before privileges are given up or a sandbox is shut, until the service asks for them.
//!
//! Failures are kept as well: the service meets them where it binds, so that its log reads as it always does.

use std::{
    net::TcpListener,
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::{BindError, Sharing, VsockListener, bind_tcp, bind_vsock, unix};
use crate::rights::{Listen, Rights};

enum Reserved {
    Tcp(String, Result<TcpListener, BindError>),
    Unix(PathBuf, Result<UnixListener, BindError>),
    Vsock(u32, Result<VsockListener, BindError>),
}

static RESERVED: Mutex<Vec<Reserved>> = Mutex::new(Vec::new());

/// Binds every address of a service, in its order.
pub(crate) fn reserve(rights: &Rights) {
    let origin = rights.listen_origin;
    let bound = rights.listen.iter().map(|listen| match listen {
        Listen::Tcp(address) => {
            Reserved::Tcp(address.clone(), bind_tcp(address, origin, Sharing::Alone))
        }
        Listen::SharedTcp(address) => Reserved::Tcp(
            address.clone(),
            bind_tcp(address, origin, Sharing::WithOthers),
        ),
        Listen::Unix(path) => Reserved::Unix(path.clone(), unix::bind(path, origin)),
        Listen::Vsock(port) => Reserved::Vsock(*port, bind_vsock(*port, origin)),
    });
    let bound: Vec<Reserved> = bound.collect();
    with(|reserved| reserved.extend(bound));
}

/// Hands out the first outcome for the address that nobody has.
pub(super) fn take_tcp(wanted: &str) -> Option<Result<TcpListener, BindError>> {
    with(|reserved| {
        let of = |it: &Reserved| matches!(it, Reserved::Tcp(address, _) if address == wanted);
        match reserved.remove(reserved.iter().position(of)?) {
            Reserved::Tcp(_, outcome) => Some(outcome),
            Reserved::Unix(..) | Reserved::Vsock(..) => None,
        }
    })
}

/// Hands out the first outcome for the path that nobody has.
pub(super) fn take_unix(wanted: &Path) -> Option<Result<UnixListener, BindError>> {
    with(|reserved| {
        let of = |it: &Reserved| matches!(it, Reserved::Unix(path, _) if path == wanted);
        match reserved.remove(reserved.iter().position(of)?) {
            Reserved::Unix(_, outcome) => Some(outcome),
            Reserved::Tcp(..) | Reserved::Vsock(..) => None,
        }
    })
}

/// Hands out the first outcome for the vsock port that nobody has.
pub(super) fn take_vsock(wanted: u32) -> Option<Result<VsockListener, BindError>> {
    with(|reserved| {
        let of = |it: &Reserved| matches!(it, Reserved::Vsock(port, _) if *port == wanted);
        match reserved.remove(reserved.iter().position(of)?) {
            Reserved::Vsock(_, outcome) => Some(outcome),
            Reserved::Tcp(..) | Reserved::Unix(..) => None,
        }
    })
}

fn with<T>(act: impl FnOnce(&mut Vec<Reserved>) -> T) -> T {
    // A single push or removal cannot leave the list half changed.
    act(&mut RESERVED.lock().unwrap_or_else(PoisonError::into_inner))
}
