//! A member of etcd at work: everything between a socket and the engine that applies requests.
//!
//! [`Front`] serves listeners: gRPC on its own HTTP/2 connections (`grpc`), pages and the JSON gateway over HTTP (`http`, `gateway`),
//! metrics. It hands every request to the engine as [`call::Work`], a message in bytes and the way back of its answer; what the engine
//! has to show without being asked is on the [`Board`].
//!
//! [`membership`] knows who belongs to the cluster and which version it speaks; the engine owns it.
//!
//! Source: etcd v3.7 server/.

mod board;
pub mod call;
mod front;
mod gateway;
mod grpc;
mod http;
pub mod membership;
mod method;
pub mod metrics;

pub use crate::{
    board::Board,
    front::{DRAIN, Front, FrontConfig, Keepalive, Traffic},
    http::VERSION,
    method::{Kind, Method},
};
