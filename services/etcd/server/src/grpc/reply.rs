//! The way back of one answer: over HTTP/2, or to another part of the program.
//!
//! Source: grpc-go v1.83 http2_server.go `writeHeader`, `write`, `writeStatus`.

use std::future::poll_fn;

use bytes::{BufMut as _, Bytes, BytesMut};
use etcd_api::Error;
use h2::{Reason, SendStream, server::SendResponse};
use http::{HeaderMap, HeaderValue, StatusCode};
use prost::Message;
use tokio::sync::{mpsc, oneshot};
use tonic::{Code, Status};

use super::{connection::Open, frame::HEAD_BYTES, slow::Asked, status};
use crate::metrics::grpc::Meter;

/// Where the answer to a [`Call`](crate::call::Call) goes. Dropped unused it says that the server stops.
#[derive(Debug)]
pub struct Reply {
    way: Option<Way>,
    meter: Meter,
    /// What is told of it when it takes long; none for what is not asked over the network.
    asked: Option<Box<Asked>>,
}

#[derive(Debug)]
enum Way {
    Grpc(OverHttp2),
    Local(oneshot::Sender<Result<Bytes, Status>>),
}

/// The handle of a request that came over HTTP/2.
#[derive(Debug)]
pub(crate) struct OverHttp2 {
    pub(crate) respond: SendResponse<Bytes>,
    pub(crate) content_type: HeaderValue,
    pub(crate) open: Open,
}

/// Encodes a message once, straight into its frame.
///
/// # Panics
/// If the message is beyond 4 GiB, which no answer is: what a member reads at once is bounded.
#[must_use]
pub fn frame(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut frame = BytesMut::with_capacity(HEAD_BYTES + length);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(length).expect("answers are far from 4 GiB"));
    message
        .encode(&mut frame)
        .expect("there is room for the length it gave");
    frame.freeze()
}

impl Reply {
    pub(crate) fn over_http2(way: OverHttp2, meter: Meter) -> Self {
        Self {
            way: Some(Way::Grpc(way)),
            meter,
            asked: None,
        }
    }

    /// Has it told when the answer takes long.
    pub(crate) fn asked(mut self, asked: Asked) -> Self {
        self.asked = Some(Box::new(asked));
        self
    }

    /// Returns a reply whose answer arrives at the other end, without its frame.
    pub(crate) fn local(meter: Meter) -> (Self, oneshot::Receiver<Result<Bytes, Status>>) {
        let (sender, receiver) = oneshot::channel();
        let reply = Self {
            way: Some(Way::Local(sender)),
            meter,
            asked: None,
        };
        (reply, receiver)
    }

    /// Answers with a message.
    pub fn message(self, message: &impl Message) {
        self.framed(frame(message));
    }

    /// Answers with a message that is in its frame already.
    pub fn framed(mut self, frame: Bytes) {
        self.meter.sent(1);
        self.meter.handled(Code::Ok);
        if let Some(asked) = self.asked.take() {
            asked.answered(&frame[HEAD_BYTES..]);
        }
        match self.way.take() {
            Some(Way::Grpc(way)) => way.answer(frame),
            // Nobody waits any longer: the client is gone.
            Some(Way::Local(sender)) => drop(sender.send(Ok(frame.slice(HEAD_BYTES..)))),
            None => {}
        }
    }

    /// Answers with a message of a known length that comes in pieces. When they end early the client sees a broken stream.
    pub async fn in_pieces(mut self, length: usize, mut pieces: mpsc::Receiver<Bytes>) {
        let mut head = BytesMut::with_capacity(HEAD_BYTES);
        head.put_u8(0);
        head.put_u32(u32::try_from(length).expect("answers are far from 4 GiB"));
        match self.way.take() {
            Some(Way::Grpc(way)) => {
                self.meter.sent(1);
                self.meter.handled(Code::Ok);
                way.answer_in_pieces(head.freeze(), length, pieces).await;
            }
            Some(Way::Local(sender)) => {
                let mut message = BytesMut::with_capacity(length);
                while let Some(piece) = pieces.recv().await {
                    message.extend_from_slice(&piece);
                }
                if message.len() == length {
                    self.meter.handled(Code::Ok);
                    // Nobody waits any longer: the client is gone.
                    let _ = sender.send(Ok(message.freeze()));
                }
            }
            None => {}
        }
    }

