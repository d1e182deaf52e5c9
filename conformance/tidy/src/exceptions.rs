//! Exceptions to the checks, as data with a reason each (`exceptions.toml`). An entry that nothing needs any more is a
//! finding itself, so the list only ever says what is true.

use serde::Deserialize;

use crate::finding::Finding;

/// One exception.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    /// The check it is about: the name of its file.
    check: String,
    /// Path prefix it covers.
    path: String,
    /// Why this place may do what others may not.
    reason: String,
}

/// The list of exceptions.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exceptions {
    #[serde(default)]
    exception: Vec<Exception>,
}

impl Exceptions {
    /// The list of this house.
    ///
    /// # Panics
    /// When `exceptions.toml` is not what this file describes.
    pub fn of_the_house() -> Self {
        toml::from_str(include_str!("../exceptions.toml"))
            .expect("exceptions.toml is checked in and valid")
    }

    /// Takes out what is excepted for `check`, and adds a finding for each exception that was not needed.
    pub fn apply(&self, check: &str, found: &[Finding]) -> Vec<Finding> {
        let ours: Vec<_> = self
            .exception
            .iter()
            .filter(|exception| exception.check == check)
            .collect();
        let covered = |finding: &Finding| {
            ours.iter()
                .any(|exception| finding.path.starts_with(&exception.path))
        };
        let unneeded = |exception: &&&Exception| {
            !found
                .iter()
                .any(|finding| finding.path.starts_with(&exception.path))
        };
        let stale = ours.iter().filter(unneeded).map(|exception| {
            let text = format!("the exception of {check} ({}) is not needed any more: take it out of exceptions.toml", exception.reason);
            Finding::about(&exception.path, text)
        });
        found
            .iter()
            .filter(|finding| !covered(finding))
            .cloned()
            .chain(stale)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "[[exception]]\ncheck = 'environment'\npath = 'conformance/'\nreason = 'a program of the judge'\n";

    #[test]
    fn an_exception_covers_its_path_and_nothing_else() {
        let list: Exceptions = toml::from_str(LIST).unwrap();
        let found = vec![
            Finding::about("conformance/a.rs", "x"),
            Finding::about("crypto/a.rs", "x"),
        ];
        assert_eq!(
            list.apply("environment", &found),
            [Finding::about("crypto/a.rs", "x")]
        );
    }

    #[test]
    fn an_exception_of_another_check_covers_nothing() {
        let list: Exceptions = toml::from_str(LIST).unwrap();
        let found = vec![Finding::about("conformance/a.rs", "x")];
        assert_eq!(list.apply("sockets", &found), found);
    }

    #[test]
    fn an_exception_nothing_needs_is_found() {
        let list: Exceptions = toml::from_str(LIST).unwrap();
        assert!(
            list.apply("environment", &[])[0]
                .text
                .contains("not needed any more")
        );
    }

    #[test]
    fn an_exception_without_a_reason_is_refused() {
        assert!(toml::from_str::<Exceptions>("[[exception]]\ncheck = 'a'\npath = 'b'\n").is_err());
    }
}
