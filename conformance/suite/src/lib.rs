//! The cases, which services they are about, and the commands that put them to ours and to upstream.
//!
//! Leaves the running of a single case to `conformance-harness`. Links no crate of a service: programs are black boxes.

pub mod arguments;
pub mod clients;
pub mod fixtures;
pub mod peers;
pub mod run;
pub mod services;
