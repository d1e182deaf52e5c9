//! Nothing unfinished is checked in: no `todo!`, no `unimplemented!`, no ignored test.

use crate::finding::Finding;
use crate::tokens;
use crate::tree::Tree;

/// Finds unfinished code and switched-off tests.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, tokens) in tree.rust() {
        for (pattern, text) in [
            ("todo !", "unfinished: write it or leave it out"),
            ("unimplemented !", "unfinished: write it or leave it out"),
            (
                "# [ ignore",
                "an ignored test holds no promise: run it or take it out",
            ),
        ] {
            found.extend(
                tokens::find(&tokens, pattern)
                    .into_iter()
                    .map(|index| Finding::at(path, tokens[index].line, text)),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(text: &str, expected_count: usize) {
        assert_eq!(
            check(&Tree::of(&[("a/src/lib.rs", text)])).len(),
            expected_count
        );
    }

    #[test]
    fn unfinished_code_is_found() {
        check_text(
            "fn a() { todo!() }\nfn b() { unimplemented!(\"later\") }",
            2,
        );
    }

    #[test]
    fn ignored_tests_are_found() {
        check_text(
            "#[test]\n#[ignore]\nfn a() {}\n#[test]\n#[ignore = \"slow\"]\nfn b() {}",
            2,
        );
    }

    #[test]
    fn words_in_comments_and_names_are_left_alone() {
        check_text(
            "// todo!()\nfn todo() { ignore() }\n#[derive(Debug)] struct A;",
            0,
        );
    }
}
