//! Lists and objects in fields, which `tracing` has no values for.

use std::fmt;

use serde_json::Value;

/// Returns what a field is written as without quotes: `args = ?json(&words)`. What cannot be JSON becomes a text.
pub fn json(value: &(impl serde::Serialize + ?Sized)) -> impl fmt::Debug {
    Raw(serde_json::to_string(value)
        .unwrap_or_else(|error| Value::from(error.to_string()).to_string()))
}

pub(super) struct Raw(String);

impl Raw {
    /// Returns the JSON of a rendered value. Somebody's text can look like one; it is then one value too, so that it
    /// adds no field.
    pub(super) fn read(text: &str) -> Option<&str> {
        let json = text.strip_prefix(MARK)?;
        serde_json::from_str::<serde::de::IgnoredAny>(json).ok()?;
        Some(json)
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MARK}{}", self.0)
    }
}

/// No text of ours begins so.
const MARK: &str = "\u{1}json:";
