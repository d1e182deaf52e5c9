//! When a token counts.

use serde_json::Value;

use super::{Claims, JwtError};

/// Checks `exp` and `nbf` against `now`, in seconds since 1970. What is absent limits nothing.
pub(super) fn check(claims: &Claims, now: u64) -> Result<(), JwtError> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "dates may have fractions; seconds are exact in f64 for 285 million years"
    )]
    let now = now as f64;
    if date(claims, "exp")?.is_some_and(|end| now >= end) {
        return Err(JwtError::Expired);
    }
    if date(claims, "nbf")?.is_some_and(|begin| now < begin) {
        return Err(JwtError::NotYetValid);
    }
    Ok(())
}

fn date(claims: &Claims, name: &str) -> Result<Option<f64>, JwtError> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::Number(number)) => number.as_f64().map(Some).ok_or(JwtError::Claims),
        Some(_) => Err(JwtError::Claims),
    }
}
