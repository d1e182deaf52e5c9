//! A README in every crate and every top-level folder, and no link or path in any Markdown file that leads nowhere.

use crate::finding::Finding;
use crate::tree::Tree;

/// Fewest lines that can say purpose, what it does not do, and where to start.
const LINES_MIN: usize = 8;

/// Finds crates and top-level folders without a README worth the name.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let top = tree
        .files()
        .iter()
        .filter_map(|file| file.path.split_once('/'))
        .map(|(folder, _)| folder);
    let mut folders: Vec<_> = top
        .filter(|folder| !folder.starts_with('.'))
        .chain(tree.crate_folders())
        .collect();
    folders.sort_unstable();
    folders.dedup();
    folders
        .into_iter()
        .filter_map(|folder| check_folder(tree, folder))
        .collect()
}

fn check_folder(tree: &Tree, folder: &str) -> Option<Finding> {
    let Some(text) = tree.text(&format!("{folder}/README.md")) else {
        return Some(Finding::about(folder, "has no README.md"));
    };
    if !text.starts_with("# ") {
        return Some(Finding::about(
            folder,
            "its README.md does not begin with a heading",
        ));
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    (lines < LINES_MIN).then(|| Finding::about(folder, format!("its README.md has {lines} lines: say purpose, what it does not do, what to read first")))
}

/// Finds links of Markdown files to files of the tree that do not exist, and paths written from the root of the tree that
/// do not either.
pub fn check_links(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let documents = tree
        .texts()
        .filter(|(path, _)| path.ends_with(".md") && !path.contains("/cases/"));
    for (path, text) in documents {
        for (index, line) in text.lines().enumerate() {
            let mut broken = |text: String| found.push(Finding::at(path, index + 1, text));
            for link in links(line).filter(|link| !leads_somewhere(tree, path, link)) {
                broken(format!("the link to {link} leads nowhere"));
            }
            for gone in paths(tree, line).filter(|path| !leads_somewhere(tree, "", path)) {
                broken(format!("there is no {gone}"));
            }
        }
    }
    found
}

/// The `quoted` paths that begin with a top-level folder. Placeholders in capitals and patterns are none.
fn paths<'a>(tree: &Tree, line: &'a str) -> impl Iterator<Item = &'a str> {
    let quoted = line
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|text| text.split("::").next().unwrap_or(text));
    let plain = |text: &&str| {
        text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-./".contains(&byte)
        })
    };
    quoted.filter(plain).filter(|text| {
        text.split_once('/')
            .is_some_and(|(folder, _)| tree.holds(folder))
    })
}

/// The targets of `[text](target)` inside the tree, without their anchors.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target);
    let inside = targets.filter(|target| {
        !target.contains("://") && !target.starts_with('#') && !target.contains(' ')
    });
    inside.map(|target| target.split('#').next().unwrap_or(target))
}

fn leads_somewhere(tree: &Tree, from: &str, link: &str) -> bool {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.is_empty() || tree.holds(&parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# a\n1\n2\n3\n4\n5\n6\n7\n";

    fn check_texts(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files))
            .into_iter()
            .map(|finding| finding.to_string())
            .collect()
    }

    #[test]
    fn a_folder_and_a_crate_without_a_readme_are_found() {
        let found = check_texts(&[
            ("a/README.md", GOOD),
            ("a/b/Cargo.toml", ""),
            ("c/x.txt", ""),
            ("Cargo.toml", ""),
            (".ci/run", ""),
        ]);
        assert_eq!(found, ["a/b: has no README.md", "c: has no README.md"]);
    }

    #[test]
    fn a_readme_that_says_nothing_is_found() {
        assert_eq!(check_texts(&[("a/README.md", "# a\n\nlater\n")]).len(), 1);
        assert_eq!(
            check_texts(&[("a/README.md", "a\n1\n2\n3\n4\n5\n6\n7\n8\n")]).len(),
            1
        );
    }

    #[test]
    fn a_path_from_the_root_that_is_gone_is_found() {
        let text = "`a/src/lib.rs` `a/src/lib.rs::works` `a/src/` `a/gone.rs` `a/*.rs` `a/NAME.rs` `b/c` `lib.rs` a/gone.rs";
        let tree = Tree::of(&[("README.md", text), ("a/src/lib.rs", "")]);
        let found: Vec<_> = check_links(&tree)
            .into_iter()
            .map(|finding| finding.text)
            .collect();
        assert_eq!(found, ["there is no a/gone.rs"]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let text =
            "[a](src/lib.rs) [b](../README.md#map) [c](gone.rs) [d](https://x/y) [e](#here) `f](g`";
        let tree = Tree::of(&[
            ("a/README.md", text),
            ("a/src/lib.rs", ""),
            ("README.md", ""),
        ]);
        let found: Vec<_> = check_links(&tree)
            .into_iter()
            .map(|finding| finding.text)
            .collect();
        assert_eq!(found, ["the link to gone.rs leads nowhere"]);
    }
}
