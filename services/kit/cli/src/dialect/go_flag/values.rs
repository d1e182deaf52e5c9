//! What values of flags may be, as Go's `flag` and etcd's own kinds check them. For [`Kind::Checked`](crate::Kind).
//!
//! Source: Go flag/flag.go, `numError`; etcd pkg/flags.

use crate::value;

/// A number of 64 bits with or without a sign.
///
/// # Errors
/// Go's text.
pub fn int(written: &str) -> Result<(), String> {
    value::parse_int(written)
        .map(drop)
        .map_err(|error| error.to_string())
}

/// A number of 64 bits without a sign.
///
/// # Errors
/// Go's text.
pub fn uint(written: &str) -> Result<(), String> {
    value::parse_uint(written, 64)
        .map(drop)
        .map_err(|error| error.to_string())
}

/// A duration. Go's `flag` does not say what is wrong with it.
///
/// # Errors
/// Go's text.
pub fn duration(written: &str) -> Result<(), String> {
    value::parse_go_duration(written)
        .map(drop)
        .map_err(|_| "parse error".to_owned())
}

/// A list of URLs of addresses, or nothing.
///
/// # Errors
/// Upstream's text.
pub fn urls(written: &str) -> Result<(), String> {
    if written.is_empty() {
        return Ok(());
    }
    value::parse_urls(written.split(','))
        .map(drop)
        .map_err(|error| error.to_string())
}
