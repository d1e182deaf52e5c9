//! Reads an ELF program without running it and says which crypto it carries: gate 3 against mixing providers.
//!
//! [`evidence`] gathers what is in the file, [`claim`] and [`crates`] what it says about itself, [`verdict`] compares them.
//! Shares a table of names with the house, [`rules`], and no code; links nothing of the house and no digest: `make release` records the sums before and after strip with `sha256sum`.

pub mod arguments;
pub mod certified;
pub mod claim;
pub mod crates;
mod elf;
pub mod evidence;
pub mod family;
pub mod fuzz;
pub mod mismatch;
pub mod page;
pub mod provider;
#[path = "../../../crypto/src/linked/rules.rs"]
pub mod rules;
pub mod rust_crate;
pub mod verdict;

pub use crate::evidence::Evidence;
pub use crate::mismatch::Mismatch;
pub use crate::provider::Provider;
pub use crate::verdict::judge;
