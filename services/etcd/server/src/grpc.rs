//! gRPC on our own HTTP/2 connections: from the bytes of a socket to a [`Call`](crate::call::Call) or
//! [`Stream`](crate::call::Stream), and the answers back.
//!
//! One task serves a connection and hands requests on with the handle of their answer, so that a request that arrives whole costs no
//! task, no channel and no copy. Source: grpc-go v1.83 internal/transport/http2_server.go.

mod body;
mod connection;
pub(crate) mod frame;
mod heads;
mod http;
pub(crate) mod life;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod slow;
pub(crate) mod status;
pub(crate) mod stream;
pub(crate) mod timeout;
mod wire;

pub(crate) use self::connection::Grpc;
