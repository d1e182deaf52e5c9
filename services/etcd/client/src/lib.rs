//! Client of etcd 3.7, with the behaviour of upstream's clientv3.
//!
//! [`Client`] has one method for every call, taking and giving the messages of `etcd-api`. Connections to all endpoints are
//! kept and used in turn (`channel.rs`); what is tried again and when is in `retry.rs`; tokens are fetched and renewed
//! behind the calls. On top stand [`watch::Watcher`], [`lease::KeepAlive`], [`concurrency`], [`mirror`] and [`snapshot`].
//! What a command prints, and where settings come from, is left to the programs.
//!
//! Source: etcd v3.7 client/v3.

mod channel;
mod client;
pub mod concurrency;
mod config;
mod connection;
mod discovery;
mod endpoint;
mod error;
mod fetch;
pub mod interval;
pub mod lease;
pub mod mirror;
mod retry;
pub mod snapshot;
mod stream;
mod tls;
pub mod watch;

pub use crate::{
    client::{Call, Client},
    config::{Config, Credentials},
    connection::Connection,
    discovery::{DiscoveryError, discover},
    endpoint::Endpoint,
    error::Error,
    fetch::{FetchError, fetch},
    tls::{TlsFiles, TlsFilesError},
};
