//! Both directions of a streaming method, over HTTP/2 or within the program.

use std::{
    future::poll_fn,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use etcd_api::Error;
use h2::{RecvStream, SendStream, server::SendResponse};
use http::{HeaderValue, StatusCode};
use tokio::sync::mpsc;
use tonic::{Code, Status};

use super::{
    connection::Open,
    frame::{Frames, HEAD_BYTES},
    life::Life,
    reply::{Gone, end, send_all},
    status,
};
use crate::metrics::grpc::Meter;

/// The messages a client sends on a stream.
#[derive(Debug)]
pub struct Requests {
    source: Source,
    meter: Meter,
    life: Life,
}

#[derive(Debug)]
enum Source {
    Grpc { body: RecvStream, frames: Frames },
    Local(mpsc::Receiver<Bytes>),
}

impl Requests {
    pub(crate) fn over_http2(body: RecvStream, frames: Frames, meter: Meter) -> Self {
        Self::new(Source::Grpc { body, frames }, meter)
    }

    pub(crate) fn local(messages: mpsc::Receiver<Bytes>, meter: Meter) -> Self {
        Self::new(Source::Local(messages), meter)
    }

    fn new(source: Source, meter: Meter) -> Self {
        Self {
            source,
            meter,
            life: Life::default(),
        }
    }

    /// Bounds how long the client is listened to.
    pub(crate) fn limit(&mut self, life: Life) {
        self.life = life;
    }

    /// Takes the next message if it is here, or what else is known; nobody is woken when that changes.
    pub fn poll_now(&mut self) -> Poll<Result<Option<Bytes>, Status>> {
        pin!(self.next()).poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Waits for the next message; none once the client has sent its last. Losing the future loses nothing.
    ///
    /// # Errors
    /// The status that ends the stream: the client is gone, or sends what is no message, or the stream's time is over.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Status> {
        let message = async {
            match &mut self.source {
                Source::Local(messages) => Ok(messages.recv().await),
                Source::Grpc { body, frames } => next_frame(body, frames).await,
            }
        };
        let message = tokio::select! {
            biased;
            message = message => message?,
            () = self.life.over() => return Err(self.life.end().unwrap_or_else(stopped)),
        };
        if message.is_some() {
            self.meter.received();
        }
        Ok(message)
    }
}

async fn next_frame(body: &mut RecvStream, frames: &mut Frames) -> Result<Option<Bytes>, Status> {
    loop {
        if let Some(message) = frames.next()? {
            return Ok(Some(message));
        }
        match body.data().await {
            Some(Ok(data)) => {
                // Failing means that the stream is over, which the next read tells.
                let _ = body.flow_control().release_capacity(data.len());
                frames.push(data);
            }
            Some(Err(_)) => return Err(Status::new(Code::Cancelled, "context canceled")), // upstream's text
            None if frames.has_part() => return Err(Status::new(Code::Unknown, "unexpected EOF")), // upstream's text
            None => return Ok(None),
        }
    }
}

/// The messages a client gets on a stream. Dropped before [`Self::finish`] it says that the server stops.
#[derive(Debug)]
pub struct Replies {
    sink: Sink,
    meter: Meter,
    life: Life,
}

#[derive(Debug)]
enum Sink {
    /// Nothing was sent yet.
    Unbegun {
        respond: SendResponse<Bytes>,
        content_type: HeaderValue,
        open: Open,
    },
    Begun {
        stream: SendStream<Bytes>,
        _open: Open,
    },
    Local(mpsc::Sender<Result<Bytes, Status>>),
    Ended,
}

impl Replies {
    pub(crate) fn over_http2(way: super::reply::OverHttp2, meter: Meter) -> Self {
        let sink = Sink::Unbegun {
            respond: way.respond,
            content_type: way.content_type,
            open: way.open,
        };
        Self::new(sink, meter)
    }

    pub(crate) fn local(messages: mpsc::Sender<Result<Bytes, Status>>, meter: Meter) -> Self {
        Self::new(Sink::Local(messages), meter)
    }

    fn new(sink: Sink, meter: Meter) -> Self {
        Self {
            sink,
            meter,
            life: Life::default(),
        }
    }

    /// Bounds how long the client is answered. An error that comes later is told as the end of that time.
    pub(crate) fn limit(&mut self, life: Life) {
        self.life = life;
    }

    /// Sends a message in its frame (see [`frame`](super::reply::frame)) once the client has room for it.
    ///
    /// # Errors
    /// [`Gone`]; whatever is sent later is lost too.
    pub async fn send(&mut self, frame: Bytes) -> Result<(), Gone> {
        self.send_all(frame, 1).await
    }

    /// Sends so many messages in their frames, as [`Self::send`].
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_all(&mut self, mut frames: Bytes, messages: u64) -> Result<(), Gone> {
        self.begin()?;
        let sink = &mut self.sink;
        let sent = async {
            match sink {
                Sink::Begun { stream, .. } => send_all(stream, frames).await,
                Sink::Local(sender) => {
                    while let Some(message) = split_frame(&mut frames) {
                        sender.send(Ok(message)).await.map_err(|_| Gone)?;
                    }
                    Ok(())
                }
                Sink::Unbegun { .. } | Sink::Ended => Err(Gone),
            }
        };
        tokio::select! {
            biased;
            sent = sent => sent?,
            () = self.life.over() => return Err(Gone),
        }
        self.meter.sent(messages);
        Ok(())
    }

    /// Waits until the client does not want any more, or its time is over.
    pub async fn closed(&mut self) {
        let sink = &mut self.sink;
        let gone = async {
            match sink {
                // Every outcome means that nobody waits.
                Sink::Unbegun { respond, .. } => drop(poll_fn(|cx| respond.poll_reset(cx)).await),
                Sink::Begun { stream, .. } => drop(poll_fn(|cx| stream.poll_reset(cx)).await),
                Sink::Local(messages) => messages.closed().await,
                Sink::Ended => {}
            }
        };
        tokio::select! {
            () = gone => {}
            () = self.life.over() => {}
        }
    }

    /// Ends the stream, well or with an error.
    pub fn finish(mut self, outcome: Result<(), Status>) {
        self.end(outcome);
    }

    fn begin(&mut self) -> Result<(), Gone> {
        if !matches!(self.sink, Sink::Unbegun { .. }) {
            return Ok(());
        }
        if let Sink::Unbegun {
            mut respond,
            content_type,
            open,
        } = std::mem::replace(&mut self.sink, Sink::Ended)
        {
            let head = status::head(content_type);
            let stream = respond.send_response(head, false).map_err(|_| Gone)?;
            self.sink = Sink::Begun {
                stream,
                _open: open,
            };
        }
        Ok(())
    }

    fn end(&mut self, outcome: Result<(), Status>) {
        let outcome = outcome.map_err(|status| self.life.end().unwrap_or(status));
        let code = outcome.as_ref().err().map_or(Code::Ok, Status::code);
        if outcome.is_ok() {
            // Even without a message the end of a good stream has a head of its own.
            let _ = self.begin();
        }
        match (std::mem::replace(&mut self.sink, Sink::Ended), outcome) {
            (Sink::Ended, _) => return,
            (Sink::Begun { mut stream, .. }, Ok(())) => end(&mut stream, status::success()),
            (Sink::Begun { mut stream, .. }, Err(status)) => {
                end(&mut stream, status::failure(&status));
            }
            (
                Sink::Unbegun {
                    mut respond,
                    content_type,
                    ..
                },
                Err(status),
            ) => {
                let head = status::only_trailers(StatusCode::OK, content_type, &status);
                let _ = respond.send_response(head, true);
            }
            // The end of a good stream is the end of the channel.
            (Sink::Local(messages), Err(status)) => {
                tokio::spawn(async move { messages.send(Err(status)).await });
            }
            (Sink::Local(_) | Sink::Unbegun { .. }, Ok(())) => {}
        }
        self.meter.handled(code);
    }
}

/// Takes the first of messages that are in their frames, without its frame.
fn split_frame(frames: &mut Bytes) -> Option<Bytes> {
    let [_, length @ ..] = *frames.first_chunk::<HEAD_BYTES>()?;
    let length = usize::try_from(u32::from_be_bytes(length)).ok()?;
    let frame = frames.split_to((HEAD_BYTES + length).min(frames.len()));
    Some(frame.slice(HEAD_BYTES..))
}

impl Drop for Replies {
    fn drop(&mut self) {
        self.end(Err(stopped()));
    }
}

fn stopped() -> Status {
    Error::Stopped.into()
}
