//! Listening sockets are bound in kit-guard and nowhere else. In test code clippy's ban, with its written reason at the
//! place, is enough; product code gets past this check only by an exception.

use crate::finding::Finding;
use crate::tokens;
use crate::tree::Tree;

/// The crate that binds.
const BINDER: &str = "services/kit/guard/";

/// What binds or listens, as tokens.
const BINDING: [&str; 8] = [
    "TcpListener :: bind",
    "UnixListener :: bind",
    "VsockListener :: bind",
    "TcpSocket :: new_v4",
    "TcpSocket :: new_v6",
    "libc :: listen",
    "socket :: listen",
    ". listen (",
];

/// Finds product code outside kit-guard that opens a listening socket.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, tokens) in tree.rust() {
        if path.starts_with(BINDER) || tree.is_test_file(path) {
            continue;
        }
        for pattern in BINDING {
            for index in tokens::find(&tokens, pattern) {
                if !tokens[index].in_test {
                    let text = format!(
                        "`{}` opens a listening socket; only kit-guard does",
                        pattern.replace(' ', "")
                    );
                    found.push(Finding::at(path, tokens[index].line, text));
                }
            }
        }
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
    fn a_listener_outside_the_guard_is_found() {
        check_file(
            "services/x/src/lib.rs",
            "fn a() { let l = std::net::TcpListener::bind(x); }",
            1,
        );
        check_file(
            "services/x/src/lib.rs",
            "fn a() { tokio::net::UnixListener::bind(x); socket.listen(128); }",
            2,
        );
    }

    #[test]
    fn the_guard_tests_comments_and_strings_are_left_alone() {
        check_file(
            "services/kit/guard/src/bind.rs",
            "fn a() { TcpListener::bind(x); }",
            0,
        );
        check_file(
            "services/x/tests/it/main.rs",
            "fn a() { TcpListener::bind(x); }",
            0,
        );
        check_file(
            "services/x/src/lib.rs",
            "#[cfg(test)] mod tests { fn a() { TcpListener::bind(x); } }",
            0,
        );
        check_file(
            "services/x/src/lib.rs",
            "// TcpListener::bind\nconst A: &str = \"TcpListener::bind\";",
            0,
        );
    }
}
