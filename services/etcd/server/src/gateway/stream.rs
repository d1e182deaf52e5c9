//! Streaming methods as JSON: the body is one request after the other, the answer one line for each message.
//!
//! Source: grpc-gateway v2.29 runtime/handler.go `ForwardResponseStream`; etcd v3.7 api/etcdserverpb/gw `request_Watch_Watch_0`.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::Frame;
use kit_http::{Body, Request, RequestBody, Response};
use prost_reflect::MessageDescriptor;
use tokio::{
    sync::mpsc,
    task::{AbortHandle, spawn},
};
use tonic::Status;

use super::{JSON_FACTOR, decode, error_json, json, messages, typed, value::Values};
use crate::{call::Caller, front::Front, method::Method};

/// Answers a request for a streaming method. The answer begins with the first message.
pub(super) async fn answer(
    front: &Front,
    method: Method,
    caller: Caller,
    request: Request,
) -> Result<Response, Status> {
    let (input, output) = messages(method);
    let (requests, mut replies) = front.converse(method, caller);
    let bytes_max = front.config().message_bytes_max() * JSON_FACTOR;
    let sending = spawn(send(
        request.into_body(),
        Values::new(bytes_max),
        input,
        requests,
    ));
    let sending = Sending(sending.abort_handle());
    let first = match replies.recv().await {
        None => return Ok(typed("application/json", Body::Empty)),
        Some(Ok(message)) => result_line(&output, message)?,
        Some(Err(status)) => {
            let mut response = super::failure(&status);
            *response.body_mut() = Body::from(error_line(&status));
            return Ok(response);
        }
    };
    let lines = Lines {
        first: Some(first),
        replies: Some(replies),
        output,
        _sending: sending,
    };
    Ok(typed("application/json", Body::live(lines)))
}

/// The task that reads the client's requests; it ends with the answer.
struct Sending(AbortHandle);

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Hands on each request of a body. At its end, or at the first one that is none, the requests end.
async fn send(
    mut body: RequestBody,
    mut values: Values,
    input: MessageDescriptor,
    requests: mpsc::Sender<Bytes>,
) -> Option<()> {
    loop {
        while let Some(json) = values.next().ok()? {
            let message = decode::decode(&input, &json).ok()?;
            requests.send(message.into()).await.ok()?;
        }
        match body.next().await {
            Some(data) => values.push(&data.ok()?),
            None => {
                let json = values.last().ok()??;
                let message = decode::decode(&input, &json).ok()?;
                return requests.send(message.into()).await.ok();
            }
        }
    }
}

/// The lines of an answer, made as the client takes them.
struct Lines {
    first: Option<String>,
    replies: Option<mpsc::Receiver<Result<Bytes, Status>>>,
    output: MessageDescriptor,
    _sending: Sending,
}

impl http_body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first.into()))));
        }
        let Some(replies) = &mut this.replies else {
            return Poll::Ready(None);
        };
        let reply = std::task::ready!(replies.poll_recv(cx));
        let line = reply.map(|reply| reply.and_then(|message| result_line(&this.output, message)));
        let line = line.map(|line| {
            line.unwrap_or_else(|status| {
                this.replies = None; // nothing comes after an error
                error_line(&status)
            })
        });
        Poll::Ready(line.map(|line| Ok(Frame::data(line.into()))))
    }
}

fn result_line(message: &MessageDescriptor, bytes: Bytes) -> Result<String, Status> {
    Ok(format!("{{\"result\":{}}}\n", json(message, bytes)?))
}

fn error_line(status: &Status) -> String {
    format!("{{\"error\":{}}}\n", error_json(status))
}
