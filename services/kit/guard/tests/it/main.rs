//! The guard as a program sees it: processes with other users, namespaces and descriptors.
//!
//! Each test runs `examples/guarded.rs`. Parts that need root say so and pass when there is none.

mod activation;
mod enter;
mod files;
mod guarded;
mod ports;
mod report;
