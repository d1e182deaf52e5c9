//! The house checking itself. One file per check; each is a function from the tree (or from cargo's graph) to what it
//! found, with unit tests that plant a violation: a check that cannot fail is worth nothing.
//!
//! `tests/it/house.rs` runs every check on the real tree, so `cargo test -p conformance-tidy` is the whole command.
//! What is allowed where is data: `layers.toml`, `exceptions.toml`, and the `rules` of what may be linked, which lie in
//! `crypto` because every starting program is compared with them too.

pub mod crypto_names;
pub mod deny_files;
pub mod environment;
pub mod exceptions;
pub mod finding;
pub mod flags;
pub mod graph;
pub mod house;
pub mod layers;
pub mod manifests;
pub mod markers;
pub mod places;
pub mod promises;
pub mod provider;
pub mod provider_choice;
pub mod readmes;
#[path = "../../../crypto/src/linked/rules.rs"]
pub mod rules;
pub mod sockets;
pub mod tokens;
pub mod tree;
pub mod unsafe_code;

pub use crate::exceptions::Exceptions;
pub use crate::finding::Finding;
pub use crate::tree::Tree;
