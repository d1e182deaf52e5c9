//! The wire of etcd 3.7: every message and service, and the errors that clients know by code and text.
//!
//! The messages are generated from `proto/`, which states the facts of upstream's wire in our own files. What the messages
//! mean is left to the crates that use them; etcd's JSON is the gateway's.
//!
//! Source: etcd v3.7 api/; raft v3.7 raftpb.

mod annotations;
pub mod error;

pub use annotations::{Version, VersionError, oldest_for};
pub use error::Error;

/// The descriptors of all messages and services: a `google.protobuf.FileDescriptorSet`, for who has to know fields by their names.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// One module per protobuf package, as the generated code wants it.
macro_rules! packages {
    ($($(#[$doc:meta])* $package:ident)*) => {$(
        $(#[$doc])*
        #[allow(
            missing_docs,
            unused_qualifications,
            clippy::all,
            clippy::pedantic,
            clippy::restriction,
            clippy::nursery,
            reason = "generated"
        )]
        pub mod $package {
            include!(concat!(env!("OUT_DIR"), "/", stringify!($package), ".rs"));
        }
    )*};
}

packages! {
    /// Users, roles and permissions as they are stored.
    authpb
    /// The services of a member, and what a raft entry holds.
    etcdserverpb
    /// Leases as they are stored.
    leasepb
    /// Members as they are stored and agreed on.
    membershippb
    /// Keys with their values, and events.
    mvccpb
    /// Raft: entries, states, messages, changes of the configuration.
    raftpb
    /// The frame of a snapshot file.
    snappb
    /// The election service.
    v3electionpb
    /// The lock service.
    v3lockpb
    /// Records of the write-ahead log.
    walpb
}

#[cfg(test)]
mod tests;
