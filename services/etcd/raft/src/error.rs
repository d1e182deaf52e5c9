//! What can go wrong.

use std::path::PathBuf;

use etcd_wal::WalError;

/// Why raft did not take a request or a message.
#[derive(Debug, thiserror::Error)]
pub enum RaftError {
    /// There is no leader, or it is about to change; the client may try again.
    #[error("raft proposal dropped")] // upstream's text
    ProposalDropped,
    /// A message from outside is not one that a member sends.
    #[error("raft: {0}")]
    Malformed(&'static str),
    /// An answer from somebody who is no member.
    #[error("raft: cannot step as peer not found")] // upstream's text
    PeerNotFound,
    /// What a configuration change holds cannot be read.
    #[error("configuration change")]
    ConfChange(#[source] prost::DecodeError),
    /// A configuration change that cannot be made: it would leave no voter.
    #[error("configuration change refused")]
    ConfChangeRefused(#[source] raft::Error),
    /// Anything else the raft crate says.
    #[error("raft")]
    Raft(#[source] raft::Error),
}

impl From<raft::Error> for RaftError {
    fn from(error: raft::Error) -> Self {
        match error {
            raft::Error::ProposalDropped => Self::ProposalDropped,
            raft::Error::StepPeerNotFound => Self::PeerNotFound,
            error => Self::Raft(error),
        }
    }
}

/// Why a member's raft cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The log cannot be used.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// The log does not say whose it is.
    #[error("metadata of {}", .path.display())]
    Metadata {
        /// The folder of the log.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: prost::DecodeError,
    },
    /// An entry of the log cannot be understood.
    #[error("entry {index} of the log")]
    Entry {
        /// Its index.
        index: u64,
        /// What is wrong with it.
        #[source]
        source: RaftError,
    },
    /// The store lacks entries that the log no longer has.
    #[error("database index {applied} does not match with snapshot (index {snapshot})")]
    StoreBehind {
        /// Up to where the store has applied.
        applied: u64,
        /// Where the log begins.
        snapshot: u64,
    },
    /// The store has applied more than the log holds: entries were lost, or the two are not of one member.
    #[error("database index {applied} is beyond the log, which ends at index {last}")]
    StoreAhead {
        /// Up to where the store has applied.
        applied: u64,
        /// Where the log ends.
        last: u64,
    },
    /// The log says that more is committed than it holds.
    #[error(
        "commit index {commit} is out of range [{first}, {last}]: was the log corrupted, truncated, or lost?"
    )]
    CommitOutOfRange {
        /// The last state's commit index.
        commit: u64,
        /// The first it may be.
        first: u64,
        /// The last it may be.
        last: u64,
    },
    /// Who votes is not told in a way that can be true.
    #[error("configuration names member {0:x} more than once")]
    MemberTwice(u64),
    /// The raft crate refuses to start.
    #[error("start raft")]
    Raft(#[source] raft::Error),
}
