//! The one message of a unary request as it arrives.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use h2::RecvStream;
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tonic::{Code, Status};

use super::frame::Frames;
use crate::front::Front;

/// A message on its way. Until a large one has got room, the client's window stays closed.
#[derive(Debug)]
pub(crate) struct Arriving {
    body: RecvStream,
    frames: Frames,
    /// Bytes taken whose window is not given back yet.
    untold: usize,
    pub(crate) room: Option<OwnedSemaphorePermit>,
}

/// How far a message has come.
#[derive(Debug)]
pub(crate) enum Step {
    /// It is here.
    Whole(Bytes),
    /// It is large, of this many bytes, and needs room before more of it is let in.
    NeedsRoom(usize),
}

impl Arriving {
    pub(crate) fn new(body: RecvStream, frames: Frames) -> Self {
        Self {
            body,
            frames,
            untold: 0,
            room: None,
        }
    }

    /// Takes what is here.
    pub(crate) fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<Step, Status>> {
        loop {
            if let Some(message) = self.frames.next()? {
                self.open_window();
                return Poll::Ready(Ok(Step::Whole(message)));
            }
            match self.frames.announced() {
                Some(bytes) if bytes > ROOMLESS_BYTES_MAX && self.room.is_none() => {
                    return Poll::Ready(Ok(Step::NeedsRoom(bytes)));
                }
                _ => self.open_window(),
            }
            match ready!(self.body.poll_data(cx)) {
                Some(Ok(data)) => {
                    self.untold += data.len();
                    self.frames.push(data);
                }
                Some(Err(_)) => {
                    return Poll::Ready(Err(Status::new(Code::Cancelled, "context canceled"))); // upstream's text
                }
                None => {
                    let text = if self.frames.has_part() {
                        "unexpected EOF"
                    } else {
                        "EOF"
                    };
                    return Poll::Ready(Err(Status::new(Code::Unknown, text))); // upstream's texts
                }
            }
        }
    }

    /// Waits for the message.
    ///
    /// # Errors
    /// The status that ends the request.
    pub(crate) async fn whole(&mut self, front: &Front) -> Result<Bytes, Status> {
        loop {
            let step = timeout(STALL, poll_fn(|cx| self.poll_step(cx))).await;
            match step.unwrap_or_else(|_| Err(Status::new(Code::Cancelled, "context canceled")))? {
                Step::Whole(message) => return Ok(message),
                Step::NeedsRoom(bytes) => self.room = Some(front.room(bytes).await?),
            }
        }
    }

    fn open_window(&mut self) {
        let bytes = std::mem::take(&mut self.untold);
        // Failing means that the stream is over, which the next read tells.
        let _ = self.body.flow_control().release_capacity(bytes);
    }
}

/// A message up to this size needs no room beyond what HTTP/2 has given its stream anyway.
const ROOMLESS_BYTES_MAX: usize = 32 << 10;

/// Time for a message once it has room. Upstream waits as long as the client does; here it would hold the room.
const STALL: Duration = Duration::from_secs(60);
