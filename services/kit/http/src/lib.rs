//! Serving over hyper: listeners, TLS, web configuration, limits, drain.
//!
//! A service gives a [`Handler`] and a list of [`listen::Listener`]s; [`Server`] does the rest: accepts, speaks HTTP/1.1
//! in the clear and h2 or HTTP/1.1 under TLS, applies the exporter-toolkit web configuration to every request, answers
//! malformed requests with Go's words, cuts off clients that stall, and drains when [`Shutdown`] fires. [`run`] is the
//! whole life of a program around it.
//!
//! Left to others: routing and the meaning of a request (the service), binding sockets (kit-guard), everything about
//! certificates and ciphers (crypto).
//!
//! Source: Go net/http server.go; prometheus/exporter-toolkit v0.16.0 web/.

mod activity;
mod address;
pub mod body;
mod connection;
#[doc(hidden)]
pub mod fuzz;
mod gate;
mod h1;
mod http2;
mod limits;
pub mod listen;
mod registry;
mod run;
mod server;
mod service;
mod shutdown;
mod socket;
mod tls;
mod web_config;
pub mod yaml;

pub use crate::{
    body::{Body, RequestBody},
    http2::{Http2, Link},
    limits::Limits,
    run::{run, run_on_one_thread},
    server::{Refused, ServeError, Server},
    service::{Handler, Peer, Request, Response, error_response, target},
    shutdown::{Cause, Shutdown},
    tls::{TlsFiles, TlsSetupError},
    web_config::{WebConfigError, rights as web_config_rights},
};
