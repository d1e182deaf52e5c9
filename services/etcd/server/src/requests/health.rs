//! The health service of gRPC: this server serves, for as long as it runs.

use bytes::Bytes;

use crate::{answer::Answer, call::Stream};

/// Returns the answer: this server serves.
pub(super) fn serving() -> Bytes {
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
