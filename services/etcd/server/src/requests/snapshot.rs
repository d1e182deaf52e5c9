//! A copy of the store as upstream's tools take it: a bbolt file in small blobs, and a digest behind them.
//!
//! It is written from a moment of the store on another thread, as the client takes it; what it needs does not grow with the store.
//!
//! Source: etcd v3.7 v3rpc/maintenance.go `Snapshot`.

use std::io::{self, Write};

use bytes::Bytes;
use crypto::digest::{Algorithm, Hasher};
use etcd_api::{Error as ApiError, etcdserverpb::SnapshotResponse};
use etcd_auth::Identified;
use etcd_backend::{Backend, Bucket, View};
use etcd_bolt::{Plan, WriteError};
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};
use tonic::{Code, Status};
use tracing::info;

use crate::{
    call::{Caller, Stream, frame},
    engine::{Engine, Report},
    refusal::Refusal,
};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
enum SnapshotError {
    #[error(transparent)]
    Store(#[from] etcd_mvcc::Error),
    #[error(transparent)]
    Read(#[from] etcd_backend::ReadError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// What a copy is made of: the store, and the version of its layout.
type Source = (Backend, String);

impl Engine {
    /// Takes a request for a copy.
    pub(super) fn snapshot(&self, mut stream: Stream) {
        let engine = self.reports.clone();
        tokio::spawn(async move {
            let (answer, source) = oneshot::channel();
            let caller = stream.caller.clone();
            let begin = move |engine: &mut Self| {
                // The client may be gone.
                let _ = answer.send(engine.may_copy(&caller));
            };
            // If the engine has stopped, the channel ends.
            let _ = engine.send(Report::Then(Box::new(begin)));
            let outcome = match source.await {
                Ok(Ok(source)) => send(source, &mut stream).await,
                Ok(Err(refusal)) => Err(refusal.into()),
                Err(_) => Err(ApiError::Stopped.into()),
            };
            stream.replies.finish(outcome);
        });
    }

    fn may_copy(&mut self, caller: &Caller) -> Result<Source, Refusal> {
        let Identified::As(who) = self.identify(caller)? else {
            return Err(ApiError::InvalidAuthToken.into());
        };
        self.state.auth.check_admin(who.who())?;
        let version = self.board.storage_version().unwrap_or_default();
        Ok((self.backend.clone(), version))
    }
}

async fn send((backend, version): Source, stream: &mut Stream) -> Result<(), Status> {
    let (blobs, mut ahead) = mpsc::channel::<(Bytes, u64)>(BLOBS_AHEAD);
    let copying = spawn_blocking(move || copy(&backend, blobs));
    while let Some((blob, remaining_bytes)) = ahead.recv().await {
        let response = SnapshotResponse {
            header: None,
            remaining_bytes,
            blob,
            version: version.clone(),
        };
        if stream.replies.send(frame(&response)).await.is_err() {
            return Err(ApiError::RequestCanceled.into());
        }
    }
    match copying.await {
        Ok(outcome) => {
            outcome.map_err(|error| Status::new(Code::Unknown, kit_telemetry::chain(&error)))
        }
        Err(_) => Err(ApiError::Stopped.into()),
    }
}

/// Writes the file twice: first only to know how long it will be.
fn copy(backend: &Backend, blobs: mpsc::Sender<(Bytes, u64)>) -> Result<(), SnapshotError> {
    let view = backend.view()?;
    let mut plan = Plan::default();
    for bucket in Bucket::BY_NAME {
        plan.bucket(bucket.name().as_bytes())?;
        each(&view, bucket, |key, value| plan.entry(key, value.len()))?;
    }
    let layout = plan.finish()?;
    let bytes = layout.bytes();
    info!("total-bytes" = bytes, "sending database snapshot to client"); // upstream's text
    let mut writer = layout.write(Blobs::new(bytes, blobs))?;
    for bucket in Bucket::BY_NAME {
        writer.bucket(bucket.name().as_bytes())?;
        each(&view, bucket, |key, value| writer.entry(key, value))?;
    }
    writer.finish()?.end();
    info!(
        "total-bytes" = bytes,
        "successfully sent database snapshot to client"
    ); // upstream's text
    Ok(())
}

fn each(
    view: &View,
    bucket: Bucket,
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), WriteError>,
) -> Result<(), SnapshotError> {
    if bucket == Bucket::Key {
        for entry in view.revisions(&[0; REVISION_BYTES])? {
            let (key, value) = entry?;
            visit(key, &value)?;
        }
        return Ok(());
    }
    for entry in view.iter(bucket)? {
        let (key, value) = entry?;
        visit(&key, &value)?;
    }
    Ok(())
}

/// Cuts what is written into blobs, and sums it up.
struct Blobs {
    buffer: Vec<u8>,
    remaining: u64,
    digest: Hasher,
    blobs: mpsc::Sender<(Bytes, u64)>,
}

impl Blobs {
    fn new(bytes: u64, blobs: mpsc::Sender<(Bytes, u64)>) -> Self {
        Self {
            buffer: Vec::with_capacity(BLOB_BYTES),
            remaining: bytes,
            digest: Hasher::new(Algorithm::Sha256),
            blobs,
        }
    }

    fn send(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let blob = std::mem::replace(&mut self.buffer, Vec::with_capacity(BLOB_BYTES));
        self.digest.update(&blob);
        self.remaining = self.remaining.saturating_sub(blob.len() as u64);
        let sent = self.blobs.blocking_send((blob.into(), self.remaining));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// Sends the digest of all that was written.
    fn end(mut self) {
        if self.send().is_ok() {
            let digest = Bytes::from(self.digest.finish());
            // An error means that the client is gone.
            let _ = self.blobs.blocking_send((digest, 0));
        }
    }
}

impl Write for Blobs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(BLOB_BYTES - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..count]);
        if self.buffer.len() == BLOB_BYTES {
            self.send()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Source: etcd v3.7 v3rpc/maintenance.go `snapshotSendBufferSize`.
const BLOB_BYTES: usize = 32 << 10;

/// Blobs that may wait for the client.
const BLOBS_AHEAD: usize = 4;

/// Bytes of a revision.
const REVISION_BYTES: usize = 17;
