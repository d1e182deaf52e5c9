//! One accepted connection of any kind, noting what moves on it.

use std::{
    io::{self, IoSlice},
    os::{fd::OwnedFd, unix::net::UnixStream as StdUnixStream},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};

use crate::activity::Activity;

/// A connected stream socket.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Takes a connected, non-blocking vsock stream.
    ///
    /// Neither std nor tokio has a type for it; reading, writing and shutting down a stream socket are the same calls
    /// for every family, so the unix one carries it.
    pub(crate) fn from_vsock(descriptor: OwnedFd) -> io::Result<Self> {
        UnixStream::from_std(StdUnixStream::from(descriptor)).map(Self::Unix)
    }
}

/// A stream socket and the record of its connection.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: Stream,
    activity: Arc<Activity>,
}

impl Socket {
    pub(crate) fn new(stream: Stream, activity: Arc<Activity>) -> Self {
        Self { stream, activity }
    }

    fn note(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(_) => self.activity.sent(),
            Poll::Pending => self.activity.blocked(),
        }
        written
    }
}

/// Calls the method on whichever stream it is.
macro_rules! either {
    ($self:expr, $method:ident ( $($argument:expr),* )) => {
        match &mut $self.stream {
            Stream::Tcp(stream) => Pin::new(stream).$method($($argument),*),
            Stream::Unix(stream) => Pin::new(stream).$method($($argument),*),
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = either!(self, poll_read(cx, buffer));
        if read.is_ready() {
            self.activity.received();
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = either!(self, poll_write(cx, bytes));
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = either!(self, poll_write_vectored(cx, slices));
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(())) // the kernel has the bytes
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_shutdown(cx))
    }
}
