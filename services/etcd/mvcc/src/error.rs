//! Why a read, a compaction or a hash is refused.

use etcd_backend::ReadError;

use crate::Revision;

/// Why a read, a compaction or a hash is refused. The first two texts are upstream's: peers read them.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The revision was compacted.
    #[error("mvcc: required revision has been compacted")]
    Compacted,
    /// The revision is still to come.
    #[error("mvcc: required revision is a future revision")]
    FutureRevision,
    /// The order a range is to be in is none that there is.
    #[error("invalid sort option")]
    InvalidSort,
    /// The store cannot be read.
    #[error("mvcc: read")]
    Read(#[from] ReadError),
    /// The store does not have what the index says, or has what is no revision: it is damaged.
    #[error("mvcc: store is damaged at revision {}.{}", .0.main, .0.sub)]
    Damaged(Revision),
    /// What was written cannot be made durable.
    #[error("mvcc: commit")]
    Commit(#[from] etcd_backend::Failure),
}
