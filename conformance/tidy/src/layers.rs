//! Arrows point down only: every dependency between our crates stands in `layers.toml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::finding::Finding;
use crate::house::House;

/// The table: crate to the crates of the house it may use.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layers {
    /// What the product may use (normal and build dependencies).
    may_use: BTreeMap<String, BTreeSet<String>>,
    /// What tests may use on top (dev-dependencies).
    tests_may_use: BTreeMap<String, BTreeSet<String>>,
}

impl Layers {
    /// The table of this house.
    ///
    /// # Panics
    /// When `layers.toml` is not what this file describes.
    pub fn of_the_house() -> Self {
        toml::from_str(include_str!("../layers.toml")).expect("layers.toml is checked in and valid")
    }

    /// Finds crates that are missing from the table and edges that the table does not allow.
    pub fn check(&self, house: &House) -> Vec<Finding> {
        let mut found = Vec::new();
        for member in &house.members {
            let Some(allowed) = self.may_use.get(&member.name) else {
                found.push(Finding::about(
                    &member.manifest,
                    format!("{} has no line in layers.toml", member.name),
                ));
                continue;
            };
            let in_tests = self.tests_may_use.get(&member.name);
            for edge in &member.uses {
                // A crate's tests may use the crate itself once more, with its feature `test-util` on.
                let for_tests = edge.name == member.name
                    || in_tests.is_some_and(|names| names.contains(&edge.name));
                let fine = allowed.contains(&edge.name) || (edge.only_tests && for_tests);
                if house.is_member(&edge.name) && !fine {
                    let text = format!(
                        "{} uses {}, and layers.toml has no such arrow",
                        member.name, edge.name
                    );
                    found.push(Finding::about(&member.manifest, text));
                }
            }
        }
        found
    }

    /// Finds arrows of the table that form a circle: a table in which everything is allowed protects nothing.
    pub fn circles(&self) -> Vec<Finding> {
        let circle = |name: &String| self.reaches(name, name, &mut BTreeSet::new());
        let crates = self.may_use.keys().filter(|name| circle(name));
        crates
            .map(|name| {
                Finding::about(
                    "conformance/tidy/layers.toml",
                    format!("{name} may use itself in the end"),
                )
            })
            .collect()
    }

    fn reaches(&self, from: &str, wanted: &str, seen: &mut BTreeSet<String>) -> bool {
        let next = self.may_use.get(from).into_iter().flatten();
        next.clone().any(|name| {
            name == wanted || (seen.insert(name.clone()) && self.reaches(name, wanted, seen))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::{Edge, Member};

    fn member(name: &str, uses: &[(&str, bool)]) -> Member {
        let edge = |(name, only_tests): &(&str, bool)| Edge {
            name: (*name).to_owned(),
            only_tests: *only_tests,
            features: Vec::new(),
        };
        Member {
            name: name.to_owned(),
            manifest: format!("{name}/Cargo.toml"),
            uses: uses.iter().map(edge).collect(),
            ..Member::default()
        }
    }

    fn check(uses: &[(&str, bool)]) -> Vec<String> {
        let layers: Layers = toml::from_str(
            "[may_use]\nlow = []\nhigh = ['low']\n[tests_may_use]\nlow = ['high']\n",
        )
        .unwrap();
        let house = House {
            members: vec![
                member("low", uses),
                member("high", &[("low", false), ("serde", false)]),
            ],
        };
        layers
            .check(&house)
            .into_iter()
            .map(|finding| finding.text)
            .collect()
    }

    #[test]
    fn arrows_of_the_table_and_crates_of_others_are_fine() {
        assert!(check(&[("serde", false)]).is_empty());
    }

    #[test]
    fn an_arrow_upwards_is_found() {
        assert_eq!(
            check(&[("high", false)]),
            ["low uses high, and layers.toml has no such arrow"]
        );
    }

    #[test]
    fn tests_may_have_arrows_of_their_own() {
        assert!(check(&[("high", true)]).is_empty());
    }

    #[test]
    fn tests_may_use_their_own_crate() {
        assert!(check(&[("low", true)]).is_empty());
        assert_eq!(check(&[("low", false)]).len(), 1);
    }

    #[test]
    fn a_crate_without_a_line_is_found() {
        let layers: Layers = toml::from_str("[may_use]\n[tests_may_use]\n").unwrap();
        let house = House {
            members: vec![member("new", &[])],
        };
        assert_eq!(
            layers.check(&house)[0].text,
            "new has no line in layers.toml"
        );
    }

    #[test]
    fn a_circle_in_the_table_is_found() {
        let layers: Layers = toml::from_str(
            "[may_use]\na = ['b']\nb = ['c']\nc = ['a']\nd = ['a']\n[tests_may_use]\n",
        )
        .unwrap();
        assert_eq!(layers.circles().len(), 3);
    }
}
