//! What is told of requests whose answer took long (`--warning-unary-request-duration`).
//!
//! Source: etcd v3.7 v3rpc/interceptor.go `logUnaryRequestStats`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use etcd_api::etcdserverpb::{
    DeleteRangeRequest, DeleteRangeResponse, PutRequest, RangeRequest, RangeResponse, RequestOp,
    TxnRequest, TxnResponse,
};
use jiff::Timestamp;
use prost::Message;
use tracing::warn;

use crate::{
    loggable::{Delete, Put, Range, Txn},
    method::Method,
    observe::shown,
};

/// A request that waits for its answer.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) remote: Arc<str>,
    /// As the client sent it.
    pub(crate) message: Bytes,
    pub(crate) began: Instant,
    /// Time after which it is told.
    pub(crate) limit: Duration,
}

/// What is told of both sides.
#[derive(Default)]
struct Story {
    request_count: i64,
    request_bytes: i64,
    response_count: i64,
    response_bytes: i64,
    content: String,
}

impl Asked {
    /// Tells of an answer, if it took long. Only what concerns keys is shown.
    pub(crate) fn answered(&self, answer: &[u8]) {
        let took = self.began.elapsed();
        if took <= self.limit {
            return;
        }
        let began = Timestamp::now().checked_sub(took).unwrap_or_default();
        let story = self.story(answer);
        warn!(
            "start time" = began.to_string(),
            "time spent" = shown(took),
            remote = &*self.remote,
            "response type" = format!("/{}/{}", self.method.service(), self.method.name()),
            "request count" = story.request_count,
            "request size" = story.request_bytes,
            "response count" = story.response_count,
            "response size" = story.response_bytes,
            "request content" = story.content,
            "request stats" // upstream's text
        );
    }

    fn story(&self, answer: &[u8]) -> Story {
        let (request_bytes, response_bytes) = (count(self.message.len()), count(answer.len()));
        match self.method {
            Method::Range => {
                let request: RangeRequest = read(&self.message);
                let response: RangeResponse = read(answer);
                Story {
                    request_bytes,
                    response_bytes,
                    response_count: response.count,
                    content: Range(&request).to_string(),
                    ..Story::default()
                }
            }
            Method::Put => Story {
                request_count: 1,
                request_bytes,
                response_bytes,
                content: Put(&read::<PutRequest>(&self.message)).to_string(),
                ..Story::default()
            },
            Method::DeleteRange => {
                let request: DeleteRangeRequest = read(&self.message);
                Story {
                    request_bytes,
                    response_bytes,
                    response_count: read::<DeleteRangeResponse>(answer).deleted,
                    content: Delete(&request).to_string(),
                    ..Story::default()
                }
            }
            Method::Txn => {
                let request: TxnRequest = read(&self.message);
                let response: TxnResponse = read(answer);
                let chosen = if response.succeeded {
                    &request.success
                } else {
                    &request.failure
                };
                Story {
                    request_count: count(chosen.len()),
                    request_bytes: count(chosen.iter().map(RequestOp::encoded_len).sum()),
                    response_count: 0,
                    response_bytes,
                    content: Txn(&request).to_string(),
                }
            }
            _ => Story {
                request_count: -1,
                request_bytes: -1,
                response_count: -1,
                response_bytes: -1,
                content: String::new(),
            },
        }
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Reads what was read or written here before; what is none is told as nothing.
fn read<M: Message + Default>(message: &[u8]) -> M {
    M::decode(message).unwrap_or_default()
}
