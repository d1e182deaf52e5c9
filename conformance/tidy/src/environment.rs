//! The environment and the command line are read in kit-cli and nowhere else. Build scripts are told everything by
//! variables of cargo, and may read them.

use crate::finding::Finding;
use crate::tokens::{self, Token};
use crate::tree::Tree;

/// The crate that reads.
const READER: &str = "services/kit/cli/";

/// The functions of `std::env` that read or write what a process was given.
const READING: [&str; 8] = [
    "args",
    "args_os",
    "remove_var",
    "set_var",
    "var",
    "var_os",
    "vars",
    "vars_os",
];

/// Finds product code outside kit-cli that reads or writes the environment, or reads the command line.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, tokens) in tree.rust() {
        if path.starts_with(READER) || path.ends_with("/build.rs") || tree.is_test_file(path) {
            continue;
        }
        let named = tokens::names_after(&tokens, "env ::")
            .into_iter()
            .filter(|name| READING.contains(&name.text.as_str()));
        found.extend(
            named
                .filter(|name| !name.in_test)
                .map(|name| finding(path, &name)),
        );
        for pattern in [". get_matches (", "libc :: getenv"] {
            let hidden = tokens::find(&tokens, pattern)
                .into_iter()
                .map(|index| &tokens[index + 1]);
            found.extend(
                hidden
                    .filter(|name| !name.in_test)
                    .map(|name| finding(path, name)),
            );
        }
    }
    found
}

fn finding(path: &str, name: &Token) -> Finding {
    Finding::at(
        path,
        name.line,
        format!(
            "`{}` reads what the process was given; only kit-cli does",
            name.text
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_file(path: &str, text: &str, expected_count: usize) {
        assert_eq!(check(&Tree::of(&[(path, text)])).len(), expected_count);
    }

    #[test]
    fn variables_and_arguments_outside_kit_cli_are_found() {
        check_file("crypto/src/lib.rs", "fn a() { std::env::var(\"A\"); }", 1);
        check_file(
            "crypto/src/lib.rs",
            "use std::env; fn a() { env::args_os(); }",
            1,
        );
        check_file(
            "crypto/src/lib.rs",
            "use std::env::{consts, var_os}; fn a() { var_os(\"A\"); }",
            1,
        );
        check_file("crypto/src/lib.rs", "fn a() { command.get_matches(); }", 1);
    }

    #[test]
    fn kit_cli_build_scripts_and_tests_are_left_alone() {
        check_file(
            "services/kit/cli/src/env.rs",
            "fn a() { std::env::vars(); }",
            0,
        );
        check_file(
            "crypto/build.rs",
            "fn a() { std::env::var(\"OUT_DIR\"); }",
            0,
        );
        check_file(
            "crypto/tests/it/main.rs",
            "fn a() { std::env::var(\"A\"); }",
            0,
        );
    }

    #[test]
    fn what_is_fixed_at_build_time_or_is_a_constant_is_left_alone() {
        check_file(
            "crypto/src/lib.rs",
            "const V: &str = env!(\"CARGO_PKG_VERSION\"); fn a() { std::env::consts::ARCH; env::temp_dir(); }",
            0,
        );
    }
}
