//! Why a request about a lease is refused, and why stored leases cannot be read.

use etcd_api::Error;

/// Why a request about a lease is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LeaseError {
    /// An error clients know.
    #[error(transparent)]
    Known(#[from] Error),
    /// Another member counts the time. Clients see it as `Unknown`.
    #[error("not a primary lessor")] // upstream's text
    NotPrimary,
}

/// Why stored leases cannot be read. The store is damaged, or written by something else.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] etcd_backend::ReadError),
    /// A lease is not what is stored for leases.
    #[error("failed to Unmarshal lease proto item; lease ID={id}")] // upstream's text
    Lease {
        /// The key it is stored under, in hexadecimal.
        id: String,
        /// What is wrong.
        #[source]
        source: prost::DecodeError,
    },
}
