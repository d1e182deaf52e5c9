//! `unsafe` stands in files named `sys.rs` and nowhere else, test code included.

use crate::finding::Finding;
use crate::tree::Tree;

/// Finds `unsafe` blocks, functions, implementations and attributes outside `sys.rs`.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, tokens) in tree.rust() {
        if path.ends_with("/sys.rs") {
            continue;
        }
        let unsafes = tokens.iter().filter(|token| token.text == "unsafe");
        found.extend(unsafes.map(|token| {
            Finding::at(
                path,
                token.line,
                "`unsafe` belongs into a file named sys.rs",
            )
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_file(path: &str, text: &str, expected_count: usize) {
        assert_eq!(check(&Tree::of(&[(path, text)])).len(), expected_count);
    }

    #[test]
    fn unsafe_of_every_kind_is_found() {
        check_file("crypto/src/lib.rs", "fn a() { unsafe { b() } }", 1);
        check_file(
            "crypto/src/lib.rs",
            "unsafe impl Send for A {}\n#[unsafe(no_mangle)] static A: u8 = 0;",
            2,
        );
        check_file(
            "crypto/tests/it/main.rs",
            "#[test] fn a() { unsafe { b() } }",
            1,
        );
    }

    #[test]
    fn sys_files_words_and_lints_are_left_alone() {
        check_file("crypto/src/sys.rs", "fn a() { unsafe { b() } }", 0);
        check_file(
            "crypto/src/lib.rs",
            "// unsafe\n#![deny(unsafe_code)] const A: &str = \"unsafe\";",
            0,
        );
    }
}
