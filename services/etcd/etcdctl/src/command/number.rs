//! Numbers among the arguments, refused in Go's words.

use kit_cli::value::quote;

/// Reads a number of 64 bits with its sign.
pub(super) fn signed(text: &str, radix: u32) -> Result<i64, String> {
    i64::from_str_radix(text, radix).map_err(|error| refusal("ParseInt", text, error.kind()))
}

/// Reads a number of 64 bits without a sign.
pub(super) fn unsigned(text: &str, radix: u32) -> Result<u64, String> {
    if text.starts_with('+') {
        return Err(refusal(
            "ParseUint",
            text,
            &std::num::IntErrorKind::InvalidDigit,
        ));
    }
    u64::from_str_radix(text, radix).map_err(|error| refusal("ParseUint", text, error.kind()))
}

fn refusal(function: &str, text: &str, kind: &std::num::IntErrorKind) -> String {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    let reason = match kind {
        PosOverflow | NegOverflow => "value out of range",
        _ => "invalid syntax",
    };
    format!("strconv.{function}: parsing {}: {reason}", quote(text))
}
