//! The one place that binds listening sockets.
//!
//! Addresses mean what they mean to Go's `net.Listen("tcp", address)`, and errors read as Go prints them; on top, the
//! error carries an explanation with fixes. Every bind is judged against `GUARD_PORTS` and noted for the report.
//!
//! Left to others: accepting and serving (kit-http), sockets bound by systemd ([`crate::activation`]).
//!
//! Source: Go net/sock_posix.go `socket` and `listenStream`, mdlayher/vsock `listen`.

use std::{
    net::{SocketAddr, TcpListener},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::net::UnixListener,
    },
    path::Path,
};

use nix::{
    errno::Errno,
    sys::socket::{
        AddressFamily, Backlog, SockFlag, SockType, SockaddrLike, SockaddrStorage, VsockAddr, bind,
        listen, setsockopt, socket, sockopt,
    },
};

use crate::{ledger, policy};

mod endpoint;
mod error;
mod explain;
mod file_capability;
mod fixes;
mod port_name;
mod reserved;
mod unix;
mod vsock;

use self::endpoint::Endpoint;
pub(crate) use self::reserved::reserve;
pub use self::{error::BindError, vsock::VsockListener};

/// Binds a TCP listener on an address as Go's `net.Listen("tcp", address)` reads it: `:9091`, `[::1]:9091`,
/// `localhost:http`. The listener is non-blocking and closed on exec.
///
/// `origin` names the flag or key the address came from (`--web.listen-address`), for the fix lines.
///
/// # Errors
/// [`BindError`], whose text is Go's.
pub fn tcp_address(address: &str, origin: &str) -> Result<TcpListener, BindError> {
    reserved::take_tcp(address).unwrap_or_else(|| bind_tcp(address, origin, Sharing::Alone))
}

/// The same, for a port that others may listen on at the same time (`SO_REUSEPORT`), if they say so too.
///
/// # Errors
/// [`BindError`], whose text is Go's.
pub fn shared_tcp_address(address: &str, origin: &str) -> Result<TcpListener, BindError> {
    reserved::take_tcp(address).unwrap_or_else(|| bind_tcp(address, origin, Sharing::WithOthers))
}

/// Whether others may listen on a port at the same time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Sharing {
    Alone,
    WithOthers,
}

fn bind_tcp(address: &str, origin: &str, sharing: Sharing) -> Result<TcpListener, BindError> {
    tcp_endpoint(&Endpoint::parse(address)?, origin, sharing)
}

/// Binds a unix listener on a path, or on an abstract name that begins with `@`. What is at the path is removed first,
/// as etcd does. The listener is non-blocking and closed on exec; its path stays when it is closed.
///
/// # Errors
/// [`BindError`], whose text is Go's.
///
/// Source: etcd client/pkg/transport/unix_listener.go `NewUnixListener`.
pub fn unix(path: &Path, origin: &str) -> Result<UnixListener, BindError> {
    reserved::take_unix(path).unwrap_or_else(|| unix::bind(path, origin))
}

/// Binds a TCP listener on a host (empty: every address of both families) and a port (0: any free one).
/// The listener is non-blocking and closed on exec.
///
/// # Errors
/// [`BindError`], whose text is Go's.
pub fn tcp(host: &str, port: u16, origin: &str) -> Result<TcpListener, BindError> {
    tcp_endpoint(&Endpoint::of(host, port)?, origin, Sharing::Alone)
}

/// Binds a vsock listener on every context id of this machine; port 0 takes any free one.
/// The listener is non-blocking and closed on exec.
///
/// # Errors
/// [`BindError::Socket`] with the text of upstream's vsock library.
pub fn vsock(port: u32, origin: &str) -> Result<VsockListener, BindError> {
    reserved::take_vsock(port).unwrap_or_else(|| bind_vsock(port, origin))
}

