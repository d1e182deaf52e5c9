//! The deny files hold what gate 2 forbids, and each exception with its reason: cargo-deny then says the same about the
//! whole workspace.

use serde::Deserialize;

use crate::finding::Finding;
use crate::graph;
use crate::rules::{Rules, TOLERATED};
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
    /// Why it is banned, or why they may.
    #[serde(default)]
    reason: String,
}

/// Finds names that gate 2 forbids and the deny file of the provider does not ban, bans without a reason, and
/// exceptions that it leaves open to every crate.
pub fn check(tree: &Tree, rules: Rules) -> Vec<Finding> {
    let path = format!("deny-{}.toml", rules.feature);
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
    let missing = graph::forbidden(rules)
        .filter(|pattern| !fully_banned(pattern))
        .map(|pattern| format!("does not ban {pattern}, which gate 2 forbids"));
    let is_confined = |name: &str| {
        banned
            .iter()
            .any(|ban| ban.name == name && !ban.wrappers.is_empty())
    };
    let open = TOLERATED
        .iter()
        .filter(|(name, _)| !is_confined(name))
        .map(|(name, _)| format!("does not say who may link {name}, which no provider holds"));
    let unexplained = banned
        .iter()
        .filter(|ban| ban.reason.is_empty())
        .map(|ban| format!("bans {} without a reason", ban.name));
    missing
        .chain(open)
        .chain(unexplained)
        .map(|text| Finding::about(&path, text))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        feature: "ring",
        forbidden: &[&["openssl", "boring*"], &["aws-lc-rs"]],
        required: &[],
    };

    /// Bans everything it must, and says who may link what is tolerated.
    const COMPLETE: &str = "[bans]\ndeny = [
        { crate = 'openssl', reason = 'a' },
        { crate = 'boring-sys', reason = 'b' },
        { crate = 'aws-lc-rs', reason = 'c' },
        { crate = 'bcrypt', wrappers = ['crypto'], reason = 'd' },
        { crate = 'blowfish', wrappers = ['bcrypt'], reason = 'e' },
    ]\n";

    #[track_caller]
    fn check_changed(old: &str, new: &str, expected: &[&str]) {
        let deny = COMPLETE.replace(old, new);
        let tree = Tree::of(&[("deny-ring.toml", &deny)]);
        let texts: Vec<_> = check(&tree, RULES)
            .into_iter()
            .map(|finding| finding.text)
            .collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_file_that_bans_everything_passes() {
        check_changed("", "", &[]);
    }

    #[test]
    fn a_forgotten_name_is_found() {
        let expected = "does not ban boring*, which gate 2 forbids";
        check_changed("boring-sys", "boredom", &[expected]);
    }

    #[test]
    fn a_ban_with_a_way_around_it_is_no_ban() {
        let expected = "does not ban aws-lc-rs, which gate 2 forbids";
        check_changed(
            "'aws-lc-rs', ",
            "'aws-lc-rs', wrappers = ['crypto'], ",
            &[expected],
        );
    }

    #[test]
    fn an_exception_for_everybody_is_found() {
        let expected = "does not say who may link bcrypt, which no provider holds";
        check_changed("wrappers = ['crypto'], ", "", &[expected]);
    }

    #[test]
    fn a_ban_without_a_reason_is_found() {
        check_changed(", reason = 'a'", "", &["bans openssl without a reason"]);
    }

    #[test]
    fn a_missing_and_a_broken_file_are_found() {
        assert_eq!(check(&Tree::of(&[]), RULES).len(), 1);
        assert_eq!(check(&Tree::of(&[("deny-ring.toml", "[")]), RULES).len(), 1);
    }
}
