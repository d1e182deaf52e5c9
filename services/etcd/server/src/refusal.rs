//! Why a request is refused, whoever refuses it: one place that makes of each what clients see.
//!
//! Source: etcd v3.7 v3rpc/util.go `togRPCError`.

use etcd_api::Error;
use etcd_auth::AuthError;
use etcd_lease::LeaseError;
use kit_telemetry::chain;
use tonic::{Code, Status};

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// An error clients know.
    #[error(transparent)]
    Known(#[from] Error),
    /// By the rules of users.
    #[error(transparent)]
    Auth(AuthError),
    /// By the lessor.
    #[error(transparent)]
    Lease(LeaseError),
    /// By the store.
    #[error(transparent)]
    Store(etcd_mvcc::Error),
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Known(error) => Self::Known(error),
            other => Self::Auth(other),
        }
    }
}

impl From<LeaseError> for Refusal {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::Known(error) => Self::Known(error),
            other => Self::Lease(other),
        }
    }
}

impl From<etcd_mvcc::Error> for Refusal {
    fn from(error: etcd_mvcc::Error) -> Self {
        match error {
            etcd_mvcc::Error::Compacted => Self::Known(Error::Compacted),
            etcd_mvcc::Error::FutureRevision => Self::Known(Error::FutureRevision),
            etcd_mvcc::Error::InvalidSort => Self::Known(Error::InvalidSortOption),
            other => Self::Store(other),
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Known(error) => error.into(),
            other => Self::new(Code::Unknown, chain(&other)),
        }
    }
}
