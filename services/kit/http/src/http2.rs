//! HTTP/2 connections that a service serves itself, such as those of gRPC. Accepting, TLS, limits and the orderly end stay here.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::service::Peer;

/// Serves the HTTP/2 connections of a [`Server`](crate::Server) in place of hyper: those that agree on `h2` under TLS, and those
/// that begin with HTTP/2's preface in the clear.
pub trait Http2: Clone + Send + Sync + 'static {
    /// Serves one connection until it ends. Once [`Link::retired`] it takes no new requests and ends after those it has.
    fn serve<S>(&self, stream: S, link: Link) -> impl Future<Output = ()> + Send
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// Says whether connections of HTTP/1.1 come here too, to be ended as broken ones (default: no).
    fn is_alone(&self) -> bool {
        false
    }
}

/// What a service knows of a connection it serves itself.
#[derive(Clone, Debug)]
pub struct Link {
    pub(crate) peer: Peer,
    pub(crate) retired: CancellationToken,
}

impl Link {
    /// Returns who is at the other end.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Waits until the connection is to end once its requests are answered.
    pub async fn retired(&self) {
        self.retired.cancelled().await;
    }
}

/// No service serves HTTP/2 itself: hyper does, and only under TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Nobody {}

impl Http2 for Nobody {
    async fn serve<S>(&self, _: S, _: Link)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        match *self {}
    }
}
