//! Every flag of a service stands in its README, and its README's flag table names no flag that is gone. Read from the
//! service's flag table, the source of its help: that needs no build, and hidden flags are found too.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::tokens::{self, Token};
use crate::tree::Tree;

/// Where a service keeps its table; rows are `Flag::text("name", ...)` and its siblings.
const TABLE: &str = "/src/flags.rs";

/// Where the services are.
const SERVICES: &str = "services/";

/// Finds flags that the README of their crate does not name, and rows of the README about flags that do not exist.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, tokens) in tree.rust().filter(|(path, _)| path.starts_with(SERVICES)) {
        if let Some(folder) = path.strip_suffix(TABLE) {
            check_service(tree, folder, path, &tokens, &mut found);
        }
    }
    found
}

fn check_service(
    tree: &Tree,
    folder: &str,
    path: &str,
    tokens: &[Token],
    found: &mut Vec<Finding>,
) {
    let flags = flags_of(tokens);
    if flags.is_empty() {
        let text = "holds no row `Flag::kind(\"name\", ...)`: tidy cannot read the table any more";
        found.push(Finding::about(path, text));
        return;
    }
    let place = format!("{folder}/README.md");
    let readme = tree.text(&place).unwrap_or_default();
    let named = named_in(readme);
    for (name, line) in &flags {
        if !named.contains(name.as_str()) {
            found.push(Finding::at(
                path,
                *line,
                format!("--{name} is not documented in {place}"),
            ));
        }
    }
    let exists = |name: &str| {
        flags
            .iter()
            .any(|(flag, _)| flag == name || name.strip_prefix("no-") == Some(flag))
    };
    for (index, line) in readme.lines().enumerate() {
        let gone = row_flag(line).filter(|name| !exists(name));
        found.extend(gone.map(|name| {
            Finding::at(
                &place,
                index + 1,
                format!("documents --{name}, which {path} does not have"),
            )
        }));
    }
}

/// Name and line of each row.
fn flags_of(tokens: &[Token]) -> Vec<(String, usize)> {
    let rows = tokens::find(tokens, "Flag ::")
        .into_iter()
        .filter(|index| !tokens[*index].in_test);
    let literal = |index: usize| {
        tokens
            .get(index + 4)
            .filter(|_| tokens[index + 3].text == "(")
    };
    rows.filter_map(|index| {
        literal(index).and_then(|token| Some((tokens::string_of(token)?.to_owned(), token.line)))
    })
    .collect()
}

/// Every `--name` of a text.
fn named_in(text: &str) -> BTreeSet<&str> {
    text.split("--")
        .skip(1)
        .map(leading_name)
        .filter(|name| !name.is_empty())
        .collect()
}

/// The flag that a table row is about: the one its first cell begins with.
fn row_flag(line: &str) -> Option<&str> {
    line.strip_prefix("| `--").map(leading_name)
}

/// The name at the start of `text`; a full stop that ends a sentence is not part of it.
fn leading_name(text: &str) -> &str {
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && !"-._".contains(c))
        .unwrap_or(text.len());
    text[..end].trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = r#"
        //! Flag::text("in.a.comment", "")
        pub const FLAGS: &[Flag] = &[
            Flag::text("web.listen-address", "Addresses.").default(":9091"),
            Flag::new("push.ttl", Kind::Duration, "Time.").ours(),
            Flag::switch(
                "web.enable", "On.",
            ),
        ];
        #[cfg(test)] mod tests { fn a() { Flag::switch("planted", ""); } }
    "#;

    fn check_readme(readme: &str) -> Vec<String> {
        let tree = Tree::of(&[
            ("services/x/src/flags.rs", TABLE),
            ("services/x/README.md", readme),
        ]);
        check(&tree)
            .into_iter()
            .map(|finding| finding.text)
            .collect()
    }

    #[test]
    fn documented_flags_pass() {
        assert!(
            check_readme(
                "| `--web.listen-address=ADDR` | x |\nUse --push.ttl=5m and `--web.enable`."
            )
            .is_empty()
        );
    }

    #[test]
    fn an_undocumented_flag_is_found_even_when_a_longer_one_is_documented() {
        let found = check_readme("`--web.listen-address` `--push.ttl` `--web.enable-lifecycle`");
        assert_eq!(
            found,
            ["--web.enable is not documented in services/x/README.md"]
        );
    }

    #[test]
    fn a_service_without_a_readme_documents_nothing() {
        assert_eq!(
            check(&Tree::of(&[("services/x/src/flags.rs", TABLE)])).len(),
            3
        );
    }

    #[test]
    fn a_row_about_a_flag_that_is_gone_is_found() {
        let found = check_readme(
            "--web.listen-address --push.ttl --web.enable.\n| `--no-web.enable` | off |\n| `--gone` | x |\n",
        );
        assert_eq!(
            found,
            ["documents --gone, which services/x/src/flags.rs does not have"]
        );
    }

    #[test]
    fn a_table_that_cannot_be_read_any_more_is_found() {
        assert_eq!(
            check(&Tree::of(&[(
                "services/x/src/flags.rs",
                "const A: u8 = 0;"
            )]))
            .len(),
            1
        );
    }
}
