//! Leases of etcd 3.7: who holds which keys, and until when.
//!
//! [`Lessor`] is a plain state machine. What changes durably goes into the batch of an entry; the time is given by the
//! caller, and whoever asks [`Lessor::expired`] proposes the revocations. Deleting the keys of a revoked lease is left to
//! the store of keys, proposing and forwarding to the leader to the server.
//!
//! Source: etcd v3.7 server/lease; server/storage/schema/lease.go.

mod checkpoint;
mod error;
mod expiry;
mod keys;
mod lessor;
mod load;
mod promote;

pub use crate::{
    checkpoint::{CHECKPOINT_BATCH_MAX, CHECKPOINT_INTERVAL},
    error::{LeaseError, LoadError},
    expiry::{EXPIRED_MAX, RETRY_INTERVAL},
    lessor::{LeaseConfig, Lessor, Renewal, TTL_SECONDS_MAX, TimeToLive, ttl_seconds_min},
};