    /// Answers with an error.
    pub fn error(mut self, error: impl Into<Status>) {
        self.fail(&error.into());
    }

    /// Waits until the client does not want the answer any more.
    pub async fn closed(&mut self) {
        match &mut self.way {
            // Both outcomes mean that nobody waits.
            Some(Way::Grpc(way)) => drop(poll_fn(|cx| way.respond.poll_reset(cx)).await),
            Some(Way::Local(sender)) => sender.closed().await,
            None => {}
        }
    }

    fn fail(&mut self, status: &Status) {
        if let Some(asked) = self.asked.take() {
            asked.answered(&[]);
        }
        match self.way.take() {
            Some(Way::Grpc(mut way)) => {
                let head = status::only_trailers(StatusCode::OK, way.content_type, status);
                // An error means that the client is gone.
                let _ = way.respond.send_response(head, true);
            }
            Some(Way::Local(sender)) => drop(sender.send(Err(status.clone()))),
            None => return,
        }
        self.meter.handled(status.code());
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.fail(&Error::Stopped.into());
    }
}

impl OverHttp2 {
    /// Sends an answer. What the client's windows take goes out at once; a task keeps the rest until they open.
    ///
    /// Errors mean that the client is gone.
    fn answer(mut self, frame: Bytes) {
        let head = status::head(self.content_type);
        let Ok(mut stream) = self.respond.send_response(head, false) else {
            return;
        };
        stream.reserve_capacity(frame.len());
        if stream.capacity() >= frame.len() {
            let _ = stream.send_data(frame, false);
            let _ = stream.send_trailers(status::success());
            return;
        }
        let owed = self.open.line().owe(frame.len());
        let open = self.open;
        tokio::spawn(async move {
            let _ = send_all(&mut stream, frame).await;
            let _ = stream.send_trailers(status::success());
            drop((open, owed));
        });
    }
}

impl OverHttp2 {
    /// Sends a message of this length as its pieces come. When they end early the stream is reset.
    async fn answer_in_pieces(
        mut self,
        head: Bytes,
        length: usize,
        mut pieces: mpsc::Receiver<Bytes>,
    ) {
        let response = status::head(self.content_type);
        let Ok(mut stream) = self.respond.send_response(response, false) else {
            return;
        };
        if send_all(&mut stream, head).await.is_err() {
            return;
        }
        let mut left = length;
        while let Some(piece) = pieces.recv().await {
            left = left.saturating_sub(piece.len());
            if send_all(&mut stream, piece).await.is_err() {
                return;
            }
        }
        match left {
            0 => end(&mut stream, status::success()),
            _ => stream.send_reset(Reason::INTERNAL_ERROR),
        }
    }
}

/// The client is gone.
#[derive(Clone, Copy, Debug)]
pub struct Gone;

/// Sends data as the client's windows open.
pub(crate) async fn send_all(stream: &mut SendStream<Bytes>, mut data: Bytes) -> Result<(), Gone> {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        while stream.capacity() == 0 {
            match poll_fn(|cx| stream.poll_capacity(cx)).await {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(Gone),
            }
        }
        let piece = data.split_to(stream.capacity().min(data.len()));
        stream.send_data(piece, false).map_err(|_| Gone)?;
    }
    Ok(())
}

/// Ends a stream that has begun.
pub(crate) fn end(stream: &mut SendStream<Bytes>, trailers: HeaderMap) {
    // An error means that the client is gone.
    let _ = stream.send_trailers(trailers);
}
