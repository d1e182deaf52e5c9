//! A stream whose first bytes were looked at and are read once more.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// Bytes of a TLS record's header; enough to know HTTP/2's preface too.
const RECORD_HEAD_BYTES: usize = 5;
/// Bytes up to and with the version in a ClientHello.
const HELLO_HEAD_BYTES: usize = 11;

/// A stream and those of its first bytes that are still to be read.
#[derive(Debug)]
pub(crate) struct Replay<S> {
    head: [u8; HELLO_HEAD_BYTES],
    /// The part of `head` not read yet.
    left: std::ops::Range<usize>,
    stream: S,
}

impl<S: AsyncRead + Unpin> Replay<S> {
    /// Waits for the head of a record; it is shorter at the end of the stream.
    pub(crate) async fn new(stream: S) -> io::Result<Self> {
        let mut replay = Self::unread(stream);
        replay.fill(RECORD_HEAD_BYTES).await?;
        Ok(replay)
    }

    /// Waits for the head of a ClientHello too; it is shorter at the end of the stream.
    pub(super) async fn read_hello(&mut self) -> io::Result<()> {
        self.fill(HELLO_HEAD_BYTES).await
    }

    async fn fill(&mut self, length: usize) -> io::Result<()> {
        while self.left.end < length {
            match self
                .stream
                .read(&mut self.head[self.left.end..length])
                .await?
            {
                0 => break,
                count => self.left.end += count,
            }
        }
        Ok(())
    }

    /// Takes a stream of which nothing was read.
    pub(crate) fn unread(stream: S) -> Self {
        Self {
            head: [0; HELLO_HEAD_BYTES],
            left: 0..0,
            stream,
        }
    }

    /// Returns the first bytes.
    pub(crate) fn head(&self) -> &[u8] {
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
