//! The verdicts of a run: one paragraph for each case that does not hold, then one line of numbers.

use std::fmt;

use crate::case::Case;
use crate::execute::Failure;

/// What became of one case.
#[derive(Debug)]
pub enum Verdict {
    /// It holds on every program it was put to.
    Passed,
    /// Upstream itself does not do what the case says; the case is wrong, ours was not asked.
    Untrusted(Failure),
    /// Ours differs.
    Failed(Failure),
    /// It was put to nobody, and why.
    Skipped(String),
}

/// Verdicts of a run.
#[derive(Debug, Default)]
pub struct Report {
    passed: usize,
    failed: usize,
    skipped: usize,
    paragraphs: Vec<String>,
}

impl Report {
    /// Counts a verdict and keeps what it has to say.
    pub fn add(&mut self, case: &Case, verdict: Verdict) {
        match verdict {
            Verdict::Passed => self.passed += 1,
            Verdict::Skipped(_) => self.skipped += 1,
            Verdict::Untrusted(failure) => self.fail("UPSTREAM", case, &failure),
            Verdict::Failed(failure) => self.fail("OURS", case, &failure),
        }
    }

    fn fail(&mut self, who: &str, case: &Case, failure: &Failure) {
        self.failed += 1;
        let file = case.file.file_name().unwrap_or_default().to_string_lossy();
        let text = failure.text.trim_end().replace('\n', "\n    ");
        self.paragraphs.push(format!(
            "FAILED on {who}: {} ({file}:{})\n    {text}\n",
            case.title, failure.line
        ));
    }

    /// Returns whether no case failed.
    #[must_use]
    pub fn all_hold(&self) -> bool {
        self.failed == 0
    }

    /// Returns how many cases passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.passed
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for paragraph in &self.paragraphs {
            writeln!(formatter, "{paragraph}")?;
        }
        write!(
            formatter,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Verdict};
    use crate::case::parse;
    use crate::execute::Failure;

    #[test]
    fn the_last_line_counts_and_failures_are_told() {
        let case = parse(std::path::Path::new("a/b.md"), "## title\nGET / => 200\n")
            .unwrap()
            .remove(0);
        let mut report = Report::default();
        report.add(&case, Verdict::Passed);
        report.add(&case, Verdict::Skipped("older".into()));
        assert!(report.all_hold());
        report.add(
            &case,
            Verdict::Failed(Failure {
                line: 2,
                text: "- a\n+ b".into(),
            }),
        );
        assert!(!report.all_hold());
        let text = report.to_string();
        assert!(
            text.contains("FAILED on OURS: title (b.md:2)\n    - a\n    + b\n"),
            "{text}"
        );
        assert!(text.ends_with("1 passed, 1 failed, 1 skipped"), "{text}");
    }
}
