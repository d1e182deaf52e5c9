//! The body of a request as it arrives, cut off when nothing arrives for too long.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

use crate::activity::Activity;

/// Why a body ends before its end. The texts are those a Go handler sees.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BodyError {
    /// The client closed or reset the connection.
    #[error("unexpected EOF")] // Go's text
    Cut,
    /// The chunked framing is broken.
    #[error("{0}")] // Go's text
    Framing(&'static str),
    /// Nothing arrived for [`crate::Limits::body_stall`].
    #[error("i/o timeout")] // Go's text
    Stalled,
}

/// The body of a request.
#[derive(Debug)]
pub struct RequestBody(Source);

#[derive(Debug)]
enum Source {
    Here(Bytes),
    Wire(Box<Wire>),
}

/// A body that arrives over a connection.
#[derive(Debug)]
struct Wire {
    incoming: Incoming,
    activity: Arc<Activity>,
    stall: Duration,
    /// Runs while the handler waits for bytes.
    timer: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    pub(crate) fn new(incoming: Incoming, activity: &Arc<Activity>, stall: Duration) -> Self {
        if http_body::Body::is_end_stream(&incoming) {
            return Self(Source::Here(Bytes::new()));
        }
        Self(Source::Wire(Box::new(Wire {
            incoming,
            activity: activity.clone(),
            stall,
            timer: None,
        })))
    }

    /// Waits for the next bytes; none at the end.
    ///
    /// # Errors
    /// [`BodyError`] when the body ends early. Nothing comes after it.
    pub async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        loop {
            let frame = std::future::poll_fn(|cx| self.poll_next_frame(cx)).await?;
            match frame.map(Frame::into_data) {
                Ok(Ok(bytes)) => return Some(Ok(bytes)),
                Ok(Err(_trailers)) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Returns the length the client declared; none when it declared none.
    #[must_use]
    pub fn declared_length(&self) -> Option<u64> {
        http_body::Body::size_hint(self).exact()
    }

    fn poll_next_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Source::Here(bytes) if bytes.is_empty() => Poll::Ready(None),
            Source::Here(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Source::Wire(wire) => wire.poll_frame(cx),
        }
    }
}

impl Wire {
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let arrived = http_body::Body::poll_frame(Pin::new(&mut self.incoming), cx);
        if let Poll::Ready(frame) = arrived {
            self.timer = None;
            let error = |_| {
                self.activity
                    .broken_framing()
                    .map_or(BodyError::Cut, BodyError::Framing)
            };
            return Poll::Ready(frame.map(|frame| frame.map_err(error)));
        }
        let stall = self.stall;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(stall)));
        ready!(timer.as_mut().poll(cx));
        timer.as_mut().reset(Instant::now() + stall);
        Poll::Ready(Some(Err(BodyError::Stalled)))
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.get_mut().poll_next_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::Here(bytes) => bytes.is_empty(),
            Source::Wire(wire) => wire.incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Here(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::Wire(wire) => wire.incoming.size_hint(),
        }
    }
}

/// A body that is already here: for handlers under test.
impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self(Source::Here(bytes))
    }
}
