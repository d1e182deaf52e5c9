//! A copy of a server's store, as a stream of blobs with a digest at its end.
//!
//! Source: etcd v3.7 client/v3/maintenance.go, `SnapshotWithVersion`; client/v3/snapshot/v3_snapshot.go.

use bytes::Bytes;
use crypto::digest::{Algorithm, Hasher};
use etcd_api::etcdserverpb::SnapshotResponse;
use tonic::Streaming;

use crate::{Call, Client, Error, stream};

/// A snapshot that is being read.
#[derive(Debug)]
pub struct Snapshot {
    call: Call,
    stream: Streaming<SnapshotResponse>,
    first: Option<SnapshotResponse>,
    version: String,
    size: u64,
    hasher: Hasher,
    /// The last bytes so far: the digest, when nothing follows.
    tail: Vec<u8>,
}

/// A snapshot that was read to its end is not whole.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SnapshotError {
    /// It ends without a digest.
    #[error("sha256 checksum not found [bytes: {0}]")] // upstream's text
    NoDigest(u64),
    /// The digest is of something else.
    #[error("expected sha256 {expected:?}, got {found:?}")] // upstream's text, of restoring
    WrongDigest {
        /// What the snapshot says.
        expected: Vec<u8>,
        /// What was read.
        found: Vec<u8>,
    },
}

impl Snapshot {
    /// Opens a snapshot and reads its first blob.
    ///
    /// # Errors
    /// [`Error`] of the call.
    pub async fn open(client: &Client, call: Call) -> Result<Self, Error> {
        let mut stream = client.snapshot_stream(call).await?;
        let first = stream::next(call, &mut stream).await?;
        let version = first
            .as_ref()
            .map(|first| first.version.clone())
            .unwrap_or_default();
        Ok(Self {
            call,
            stream,
            first,
            version,
            size: 0,
            hasher: Hasher::new(Algorithm::Sha256),
            tail: Vec::new(),
        })
    }

    /// Returns the version of the store's format, `3.7.0`; empty when the server does not say.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the next blob of the file, the digest at its end included; none after it.
    ///
    /// # Errors
    /// [`Error`] of the stream.
    pub async fn blob(&mut self) -> Result<Option<Bytes>, Error> {
        let next = match self.first.take() {
            Some(first) => Some(first),
            None => stream::next(self.call, &mut self.stream).await?,
        };
        let blob = next.map(|response| response.blob);
        if let Some(blob) = &blob {
            self.count(blob);
        }
        Ok(blob)
    }

    /// Checks what was read and returns how many bytes it was, the digest included.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn finish(self) -> Result<u64, SnapshotError> {
        if self.size % STORE_UNIT_BYTES != DIGEST_BYTES as u64 {
            return Err(SnapshotError::NoDigest(self.size));
        }
        let found = self.hasher.finish();
        if found != self.tail {
            return Err(SnapshotError::WrongDigest {
                expected: self.tail,
                found,
            });
        }
        Ok(self.size)
    }

    fn count(&mut self, blob: &[u8]) {
        self.size += blob.len() as u64;
        self.tail.extend_from_slice(blob);
        let hashed = self.tail.len().saturating_sub(DIGEST_BYTES);
        self.hasher.update(&self.tail[..hashed]);
        self.tail.drain(..hashed);
    }
}

/// Bytes of the digest behind the store.
const DIGEST_BYTES: usize = 32;

/// A store is a multiple of this long, so what is left over shows that there is a digest.
const STORE_UNIT_BYTES: u64 = 512;
