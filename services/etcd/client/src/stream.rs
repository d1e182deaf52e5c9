//! Answers that come in pieces: ranges and snapshots.

use etcd_api::etcdserverpb::{
    RangeRequest, RangeResponse, RangeStreamResponse, SnapshotRequest, SnapshotResponse,
    kv_client::KvClient, maintenance_client::MaintenanceClient,
};
use tokio::time::timeout_at;
use tonic::{Request, Status, Streaming};
use tracing::error;

use crate::{Call, Client, Error, error::status_text};

/// Takes the next message of a stream within the call's time.
pub(crate) async fn next<T>(call: Call, stream: &mut Streaming<T>) -> Result<Option<T>, Error> {
    let message = stream.message();
    let message = match call.deadline() {
        Some(deadline) => timeout_at(deadline, message)
            .await
            .map_err(|_| Error::DeadlineExceeded)?,
        None => message.await,
    };
    Ok(message?)
}

impl Client {
    /// Reads a range in pieces and returns it whole.
    ///
    /// # Errors
    /// [`Error`]: what the server answers, or that it was not reached in time.
    ///
    /// Source: etcd v3.7 client/v3/kv.go, `GetStreamToGetResponse`.
    pub async fn range_stream(
        &self,
        call: Call,
        request: RangeRequest,
    ) -> Result<RangeResponse, Error> {
        let connection = self.stream_connection(call).await?;
        let mut request = Request::new(request);
        self.describe(request.metadata_mut(), false);
        let mut client =
            KvClient::new(connection).max_decoding_message_size(self.config().response_bytes_max);
        let mut pieces = client.range_stream(request).await?.into_inner();
        let mut whole = RangeResponse::default();
        while let Some(RangeStreamResponse { range_response }) = next(call, &mut pieces).await? {
            let Some(piece) = range_response else {
                continue;
            };
            whole.kvs.extend(piece.kvs);
            whole.header = piece.header.or(whole.header);
            whole.more |= piece.more;
            whole.count = whole.count.max(piece.count);
        }
        Ok(whole)
    }

    /// Opens the stream of a snapshot, and tells when it cannot be.
    pub(crate) async fn snapshot_stream(
        &self,
        call: Call,
    ) -> Result<Streaming<SnapshotResponse>, Error> {
        self.open_snapshot(call).await.inspect_err(|error| {
            let status = match error {
                Error::Status(status) => Status::clone(status),
                other => Status::deadline_exceeded(other.to_string()),
            };
            error!(
                logger = self.config().logger,
                caller = "v3@v3.7.3/retry_interceptor.go:134",
                error = status_text(&status),
                "streamer failed to create ClientStream"
            );
        })
    }

    async fn open_snapshot(&self, call: Call) -> Result<Streaming<SnapshotResponse>, Error> {
        let connection = self.stream_connection(call).await?;
        let mut request = Request::new(SnapshotRequest {});
        self.describe(request.metadata_mut(), false);
        let mut client = MaintenanceClient::new(connection)
            .max_decoding_message_size(self.config().response_bytes_max);
        let opening = client.snapshot(request);
        let opened = match call.deadline() {
            Some(deadline) => timeout_at(deadline, opening)
                .await
                .map_err(|_| Error::DeadlineExceeded)?,
            None => opening.await,
        };
        Ok(opened?.into_inner())
    }
}
