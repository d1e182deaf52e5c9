//! Versions stand in the root manifest only, and every crate inherits the lints and the edition of the house.

use toml::{Table, Value};

use crate::finding::Finding;
use crate::tree::Tree;

const DEPENDENCY_TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Finds dependencies with a version, path or source of their own, and crates that do not inherit.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for folder in tree.crate_folders() {
        let path = format!("{folder}/Cargo.toml");
        match tree.text(&path).unwrap_or_default().parse::<Table>() {
            Ok(manifest) => check_manifest(&path, &manifest, &mut found),
            Err(error) => found.push(Finding::about(&path, format!("cannot be read: {error}"))),
        }
    }
    found
}

fn check_manifest(path: &str, manifest: &Table, found: &mut Vec<Finding>) {
    let targets = manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    for owner in std::iter::once(manifest).chain(targets) {
        for table in DEPENDENCY_TABLES {
            let dependencies = owner
                .get(table)
                .and_then(Value::as_table)
                .into_iter()
                .flatten();
            for (name, dependency) in dependencies.filter(|(_, dependency)| !inherits(dependency)) {
                found.push(Finding::about(path, format!("[{table}] {name} = {dependency}: the version belongs into the root manifest")));
            }
        }
    }
    if !manifest.get("lints").is_some_and(inherits) {
        found.push(Finding::about(
            path,
            "does not inherit the lints: [lints] workspace = true",
        ));
    }
    for key in ["edition", "license", "rust-version", "version"] {
        if !manifest
            .get("package")
            .and_then(|package| package.get(key))
            .is_some_and(inherits)
        {
            found.push(Finding::about(
                path,
                format!("does not inherit {key}: {key}.workspace = true"),
            ));
        }
    }
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[package]\nname = 'a'\nedition.workspace = true\nlicense.workspace = true\nrust-version.workspace = true\nversion.workspace = true\n[lints]\nworkspace = true\n";

    fn check_text(text: &str) -> Vec<String> {
        check(&Tree::of(&[("a/Cargo.toml", text)]))
            .into_iter()
            .map(|finding| finding.text)
            .collect()
    }

    #[test]
    fn a_manifest_that_inherits_passes() {
        assert!(check_text(&format!("{HEAD}[dependencies]\nserde.workspace = true\nx = {{ workspace = true, optional = true }}\n")).is_empty());
    }

    #[test]
    fn a_version_a_path_and_a_git_source_are_found() {
        for dependency in [
            "serde = '1'",
            "serde = { version = '1' }",
            "kit = { path = '../kit' }",
            "x = { git = 'https://x' }",
        ] {
            for table in [
                "dependencies",
                "dev-dependencies",
                "build-dependencies",
                "target.'cfg(unix)'.dependencies",
            ] {
                assert_eq!(
                    check_text(&format!("{HEAD}[{table}]\n{dependency}\n")).len(),
                    1,
                    "{table} {dependency}"
                );
            }
        }
    }

    #[test]
    fn a_crate_that_goes_its_own_way_is_found() {
        let own = check_text(
            "[package]\nname = 'a'\nedition = '2021'\nlicense.workspace = true\nrust-version.workspace = true\nversion.workspace = true\n",
        );
        assert_eq!(
            own,
            [
                "does not inherit the lints: [lints] workspace = true",
                "does not inherit edition: edition.workspace = true"
            ]
        );
    }

    #[test]
    fn fuzz_targets_stand_outside_the_workspace() {
        assert!(
            check(&Tree::of(&[(
                "a/fuzz/Cargo.toml",
                "[dependencies]\nx = '1'\n[workspace]\n"
            )]))
            .is_empty()
        );
    }

    #[test]
    fn the_root_manifest_holds_the_versions() {
        assert!(
            check(&Tree::of(&[(
                "Cargo.toml",
                "[workspace.dependencies]\nserde = '1'\n"
            )]))
            .is_empty()
        );
    }
}