fn bind_vsock(port: u32, origin: &str) -> Result<VsockListener, BindError> {
    let wanted = if port == 0 {
        libc::VMADDR_PORT_ANY
    } else {
        port
    };
    let address = VsockAddr::new(libc::VMADDR_CID_ANY, wanted);
    let shown = vsock::shown(libc::VMADDR_CID_ANY, port);
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let outcome = socket(AddressFamily::Vsock, SockType::Stream, flags, None)
        .map_err(|errno| ("socket", errno))
        .and_then(|descriptor| bind_and_listen(descriptor, &address));
    ledger::note_port(
        &shown,
        origin,
        if outcome.is_ok() { "ok" } else { "failed" },
        None,
    );
    outcome
        .map(VsockListener::from_bound)
        .map_err(|(call, errno)| {
            let findings = explain::vsock_failure(&shown, port, errno);
            BindError::Socket {
                network: "vsock",
                address: shown,
                call,
                errno,
                findings,
            }
        })
}

/// Returns the port an address means; none for what is no address.
pub(crate) fn port_of(address: &str) -> Option<u16> {
    Endpoint::parse(address).ok().map(|endpoint| endpoint.port)
}

fn tcp_endpoint(
    endpoint: &Endpoint,
    origin: &str,
    sharing: Sharing,
) -> Result<TcpListener, BindError> {
    let judgement = policy::judge(endpoint.port);
    explain::before(endpoint, origin, &judgement)?;
    match open(endpoint, sharing) {
        Ok(descriptor) => {
            explain::success(endpoint, origin, &judgement);
            Ok(TcpListener::from(descriptor))
        }
        Err((call, errno)) => Err(BindError::Socket {
            network: "tcp",
            address: endpoint.shown(),
            call,
            errno,
            findings: explain::failure(endpoint, origin, &judgement, errno),
        }),
    }
}

/// A system call that failed, by the name Go prints, and why.
type Failed = (&'static str, Errno);

/// Opens the endpoint's first socket whose address family this host has.
fn open(endpoint: &Endpoint, sharing: Sharing) -> Result<OwnedFd, Failed> {
    let candidates = endpoint.candidates();
    let (last, others) = candidates
        .split_last()
        .expect("an endpoint has at least one address");
    for address in others {
        match open_one(address, sharing) {
            Err((_, Errno::EAFNOSUPPORT | Errno::EADDRNOTAVAIL | Errno::EPROTONOSUPPORT)) => {}
            outcome => return outcome,
        }
    }
    open_one(last, sharing)
}

fn open_one(address: &SocketAddr, sharing: Sharing) -> Result<OwnedFd, Failed> {
    let family = if address.is_ipv6() {
        AddressFamily::Inet6
    } else {
        AddressFamily::Inet
    };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let descriptor =
        socket(family, SockType::Stream, flags, None).map_err(|errno| ("socket", errno))?;
    if address.is_ipv6() {
        // The system default may be v6-only (bindv6only=1); `:port` promises both families.
        setsockopt(&descriptor, sockopt::Ipv6V6Only, &false)
            .map_err(|errno| ("setsockopt", errno))?;
    }
    // Lets a restart bind while connections of the previous process linger in TIME_WAIT.
    setsockopt(&descriptor, sockopt::ReuseAddr, &true).map_err(|errno| ("setsockopt", errno))?;
    if sharing == Sharing::WithOthers {
        setsockopt(&descriptor, sockopt::ReusePort, &true)
            .map_err(|errno| ("setsockopt", errno))?;
    }
    bind_and_listen(descriptor, &SockaddrStorage::from(*address))
}

fn bind_and_listen(descriptor: OwnedFd, address: &dyn SockaddrLike) -> Result<OwnedFd, Failed> {
    bind(descriptor.as_raw_fd(), address).map_err(|errno| ("bind", errno))?;
    // The largest backlog: the kernel cuts it to net.core.somaxconn, which is the number Go reads and passes.
    listen(&descriptor, Backlog::MAXALLOWABLE).map_err(|errno| ("listen", errno))?;
    Ok(descriptor)
}
