//! The services of the kit side by side on embedded defaults, supervised, with one status page.
//!
//! [`catalog`] says which services there are, [`fleet`] runs them, [`supervise`] keeps one of them running, [`page`]
//! shows them. Commands in other terminals find the supervisor by the [`record`] in the [`data_dir`].
//!
//! Left to others: what the services do, binding (kit-guard), HTTP (kit-http), log lines of our own (kit-telemetry).

pub mod backoff;
pub mod catalog;
pub mod condition;
pub mod config;
pub mod crypto_report;
pub mod data_dir;
pub mod fleet;
pub mod greeting;
pub mod http_get;
pub mod log_file;
pub mod log_tail;
pub mod page;
pub mod plan;
pub mod ports;
pub mod process;
pub mod quantity;
pub mod record;
pub mod recorder;
pub mod status;
pub mod supervise;

mod detach;
mod down;
mod flags;
mod leftovers;
mod logs;
mod show;
mod terminal;

pub use crate::{
    config::{Config, ConfigError},
    flags::command,
};
