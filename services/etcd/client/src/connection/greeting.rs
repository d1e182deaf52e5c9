//! Waits for the first frame of a server, which must be SETTINGS.
//!
//! A server that expects TLS, or speaks something else, accepts the connection all the same; only its first bytes tell.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::oneshot,
};

/// A stream that reports when the first frame's head was read.
#[derive(Debug)]
pub(super) struct Greeted<S> {
    stream: S,
    head: Vec<u8>,
    report: Option<oneshot::Sender<Result<(), String>>>,
}

impl<S> Greeted<S> {
    pub(super) fn new(stream: S) -> (Self, impl Future<Output = Result<(), String>>) {
        let (report, heard) = oneshot::channel();
        let greeted = Self {
            stream,
            head: Vec::with_capacity(HEAD_BYTES),
            report: Some(report),
        };
        let heard = async move {
            match heard.await {
                Ok(result) => result,
                Err(_) => Err("EOF".to_owned()),
            }
        };
        (greeted, heard)
    }

    fn saw(&mut self, bytes: &[u8]) {
        if self.report.is_none() {
            return;
        }
        if bytes.is_empty() {
            return self.tell(Err("EOF".to_owned()));
        }
        let missing = HEAD_BYTES.saturating_sub(self.head.len());
        self.head
            .extend_from_slice(&bytes[..missing.min(bytes.len())]);
        if self.head.len() == HEAD_BYTES {
            let kind = self.head[HEAD_BYTES - 1];
            let answer = if kind == SETTINGS {
                Ok(())
            } else {
                Err(format!(
                    "http2: initial http2 frame from server is not a settings frame: type {kind}"
                ))
            };
            self.tell(answer);
        }
    }

    fn tell(&mut self, answer: Result<(), String>) {
        if let Some(report) = self.report.take() {
            // Nobody waits any more when dialling was given up.
            drop(report.send(answer));
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Greeted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        match &polled {
            Poll::Ready(Ok(())) => self.saw(&buffer.filled()[before..]),
            Poll::Ready(Err(error)) => {
                let text = super::go_text::io_error(error);
                self.tell(Err(text));
            }
            Poll::Pending => {}
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Greeted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Three bytes of length and the frame's type.
const HEAD_BYTES: usize = 4;

/// The type of a SETTINGS frame.
const SETTINGS: u8 = 4;
