//! Every flag of a service stands in its README, and its README's flag table names no flag that is gone. Read from the
//! service's flag table, the source of its help: that needs no build, and hidden flags are found too.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Finding;
use crate::tokens::{self, Token};
use crate::tree::Tree;

/// Where a service keeps its table.
const TABLE: &str = "/src/flags.rs";

/// What stands right before the name of a flag, a literal or a constant: rows of kit-cli, rows of our own programs,
/// and clap.
const BEFORE_NAMES: [&str; 6] = [
    "Flag :: new (",
    "Flag :: switch (",
    "Flag :: text (",
    "name :",
    ". long (",
    "switch (",
];

/// What marks a flag that only the program itself passes on.
const HIDDEN: &str = ". hide ( true";

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
        let text = "holds no flag: tidy cannot read the table any more";
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

/// Name and line of each row that is not hidden.
fn flags_of(tokens: &[Token]) -> Vec<(String, usize)> {
    let after = |pattern: &str| pattern.split(' ').count();
    let starts = BEFORE_NAMES.iter().flat_map(|pattern| {
        tokens::find(tokens, pattern)
            .into_iter()
            .map(move |index| index + after(pattern))
    });
    let names: BTreeMap<usize, &str> = starts
        .filter(|index| tokens.get(*index).is_some_and(|token| !token.in_test))
        .filter_map(|index| Some((index, literal(tokens, index)?)))
        .collect();
    let ends = names.keys().skip(1).copied().chain([tokens.len()]);
    let visible = names
        .iter()
        .zip(ends)
        .filter(|((start, _), end)| tokens::find(&tokens[**start..*end], HIDDEN).is_empty());
    visible
        .map(|((start, name), _)| ((*name).to_owned(), tokens[*start].line))
        .collect()
}

/// The text of the literal at `index`, or of the constant that is named there.
fn literal(tokens: &[Token], index: usize) -> Option<&str> {
    let token = &tokens[index];
    tokens::string_of(token).or_else(|| {
        let constant = format!("const {} : & str =", token.text);
        let found = tokens::find(tokens, &constant);
        tokens::string_of(tokens.get(found.first()? + constant.split(' ').count())?)
    })
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
    fn tables_of_our_own_programs_are_read_with_their_constants() {
        let table = r#"
            const LISTEN: &str = "listen";
            pub(crate) const DETACH: &str = "detach";
            const INNER: &str = "inner";
            const ROWS: &[Row] = &[Row { name: LISTEN, variable: "STACK_LISTEN" }];
            fn up() { c.arg(switch(DETACH, "x")).arg(switch(INNER, "y").hide(true)).arg(Arg::new("n").long("lines")) }
            fn argument(row: &Row) -> Arg { Arg::new(row.name).long(row.name) }
        "#;
        let names: Vec<_> = flags_of(&tokens::of(table).unwrap())
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["listen", "detach", "lines"]);
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
