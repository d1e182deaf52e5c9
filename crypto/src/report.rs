//! What this process says about its crypto.

/// The report. See [`report`].
#[derive(Clone, Debug)]
pub struct Report(serde_json::Value);

impl Report {
    /// The report as one line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.0.to_string()
    }

    /// The line every program logs once at its start.
    #[must_use]
    pub fn log_line(&self) -> String {
        format!("crypto provider={}", crate::provider().name())
    }
}

/// Returns the report of this process.
#[must_use]
pub fn report() -> Report {
    Report(serde_json::json!({ "provider": crate::provider().name() }))
}
