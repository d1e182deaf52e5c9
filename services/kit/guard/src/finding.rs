//! What the guard found: a stable id, one sentence and the ways to fix it.

use std::fmt;

use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, nothing to do.
    Info,
    /// Works here and may fail elsewhere.
    Warn,
    /// Something failed.
    Error,
}

/// One thing the guard noticed. Never holds secrets or the environment.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// Stable id such as `GRD-P01`.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// Ways out, the one for the detected platform first.
    pub fix: Vec<String>,
}

impl Finding {
    pub(crate) fn new(id: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            id,
            severity,
            message: message.into(),
            fix: Vec::new(),
        }
    }

    pub(crate) fn with_fix(mut self, fix: Vec<String>) -> Self {
        self.fix = fix;
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.message)?;
        self.fix
            .iter()
            .try_for_each(|line| write!(f, "; fix: {line}"))
    }
}

/// Joins several findings about one failure into the one line that is logged: messages first, then every fix once.
pub(crate) fn one_line(findings: &[Finding]) -> Option<String> {
    if findings.is_empty() {
        return None;
    }
    let mut parts: Vec<String> = findings
        .iter()
        .map(|finding| format!("{}: {}", finding.id, finding.message))
        .collect();
    for fix in findings.iter().flat_map(|finding| &finding.fix) {
        let line = format!("fix: {fix}");
        if !parts.contains(&line) {
            parts.push(line);
        }
    }
    Some(parts.join("; "))
}
