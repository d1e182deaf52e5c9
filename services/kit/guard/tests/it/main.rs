//! The guard as a program sees it: processes with other users, namespaces and descriptors.
//!
//! Each test runs `examples/guarded.rs`. Parts that need root say so and pass when there is none.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

mod activation;
mod drop;
mod enter;
mod files;
mod guarded;
mod ids;
mod ports;
mod report;
mod sandbox;
