//! Command lines and environments: what was typed, read once, in the spelling of the program we replace.
//!
//! A program describes its flags as a table of [`Flag`] rows and picks a dialect ([`dialect::kingpin`] for the
//! Prometheus family, a plain [`clap::Command`] for our own tools). [`run`] reads argv, prints help, versions and usage
//! errors exactly as that dialect does, and hands the program an [`Invocation`]. What the values *mean* is left to the
//! program's `Config`; opening files and sockets comes later still.

pub mod dialect;
pub mod env;
mod flag;
mod matches;
mod run;
pub mod value;

pub use crate::{
    env::{EnvSource, MapEnv, ProcessEnv},
    flag::{Choice, Flag, Kind},
    matches::Matches,
    run::{Invocation, fail, run},
};
