//! A stream whose first bytes were looked at and are read once more.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// Bytes of a TLS record's header.
pub(super) const HEAD_BYTES: usize = 5;

/// A stream and those of its first bytes that are still to be read.
#[derive(Debug)]
pub(crate) struct Replay<S> {
    head: [u8; HEAD_BYTES],
    /// The part of `head` not read yet.
    left: std::ops::Range<usize>,
    stream: S,
}

impl<S: AsyncRead + Unpin> Replay<S> {
    /// Waits for the first bytes; fewer than [`HEAD_BYTES`] at the end of the stream.
    pub(super) async fn new(mut stream: S) -> io::Result<Self> {
        let mut head = [0; HEAD_BYTES];
        let mut length = 0;
        while length < HEAD_BYTES {
            match stream.read(&mut head[length..]).await? {
                0 => break,
                count => length += count,
            }
        }
        Ok(Self {
            head,
            left: 0..length,
            stream,
        })
    }

    /// Returns the first bytes.
    pub(super) fn head(&self) -> &[u8] {
        &self.head[self.left.clone()]
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Replay<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let count = self.left.len().min(buffer.remaining());
        buffer.put_slice(&self.head()[..count]);
        self.left.start += count;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Replay<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
