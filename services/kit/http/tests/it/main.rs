//! The crate's public face over real sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bodies;
mod client;
mod corpus;
mod drain;
mod go_answers;
mod limits;
mod tls;
mod web_config;
