//! Listening sockets: asked of kit-guard by address, or taken over from systemd through it.
//!
//! Source: exporter-toolkit web/tls_config.go `ListenAndServe`; Go net `Listener`.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    os::unix::net::UnixListener,
    sync::Arc,
};

use kit_guard::{
    activation::{self, ActivationError},
    bind::{self, BindError, VsockListener},
    rights::Listen,
};
use tokio::io::{Interest, unix::AsyncFd};

pub use crate::address::{Address, AddressError};
use crate::socket::Stream;

/// A bound socket that nobody accepts from yet.
#[derive(Debug)]
pub struct Listener(activation::Listener);

/// Why there is nothing to listen on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Neither an address nor the systemd switch was given.
    #[error("no web listen address or systemd socket flag specified")] // upstream's text
    None,
    /// An address that is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The socket could not be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// systemd passed no usable socket.
    #[error(transparent)]
    Activation(#[from] ActivationError),
}

impl ListenError {
    /// Returns the guard's one line about the failure, to log after the error's own text.
    #[must_use]
    pub fn explanation(&self) -> Option<String> {
        match self {
            Self::Bind(error) => error.explanation(),
            Self::Activation(error) => error.explanation(),
            Self::None | Self::Address(_) => None,
        }
    }
}

/// Opens every listener a service was told to: systemd's sockets if `systemd`, else the addresses in their order.
///
/// `origin` names the flag the addresses came from (`--web.listen-address`), for the guard's fix lines.
///
/// # Errors
/// [`ListenError`] of the first that fails; those before it are closed again.
pub fn open(
    addresses: &[impl AsRef<str>],
    systemd: bool,
    origin: &str,
) -> Result<Vec<Listener>, ListenError> {
    if systemd {
        tracing::info!("Listening on systemd activated listeners instead of port listeners."); // upstream's text
        return activated();
    }
    if addresses.is_empty() {
        return Err(ListenError::None);
    }
    let bound = addresses
        .iter()
        .map(|address| bind(&Address::parse(address.as_ref())?, origin));
    bound.collect()
}

/// Returns what [`open`] will bind, for the guard's [`Rights`](kit_guard::Rights): nothing if `systemd`. An address that
/// is none is left out; it fails in `open`.
pub fn rights(addresses: &[impl AsRef<str>], systemd: bool) -> Vec<Listen> {
    let addresses = if systemd { &[] } else { addresses };
    let parsed = addresses
        .iter()
        .filter_map(|address| Address::parse(address.as_ref()).ok());
    parsed.map(Address::into_right).collect()
}

impl Address {
    /// Returns the address for the guard's [`Rights`](kit_guard::Rights).
    #[must_use]
    pub fn into_right(self) -> Listen {
        match self {
            Self::Tcp(address) => Listen::Tcp(address),
            Self::SharedTcp(address) => Listen::SharedTcp(address),
            Self::Unix(path) => Listen::Unix(path),
            Self::Vsock(port) => Listen::Vsock(port),
        }
    }
}

/// Binds one address.
///
/// # Errors
/// [`ListenError::Bind`] with Go's text.
pub fn bind(address: &Address, origin: &str) -> Result<Listener, ListenError> {
    let listener = match address {
        Address::Tcp(address) => activation::Listener::Tcp(bind::tcp_address(address, origin)?),
        Address::SharedTcp(address) => {
            activation::Listener::Tcp(bind::shared_tcp_address(address, origin)?)
        }
        Address::Unix(path) => activation::Listener::Unix(bind::unix(path, origin)?),
        Address::Vsock(port) => activation::Listener::Vsock(bind::vsock(*port, origin)?),
    };
    Ok(Listener(listener))
}

/// Takes over the sockets systemd passed.
///
/// # Errors
/// [`ListenError::Activation`] when there are none or one is no listening socket.
pub fn activated() -> Result<Vec<Listener>, ListenError> {
    let passed = activation::listeners()?.into_iter();
    Ok(passed.map(|it| Listener(it.listener)).collect())
}

impl Listener {
    /// Returns the TCP address it is bound to; none for other kinds.
    #[must_use]
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        match &self.0 {
            activation::Listener::Tcp(listener) => listener.local_addr().ok(),
            _ => None,
        }
    }

    /// Returns the bound address as Go logs it: `[::]:9091`, `/run/x.sock`, `vm(4294967295):9091`.
    #[must_use]
    pub fn shown(&self) -> String {
        let address = match &self.0 {
            activation::Listener::Tcp(listener) => {
                listener.local_addr().map(|address| address.to_string())
            }
            activation::Listener::Unix(listener) => {
                listener.local_addr().map(|address| shown_unix(&address))
            }
            activation::Listener::Vsock(listener) => listener.local_address(),
        };
        address.unwrap_or_default()
    }
}

/// Takes a TCP listener that was bound elsewhere, such as by a test.
impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self(activation::Listener::Tcp(listener))
    }
}

/// Takes a unix listener that was bound elsewhere.
impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Self {
        Self(activation::Listener::Unix(listener))
    }
}

/// A listener known to the runtime.
pub(crate) enum Acceptor {
    Tcp(tokio::net::TcpListener),
    Unix(tokio::net::UnixListener),
    Vsock(AsyncFd<VsockListener>),
}

impl Acceptor {
    /// Registers a listener with the runtime this is called on.
    pub(crate) fn new(listener: Listener) -> io::Result<Self> {
        match listener.0 {
            activation::Listener::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                tokio::net::TcpListener::from_std(listener).map(Self::Tcp)
            }
            activation::Listener::Unix(listener) => {
                listener.set_nonblocking(true)?;
                tokio::net::UnixListener::from_std(listener).map(Self::Unix)
            }
            activation::Listener::Vsock(listener) =>
            {
                #[expect(
                    deprecated,
                    reason = "sound for a listener that owns its descriptor; the new call is unsafe for every type"
                )]
                AsyncFd::with_interest(listener, Interest::READABLE).map(Self::Vsock)
            }
        }
    }

    /// Accepts one connection and its peer as Go shows it. As long as connections wait, this does not sleep.
    pub(crate) async fn accept(&self) -> io::Result<(Stream, Arc<str>)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Go sets it on every connection. Failing means that the peer is gone already; reading will say so.
                let _ = stream.set_nodelay(true);
                let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
                Ok((Stream::Tcp(stream), peer.to_string().into()))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), "@".into())) // Go's text for a peer without a name
            }
            Self::Vsock(listener) => {
                let accepted = listener
                    .async_io(Interest::READABLE, VsockListener::accept)
                    .await;
                let (stream, peer) = accepted?;
                Ok((Stream::from_vsock(stream)?, peer.into()))
            }
        }
    }
}

fn shown_unix(address: &std::os::unix::net::SocketAddr) -> String {
    address
        .as_pathname()
        .map_or_else(|| "@".to_owned(), |path| path.display().to_string())
}
