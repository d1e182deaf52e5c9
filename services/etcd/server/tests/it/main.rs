//! The front over real sockets, before an engine that is a map.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod client;
mod engine;
mod gateway;
mod grpc;
mod member;
mod pages;
mod server;
mod tls;
