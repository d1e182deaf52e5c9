//! No file names the host of a package registry or a folder of one machine: the tree means the same everywhere.
//! Patterns are put together from pieces, so this file does not find itself.

use crate::finding::Finding;
use crate::tree::Tree;

/// Hosts of package registries and of their mirrors.
const HOSTS: [&str; 12] = [
    concat!("crates", ".io"),
    concat!("proxy", ".golang.org"),
    concat!("sum.golang", ".org"),
    concat!("registry.npmjs", ".org"),
    concat!("registry.yarnpkg", ".com"),
    concat!("pypi", ".org"),
    concat!("files.pythonhosted", ".org"),
    concat!("deb", ".debian.org"),
    concat!("security.debian", ".org"),
    concat!("rubygems", ".org"),
    concat!("archive.ubuntu", ".com"),
    concat!("repo.maven.apache", ".org"),
];

/// Starts of paths that exist on one machine only.
const FOLDERS: [&str; 5] = [
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/mnt", "/c/"),
];

/// Finds lines that name a registry's host or a path of one machine.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| *path != "Cargo.lock") {
        for (index, line) in text.lines().enumerate() {
            let host = HOSTS.iter().find(|host| names_host(line, host));
            found.extend(host.map(|host| {
                Finding::at(path, index + 1, format!("names the registry host {host}"))
            }));
            let folder = FOLDERS.iter().find(|folder| names_folder(line, folder));
            found.extend(folder.map(|folder| {
                Finding::at(
                    path,
                    index + 1,
                    format!("names a folder of one machine, {folder}"),
                )
            }));
        }
    }
    found
}

/// Whether `host` stands in `line` as a whole: not as the end of a longer word, not as the start of `crates.io-index`.
fn names_host(line: &str, host: &str) -> bool {
    line.match_indices(host).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + host.len()..].chars().next();
        let in_word = |neighbour: Option<char>| {
            neighbour.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
        };
        !in_word(before) && !in_word(after)
    })
}

/// Whether a path in `line` begins with `folder`: what stands before it cannot be the rest of a longer path.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"/._-~}$".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_line(line: &str, expected_count: usize) {
        assert_eq!(
            check(&Tree::of(&[("README.md", line)])).len(),
            expected_count,
            "{line}"
        );
    }

    #[test]
    fn every_host_is_found_alone_and_inside_an_address() {
        for host in HOSTS {
            check_line(host, 1);
            check_line(&format!("see https://static.{host}/x"), 1);
        }
    }

    #[test]
    fn every_folder_of_one_machine_is_found() {
        for folder in FOLDERS {
            check_line(&format!("cd {folder}x"), 1);
            check_line(&format!("PATH=\"{folder}x\""), 1);
        }
    }

    #[test]
    fn longer_paths_and_longer_words_are_left_alone() {
        for folder in FOLDERS {
            check_line(&format!("GET /metrics/job{folder}x"), 0);
            check_line(&format!("./a{folder}x"), 0);
        }
        for host in HOSTS {
            check_line(&format!("{host}-index"), 0);
        }
        check_line("prometheus.io and pkg.go.dev", 0);
    }
}
