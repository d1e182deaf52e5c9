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

/// The one line that is logged.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(std::slice::from_ref(self)).unwrap_or_default())
    }
}

/// Joins the findings about one failure into the one line that is logged: what is wrong, then the nearest ways out.
pub(crate) fn one_line(findings: &[Finding]) -> Option<String> {
    if findings.is_empty() {
        return None;
    }
    let wrong = findings
        .iter()
        .map(|finding| format!("{}: {}", finding.id, finding.message));
    let ways = findings
        .iter()
        .flat_map(|finding| &finding.fix)
        .take(FIXES_ON_A_LINE);
    Some(
        wrong
            .chain(ways.map(|way| format!("fix: {way}")))
            .collect::<Vec<_>>()
            .join("; "),
    )
}

/// The service's own flag, two ways of the detected platform and one of the next; the report lists all.
const FIXES_ON_A_LINE: usize = 4;
