//! The text format 0.0.4, in and out.
//!
//! Source: prometheus/common v0.69.0 expfmt `text_parse.go`, `text_create.go`.

pub mod encode;
mod parse;

pub use parse::{ParseError, parse};
