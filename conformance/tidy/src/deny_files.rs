//! The deny files hold what gate 2 forbids: cargo-deny then says the same about the whole workspace, with a reason.

use serde::Deserialize;

use crate::finding::Finding;
use crate::graph::{self, Rules};
use crate::provider::Provider;
use crate::tree::Tree;

/// What is read of a deny file.
#[derive(Deserialize)]
struct DenyFile {
    bans: Bans,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    /// Crates that may depend on it all the same.
    #[serde(default)]
    wrappers: Vec<String>,
}

/// Finds names that gate 2 forbids and the deny file of `provider` does not ban.
pub fn check(tree: &Tree, rules: &Rules, provider: Provider) -> Vec<Finding> {
    let path = format!("deny-{provider}.toml");
    let Some(text) = tree.text(&path) else {
        return vec![Finding::about(
            &path,
            "the deny file of this provider is missing",
        )];
    };
    let banned = match toml::from_str::<DenyFile>(text) {
        Ok(file) => file.bans.deny,
        Err(error) => return vec![Finding::about(&path, format!("cannot be read: {error}"))],
    };
    let fully_banned = |pattern: &str| {
        banned
            .iter()
            .any(|ban| graph::fits(pattern, &ban.name) && ban.wrappers.is_empty())
    };
    let missing = rules
        .forbidden(provider)
        .filter(|pattern| !fully_banned(pattern));
    missing
        .map(|pattern| {
            Finding::about(
                &path,
                format!("does not ban {pattern}, which gate 2 forbids"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "always = ['openssl', 'boring*']\n[forbidden]\nring = ['aws-lc-rs']\naws-lc = []\nfips = []\n[required]\n";

    #[track_caller]
    fn check_file(deny: &str, expected: &[&str]) {
        let tree = Tree::of(&[("deny-ring.toml", deny)]);
        let rules = toml::from_str(RULES).unwrap();
        let texts: Vec<_> = check(&tree, &rules, Provider::Ring)
            .into_iter()
            .map(|finding| finding.text)
            .collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_file_that_bans_everything_passes() {
        check_file(
            "[bans]\ndeny = [{ crate = 'openssl' }, { crate = 'boring-sys' }, { crate = 'aws-lc-rs' }]\n",
            &[],
        );
    }

    #[test]
    fn a_forgotten_name_is_found() {
        check_file(
            "[bans]\ndeny = [{ crate = 'openssl' }, { crate = 'aws-lc-rs' }]\n",
            &["does not ban boring*, which gate 2 forbids"],
        );
    }

    #[test]
    fn a_ban_with_a_way_around_it_is_no_ban() {
        let deny = "[bans]\ndeny = [{ crate = 'openssl' }, { crate = 'boring' }, { crate = 'aws-lc-rs', wrappers = ['crypto'] }]\n";
        check_file(deny, &["does not ban aws-lc-rs, which gate 2 forbids"]);
    }

    #[test]
    fn a_missing_and_a_broken_file_are_found() {
        assert_eq!(
            check(
                &Tree::of(&[]),
                &toml::from_str(RULES).unwrap(),
                Provider::Fips
            )
            .len(),
            1
        );
        assert_eq!(
            check(
                &Tree::of(&[("deny-fips.toml", "[")]),
                &toml::from_str(RULES).unwrap(),
                Provider::Fips
            )
            .len(),
            1
        );
    }
}
