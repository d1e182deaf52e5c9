//! Ranges as a stream: chunks of a few keys at first, then of about as many bytes as a request may have.
//!
//! Source: etcd v3.7 v3rpc/key.go `RangeStream`; server/etcdserver/v3_server.go.

use bytes::{BufMut as _, Bytes, BytesMut};
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{
        RangeRequest, ResponseHeader,
        range_request::{SortOrder, SortTarget},
    },
};
use etcd_auth::{AuthInfo, Identified};
use etcd_mvcc::Scan;
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};
use tonic::{Code, Status};

use super::decode_streamed;
use crate::{
    answer::{bytes, message},
    call::{Caller, Reply, Stream},
    engine::{Engine, Report},
    grpc::frame::HEAD_BYTES,
    kv,
    limit::Limit,
    metrics::grpc::Meter,
    reads::{Read, Reading},
    refusal::Refusal,
};

/// What a stream is made of: a range over a moment of the store, and the header its last message has.
pub(crate) type Source = (Box<Scan>, ResponseHeader);

impl Engine {
    /// Takes a stream: its one request, then the range.
    pub(super) fn range_stream(&self, mut stream: Stream) {
        let engine = self.reports.clone();
        let bytes_wanted = self.config.request_bytes_max;
        tokio::spawn(async move {
            let request = match first(&mut stream).await {
                Ok(request) => request,
                Err(status) => return stream.replies.finish(Err(status)),
            };
            let (found, source) = oneshot::channel();
            let (reply, refused) = Reply::local(Meter::none());
            let caller = stream.caller.clone();
            let begin =
                move |engine: &mut Self| engine.begin_range_stream(request, &caller, found, reply);
            // If the engine has stopped, both channels end.
            let _ = engine.send(Report::Then(Box::new(begin)));
            let outcome = match source.await {
                Ok((scan, header)) => send(*scan, header, bytes_wanted, &mut stream).await,
                Err(_) => refused
                    .await
                    .unwrap_or_else(|_| Err(ApiError::Stopped.into()))
                    .map(drop),
            };
            stream.replies.finish(outcome);
        });
    }

    fn begin_range_stream(
        &mut self,
        request: RangeRequest,
        caller: &Caller,
        found: oneshot::Sender<Source>,
        reply: Reply,
    ) {
        let who = match self.identify(caller) {
            Ok(Identified::As(who)) => who,
            Ok(Identified::After(_)) => return reply.error(ApiError::InvalidAuthToken),
            Err(refusal) => return reply.error(refusal),
        };
        let is_serializable = request.serializable;
        let read = Read {
            who,
            reply,
            limit: Limit::new(None, self.config.request_timeout()),
            reading: Reading::Stream(request, found),
        };
        if is_serializable {
            self.serve(read);
        } else {
            self.read_when_known(read);
        }
    }

    /// Opens the range that a stream is made of.
    pub(crate) fn serve_stream(
        &self,
        request: &RangeRequest,
        who: &AuthInfo,
    ) -> Result<Source, Refusal> {
        self.state
            .auth
            .check_range(who.who(), &request.key, &request.range_end)?;
        let scan = self.state.store.scan(request)?;
        Ok((Box::new(scan), self.header()))
    }
}

async fn first(stream: &mut Stream) -> Result<RangeRequest, Status> {
    let message = stream.requests.next().await?;
    let request: RangeRequest =
        decode_streamed(message.ok_or_else(|| Status::new(Code::Unknown, "EOF"))?)?;
    kv::check::range(&request)?;
    let is_key_order = request.sort_order == SortOrder::None as i32
        || (request.sort_order == SortOrder::Ascend as i32
            && request.sort_target == SortTarget::Key as i32);
    if !is_key_order {
        let text = "RangeStream does not support custom sort orders"; // upstream's text
        return Err(Status::new(Code::Unimplemented, text));
    }
    let bounds = [
        request.min_mod_revision,
        request.max_mod_revision,
        request.min_create_revision,
        request.max_create_revision,
    ];
    if bounds != [0; 4] {
        let text = "RangeStream does not support revision filters"; // upstream's text
        return Err(Status::new(Code::Unimplemented, text));
    }
    Ok(request)
}

async fn send(
    scan: Scan,
    header: ResponseHeader,
    bytes_wanted: usize,
    stream: &mut Stream,
) -> Result<(), Status> {
    let (frames, mut ahead) = mpsc::channel(FRAMES_AHEAD);
    let walking = spawn_blocking(move || walk(scan, &header, bytes_wanted, &frames));
    while let Some(frame) = ahead.recv().await {
        if stream.replies.send(frame).await.is_err() {
            return Err(ApiError::RequestCanceled.into());
        }
    }
    match walking.await {
        Ok(outcome) => outcome.map_err(|error| Refusal::from(error).into()),
        Err(_) => Err(ApiError::Stopped.into()),
    }
}

/// Makes chunk after chunk. Their size in keys doubles while they are small, and halves when they are large.
fn walk(
    mut scan: Scan,
    header: &ResponseHeader,
    bytes_wanted: usize,
    frames: &mpsc::Sender<Bytes>,
) -> Result<(), etcd_mvcc::Error> {
    let mut rows = ROWS_FIRST;
    loop {
        let mut fields = BytesMut::new();
        let is_last = scan.page(rows, usize::MAX, &mut fields)?.is_some();
        let mut response = BytesMut::with_capacity(fields.len() + 64);
        if is_last {
            message(&mut response, 1, header);
        }
        response.extend_from_slice(&fields);
        let mut frame = BytesMut::with_capacity(response.len() + 16);
        frame.put_bytes(0, HEAD_BYTES);
        bytes(&mut frame, 1, &response);
        let length = u32::try_from(frame.len() - HEAD_BYTES).expect("a chunk is far from 4 GiB");
        frame[1..HEAD_BYTES].copy_from_slice(&length.to_be_bytes());
        let is_gone = frames.blocking_send(frame.freeze()).is_err();
        if is_last || is_gone {
            return Ok(());
        }
        if fields.len() < bytes_wanted / 2 {
            rows = rows.saturating_mul(2);
        } else if fields.len() > bytes_wanted.saturating_mul(2) {
            rows = (rows / 2).max(1);
        }
    }
}

/// Keys of the first chunk.
///
/// Source: etcd v3.7 v3_server.go `RangeStream`.
const ROWS_FIRST: usize = 10;

/// Chunks that may wait for the client.
const FRAMES_AHEAD: usize = 2;
