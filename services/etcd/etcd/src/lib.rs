//! What the command line, the variables and the configuration file of etcd mean.
//!
//! `setting` has every setting as a row; [`flags`] and [`file`](mod@file) say what was written, [`log`] and [`config`] what it
//! means and whether it goes together. Nothing is opened but the files that are read here; starting the member is left to
//! the program.
//!
//! Source: etcd v3.7 server/etcdmain, server/embed/config.go.

pub mod auth_token;
pub mod config;
mod data_dir;
pub mod file;
pub mod flags;
#[cfg(any(test, feature = "test-util"))]
pub mod fuzz;
pub mod gates;
mod host;
pub mod log;
pub mod member;
mod rights;
pub mod setting;
pub mod start;

pub use crate::{config::Config, rights::rights};
