//! The engine as a task within the program asks it, in somebody's name.

use bytes::Bytes;
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{WatchCreateRequest, WatchRequest, WatchResponse, watch_request::RequestUnion},
    mvccpb::event::EventType,
};
use prost::Message;
use tokio::sync::mpsc;
use tonic::{Code, Status};

use crate::{
    call::{Call, Caller, Replies, Reply, Requests, Stream},
    engine::{Engine, Report},
    method::Method,
    metrics::grpc::Meter,
    requests::decode,
};

/// Asks in the name of a client.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    engine: mpsc::UnboundedSender<Report>,
    caller: Caller,
}

/// A watch on a key. It ends when this is dropped.
pub(super) struct Watching {
    _requests: mpsc::Sender<Bytes>,
    replies: mpsc::Receiver<Result<Bytes, Status>>,
}

impl Asker {
    pub(super) fn new(engine: mpsc::UnboundedSender<Report>, caller: Caller) -> Self {
        Self { engine, caller }
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask<M: Message + Default>(
        &self,
        method: Method,
        request: &impl Message,
    ) -> Result<M, Status> {
        let (reply, answer) = Reply::local(Meter::none());
        let call = Call {
            method,
            message: request.encode_to_vec().into(),
            caller: self.caller.clone(),
            deadline: None,
            reply,
            room: None,
        };
        self.tell(move |engine| engine.call(call));
        let answer = answer
            .await
            .unwrap_or_else(|_| Err(ApiError::Stopped.into()));
        decode(answer.map_err(as_client_error)?)
    }

    /// Lets the time of a lease begin anew; what comes of it shows when the lease is used.
    pub(super) fn renew(&self, lease: i64) {
        self.tell(move |engine| engine.renew_quietly(lease));
    }

    /// Begins a watch on a key, from a revision on.
    pub(super) async fn watch(
        &self,
        key: Bytes,
        range_end: Bytes,
        start_revision: i64,
    ) -> Result<Watching, Status> {
        let (requests, incoming) = mpsc::channel(1);
        let (outgoing, replies) = mpsc::channel(1);
        let stream = Stream {
            method: Method::Watch,
            caller: self.caller.clone(),
            deadline: None,
            requests: Requests::local(incoming, Meter::none()),
            replies: Replies::local(outgoing, Meter::none()),
        };
        self.tell(move |engine| engine.stream(stream));
        let create = WatchRequest {
            request_union: Some(RequestUnion::CreateRequest(WatchCreateRequest {
                key,
                range_end,
                start_revision,
                ..WatchCreateRequest::default()
            })),
        };
        let sent = requests.send(create.encode_to_vec().into()).await;
        sent.map_err(|_| Status::from(ApiError::Stopped))?;
        Ok(Watching {
            _requests: requests,
            replies,
        })
    }

    /// Waits until a key is gone.
    pub(super) async fn wait_for_deletion(
        &self,
        key: Bytes,
        seen_revision: i64,
    ) -> Result<(), Status> {
        let mut watching = self.watch(key, Bytes::new(), seen_revision + 1).await?;
        loop {
            let response = watching.next().await?;
            let mut events = response.events.iter();
            if events.any(|event| event.r#type == EventType::Delete as i32) {
                return Ok(());
            }
        }
    }

    fn tell(&self, what: impl FnOnce(&mut Engine) + Send + 'static) {
        // The engine may have stopped; then what is waited for ends.
        let _ = self.engine.send(Report::Then(Box::new(what)));
    }
}

/// Upstream asks itself as a client does, and what its client knows as an error of etcd has no code any more.
///
/// Source: etcd v3.7 api/v3rpc/rpctypes/error.go `Error`.
fn as_client_error(status: Status) -> Status {
    match ApiError::from_text(status.message()) {
        Some(error) => Status::new(Code::Unknown, error.text()),
        None => status,
    }
}

impl Watching {
    /// Waits for what the watch is told next.
    pub(super) async fn next(&mut self) -> Result<WatchResponse, Status> {
        let reply = self.replies.recv().await;
        let message = reply.unwrap_or_else(|| Err(ApiError::Stopped.into()))?;
        let response: WatchResponse = decode(message)?;
        if response.canceled {
            return Err(match response.compact_revision {
                0 => Status::new(Code::Unknown, response.cancel_reason),
                _ => ApiError::Compacted.into(),
            });
        }
        Ok(response)
    }
}
