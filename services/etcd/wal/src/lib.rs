//! The write-ahead log of a member, in upstream's file format: entries and states of raft, each checksummed together with
//! all before it, in segments of 64 MB that are made ready in advance.
//!
//! [`Wal`] appends; [`read`] and [`repair`] look at a log nobody has open. Snapshot files are [`snap`]'s. What entries
//! mean, and when a log must be synced before a message leaves, is left to etcd-raft.
//!
//! Source: etcd v3.7 server/storage/wal/; server/etcdserver/api/snap/.

mod error;
#[doc(hidden)]
pub mod fuzz;
mod name;
mod pipeline;
mod purge;
pub mod read;
mod record;
mod repair;
mod segment;
pub mod snap;
mod wal;

pub use self::{
    error::WalError,
    name::exists,
    purge::purge,
    read::Contents,
    repair::repair,
    wal::{Options, Saved, Wal},
};
