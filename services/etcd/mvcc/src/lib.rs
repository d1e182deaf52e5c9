//! The keys of a member: every revision that was not compacted, ranges over any of them, transactions, compaction, hashes
//! that members compare, and watches.
//!
//! [`Store`] is owned by the engine and changed through [`Txn`]; it neither waits nor reads a clock. What takes long is a value
//! of its own to be run elsewhere: [`Scan`], [`Compaction`], [`HashJob`]. Leases, users, quota and the wire are left to
//! their crates.
//!
//! Source: etcd v3.7 server/storage/mvcc/.

mod compact;
mod compare;
mod error;
mod hash;
mod history;
mod index;
mod interval;
mod range;
mod record;
mod restore;
mod revision;
mod store;
mod txn;
mod watch;

pub use self::{
    compact::{Compacted, Compaction},
    error::Error,
    hash::{HashJob, HashKv, KeyValueHash, hash_store},
    history::Version,
    range::{Found, Measure, Ranged, Scan},
    record::Record,
    restore::Restored,
    revision::Revision,
    store::{Change, Changes, Store},
    txn::Txn,
    watch::{Events, StreamId, WatchCounts, WatchResponse, Watches},
};
