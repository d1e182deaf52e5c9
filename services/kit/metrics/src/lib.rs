//! The metric model of the kit, and the formats it is written in.
//!
//! [`model`] holds plain values, [`packed`] the same values in a few bytes each; [`text`] and [`proto`] read and write the two
//! exposition formats. Serving them over HTTP is left to the services.
//!
//! Source: prometheus/client_model v0.6.2, prometheus/common v0.69.0 `expfmt`.

pub mod escape;
pub mod float;
#[cfg(any(test, feature = "test-util"))]
pub mod fuzz;
pub mod model;
pub mod name;
pub mod negotiate;
pub mod packed;
pub mod process;
pub mod proto;
pub mod quote;
pub mod registry;
#[cfg(test)]
mod samples;
pub mod text;

/// How many metric names one body may have, in either format. A name of a few bytes costs 270 in memory, so that without
/// this bound a body could take thirty times its size. No real push comes near. Ours, upstream has none.
pub const FAMILIES_MAX: usize = 1 << 20;
