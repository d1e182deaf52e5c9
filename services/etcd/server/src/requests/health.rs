//! The health service of gRPC: this server serves, for as long as it runs.

use bytes::Bytes;
use tonic::{Code, Status};

use super::decode;
use crate::{answer::Answer, call::Stream};

/// `grpc.health.v1.HealthCheckRequest`.
#[derive(Clone, PartialEq, prost::Message)]
struct HealthCheckRequest {
    #[prost(string, tag = "1")]
    service: String,
}

/// Answers for the whole server, which is all that has a health.
pub(super) fn answer(message: Bytes) -> Result<Bytes, Status> {
    let request: HealthCheckRequest = decode(message)?;
    if request.service.is_empty() {
        Ok(serving())
    } else {
        Err(Status::new(Code::NotFound, "unknown service")) // grpc-go's text
    }
}

/// Returns the answer: this server serves.
fn serving() -> Bytes {
    let mut answer = Answer::bare();
    crate::answer::number(answer.fields(), 1, 1);
    answer.finish()
}

/// Tells that this server serves, and tells no more until it stops.
pub(super) async fn watch(mut stream: Stream) {
    if stream.replies.send(serving()).await.is_ok() {
        stream.replies.closed().await;
    }
}
