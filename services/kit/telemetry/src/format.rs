//! The line formats of the upstream programs.

mod float;
mod json;
pub(crate) mod promslog;
mod text;
