//! The body of a request as it arrives, cut off when nothing arrives for too long.

use std::{
    fmt,
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
    Given(Given),
}

/// A body whose bytes a service brings itself.
struct Given(Pin<Box<dyn http_body::Body<Data = Bytes, Error = BodyError> + Send>>);

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Given").finish_non_exhaustive()
    }
}

/// A body that arrives over a connection.
#[derive(Debug)]
struct Wire {
    /// Only taken when this is dropped.
    incoming: Option<Incoming>,
    /// What to do with the rest of a body that the handler did not read.
    leftover: Leftover,
    activity: Arc<Activity>,
    stall: Duration,
    /// Runs while the handler waits for bytes.
    timer: Option<Pin<Box<Sleep>>>,
}

/// What becomes of the part of a body that nobody reads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Leftover {
    /// It stays on the connection; hyper reads on or closes.
    Stay,
    /// It is read and forgotten, within bounds. HTTP/2 resets a stream whose body is dropped, and clients that are still sending
    /// take the reset for a failed request, though the answer is complete. Go's server reads on as well.
    Discard,
}

/// The most that is read and forgotten of one body, and for how long.
///
/// Source: Go net/http server.go `maxPostHandlerReadBytes`.
const DISCARD_BYTES_MAX: usize = 256 << 10;
const DISCARD_TIME_MAX: Duration = Duration::from_secs(5);

async fn discard(mut incoming: Incoming) {
    let mut bytes = 0;
    while bytes < DISCARD_BYTES_MAX {
        let frame =
            std::future::poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut incoming), cx));
        match frame.await.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(data))) => bytes += data.len(),
            Some(Ok(Err(_trailers))) => {}
            Some(Err(_)) | None => return,
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let unread = self
            .incoming
            .take()
            .filter(|incoming| !http_body::Body::is_end_stream(incoming));
        if let (Some(incoming), Leftover::Discard) = (unread, self.leftover) {
            tokio::spawn(tokio::time::timeout(DISCARD_TIME_MAX, discard(incoming)));
        }
    }
}

impl RequestBody {
    pub(crate) fn new(
        incoming: Incoming,
        leftover: Leftover,
        activity: &Arc<Activity>,
        stall: Duration,
    ) -> Self {
        if http_body::Body::is_end_stream(&incoming) {
            return Self(Source::Here(Bytes::new()));
        }
        Self(Source::Wire(Box::new(Wire {
            incoming: Some(incoming),
            leftover,
            activity: activity.clone(),
            stall,
            timer: None,
        })))
    }

    /// Makes a body of what a service reads from its own kind of connection (see [`Http2`](crate::Http2)).
    pub fn given(
        body: impl http_body::Body<Data = Bytes, Error = BodyError> + Send + 'static,
    ) -> Self {
        Self(Source::Given(Given(Box::pin(body))))
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
            Source::Given(given) => given.0.as_mut().poll_frame(cx),
        }
    }
}

/// Why a body that is still read has its source.
const NOT_DROPPED: &str = "the source is only taken when the body is dropped";

impl Wire {
    fn incoming(&self) -> &Incoming {
        self.incoming.as_ref().expect(NOT_DROPPED)
    }

    fn incoming_mut(&mut self) -> &mut Incoming {
        self.incoming.as_mut().expect(NOT_DROPPED)
    }

    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let arrived = http_body::Body::poll_frame(Pin::new(self.incoming_mut()), cx);
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
            Source::Wire(wire) => wire.incoming().is_end_stream(),
            Source::Given(given) => given.0.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Source::Here(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::Wire(wire) => wire.incoming().size_hint(),
            Source::Given(given) => given.0.size_hint(),
        }
    }
}

/// A body that is already here: for handlers under test.
impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self(Source::Here(bytes))
    }
}
