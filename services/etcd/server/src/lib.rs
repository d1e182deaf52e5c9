//! A member of etcd at work: everything between a socket and the engine that applies requests.
//!
//! [`Front`] serves listeners: gRPC on its own HTTP/2 connections (`grpc`), pages and the JSON gateway over HTTP (`http`, `gateway`),
//! metrics, and what members ask each other (`peer`). It hands every request to the engine as [`call::Work`], a message in bytes and the way back of its answer; what the engine
//! has to show without being asked is on the [`Board`].
//!
//! [`boot`] opens what a member has and makes an [`Engine`] of it: one task that owns the store, leases, users, members and raft. The
//! order of a put is in `node`, what a committed entry does in `apply`, what comes from clients in `requests`.
//!
//! [`membership`] knows who belongs to the cluster and which version it speaks; the engine owns it.
//!
//! Source: etcd v3.7 server/.

mod alarms;
mod answer;
mod apply;
mod board;
pub mod boot;
pub mod call;
mod compactor;
mod corrupt;
mod engine;
mod front;
#[cfg(any(test, feature = "test-util"))]
#[doc(hidden)]
pub mod fuzz;
mod gateway;
mod grpc;
mod http;
mod ids;
mod kv;
mod large;
mod limit;
mod loggable;
pub mod membership;
mod method;
pub mod metrics;
mod node;
mod observe;
mod peer;
mod proposal;
mod purge;
mod quota;
mod reads;
mod refusal;
mod requests;

pub use crate::{
    board::Board,
    compactor::Retention,
    corrupt::CorruptionChecks,
    engine::{Engine, EngineConfig, EngineError},
    front::{DRAIN, Front, FrontConfig, Keepalive, Traffic},
    http::VERSION,
    method::{Kind, Method},
    purge::FilesKept,
};
