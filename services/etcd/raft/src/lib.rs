//! Raft for a member: drives the published `raft` crate over the write-ahead log.
//!
//! [`Node`] is the state machine: it belongs to the engine thread, does no I/O and reads no clock. What it wants written goes
//! to the [`Writer`], a thread that writes all that is queued and syncs once. [`boot`] begins a log or goes on with one. What
//! entries mean, and how messages travel, is left to the server.
//!
//! Source: etcd v3.7 server/etcdserver/raft.go, bootstrap.go; raft v3.7.

pub mod boot;
mod config;
mod error;
pub mod ids;
mod log;
mod log_lines;
mod node;
mod persist;
mod wire;

pub use self::{
    config::Config,
    error::{BootError, RaftError},
    node::{Node, Peer, ReadState, Ready, Role, SoftState, Status, conf_change},
    persist::{Persist, Persisted, Report, Writer, WriterError},
};
