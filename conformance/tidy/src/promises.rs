//! The promises of the root README: numbered without a gap, and each names a test that exists, as
//! `` `path/to/file.rs::name_of_the_test` ``.

use crate::finding::Finding;
use crate::tokens::{self, Token};
use crate::tree::Tree;

const PLACE: &str = "README.md";
const HEADING: &str = "## Promises";

/// Finds promises without a test, with a test that does not exist, or out of order; and a README without promises.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let text = tree.text(PLACE).unwrap_or_default();
    let section = text
        .split(HEADING)
        .nth(1)
        .map(|rest| rest.split("\n## ").next().unwrap_or(rest));
    let promises = promises(section.unwrap_or_default());
    if promises.is_empty() {
        return vec![Finding::about(
            PLACE,
            format!("holds no numbered promises under `{HEADING}`"),
        )];
    }
    let mut found = Vec::new();
    for (index, (number, promise)) in promises.iter().enumerate() {
        if *number != index + 1 {
            found.push(Finding::about(
                PLACE,
                format!("promise {number} stands where {} is due", index + 1),
            ));
        }
        let tests: Vec<_> = tests_named(promise).collect();
        if tests.is_empty() {
            found.push(Finding::about(
                PLACE,
                format!("promise {number} names no test that holds it"),
            ));
        }
        let absent = tests
            .into_iter()
            .filter(|(path, name)| !has_test(tree, path, name));
        found.extend(absent.map(|(path, name)| {
            Finding::about(
                PLACE,
                format!("promise {number}: {path} has no test {name}"),
            )
        }));
    }
    found
}

/// The items of the numbered list: number and text, lines that continue an item joined.
fn promises(section: &str) -> Vec<(usize, String)> {
    let mut list: Vec<(usize, String)> = Vec::new();
    for line in section.lines() {
        let item = line
            .split_once(". ")
            .and_then(|(number, text)| Some((number.parse().ok()?, text.to_owned())));
        match (item, list.last_mut()) {
            (Some(item), _) => list.push(item),
            (None, Some((_, text))) if line.starts_with(' ') => {
                text.push(' ');
                text.push_str(line.trim());
            }
            _ => {}
        }
    }
    list
}

/// The `` `file.rs::test` `` names of a promise.
fn tests_named(promise: &str) -> impl Iterator<Item = (&str, &str)> {
    let quoted = promise.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|text| text.rsplit_once("::"))
        .filter(|(path, _)| path.ends_with(".rs"))
}

/// Whether `path` holds a function `name` right after an attribute that makes it a test.
fn has_test(tree: &Tree, path: &str, name: &str) -> bool {
    let Some(tokens) = tree.text(path).and_then(tokens::of) else {
        return false;
    };
    tokens::find(&tokens, &format!("fn {name}"))
        .into_iter()
        .any(|index| tokens[index].in_test && follows_attribute(&tokens[..index]))
}

fn follows_attribute(before: &[Token]) -> bool {
    let last = before
        .iter()
        .rev()
        .find(|token| !matches!(token.text.as_str(), "async" | "pub"));
    last.is_some_and(|token| token.text == "]")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TESTS: &str =
        "#[test]\nfn holds() {}\n#[tokio::test]\nasync fn also_holds() {}\nfn helper() {}\n";

    fn check_readme(promises: &str) -> Vec<String> {
        let readme = format!("# x\n\n## Promises\n\n{promises}\n## Next\n\n9. not a promise\n");
        let tree = Tree::of(&[("README.md", &readme), ("a/tests/it/b.rs", TESTS)]);
        check(&tree)
            .into_iter()
            .map(|finding| finding.text)
            .collect()
    }

    #[test]
    fn promises_with_their_tests_pass() {
        assert!(check_readme("1. one: `a/tests/it/b.rs::holds`\n2. two, long,\n   `a/tests/it/b.rs::also_holds`\n").is_empty());
    }

    #[test]
    fn a_promise_without_a_test_is_found() {
        assert_eq!(
            check_readme("1. one, see `a/tests/it/b.rs`\n"),
            ["promise 1 names no test that holds it"]
        );
    }

    #[test]
    fn a_test_that_does_not_exist_or_is_no_test_is_found() {
        assert_eq!(
            check_readme(
                "1. `a/tests/it/b.rs::gone`\n2. `a/gone.rs::holds`\n3. `a/tests/it/b.rs::helper`\n"
            )
            .len(),
            3
        );
    }

    #[test]
    fn a_gap_in_the_numbers_is_found() {
        assert_eq!(
            check_readme("1. `a/tests/it/b.rs::holds`\n3. `a/tests/it/b.rs::holds`\n"),
            ["promise 3 stands where 2 is due"]
        );
    }

    #[test]
    fn a_readme_without_promises_is_found() {
        assert_eq!(check_readme("soon\n").len(), 1);
        assert_eq!(check(&Tree::of(&[])).len(), 1);
    }
}
