//! The line formats of the upstream programs.

mod float;
pub(crate) mod json;
pub(crate) mod promslog;
mod text;
