//! The crate's public face over real sockets.

mod bodies;
mod client;
mod corpus;
mod drain;
mod go_answers;
mod limits;
mod tls;
mod web_config;
