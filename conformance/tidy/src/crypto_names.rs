//! Only `crypto` names ring or AWS-LC, or switches on a crypto provider inside somebody else's crate.

use crate::finding::Finding;
use crate::house::House;
use crate::tokens;
use crate::tree::Tree;

/// The crate that may.
const OWNER: &str = "crypto";

/// Crates of the providers, as they are called in a manifest.
const CRATES: [&str; 4] = ["aws-lc-fips-sys", "aws-lc-rs", "aws-lc-sys", "ring"];

/// Features by which other crates bring a provider of their own.
const FEATURES: [&str; 6] = [
    "aws-lc-rs",
    "aws_lc_rs",
    "aws-lc-rs-fips",
    "fips",
    "prefer-post-quantum",
    "ring",
];

/// What a source file would write, as tokens.
const PATHS: [&str; 5] = [
    "aws_lc_fips_sys ::",
    "aws_lc_rs ::",
    "aws_lc_sys ::",
    "crypto :: ring",
    "use ring",
];

/// Finds manifests outside `crypto` that depend on a provider or switch one on. A crate of the house that forwards the
/// feature to `crypto` is fine: that is how a program chooses.
pub fn check_manifests(house: &House) -> Vec<Finding> {
    let mut found = Vec::new();
    for member in house.members.iter().filter(|member| member.name != OWNER) {
        for edge in &member.uses {
            if CRATES.contains(&edge.name.as_str()) {
                found.push(Finding::about(
                    &member.manifest,
                    format!("depends on {}; only crypto does", edge.name),
                ));
            }
            let ours = house.is_member(&edge.name);
            for feature in edge
                .features
                .iter()
                .filter(|feature| !ours && FEATURES.contains(&feature.as_str()))
            {
                found.push(Finding::about(
                    &member.manifest,
                    format!(
                        "switches on {}/{feature}; only crypto brings a provider",
                        edge.name
                    ),
                ));
            }
        }
    }
    found
}

/// Finds source outside `crypto` that names a provider's crate.
pub fn check_sources(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, tokens) in tree.rust().filter(|(path, _)| !path.starts_with("crypto/")) {
        for pattern in PATHS {
            let named = tokens::find(&tokens, pattern)
                .into_iter()
                .map(|index| tokens[index].line);
            found.extend(named.map(|line| {
                Finding::at(
                    path,
                    line,
                    format!("`{}` belongs into crypto", pattern.replace(" ::", "::")),
                )
            }));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::{Edge, Member};

    fn check_edge(owner: &str, name: &str, features: &[&str]) -> usize {
        let edge = Edge {
            name: name.to_owned(),
            features: features.iter().map(|each| (*each).to_owned()).collect(),
            only_tests: true,
        };
        let member = Member {
            name: owner.to_owned(),
            uses: vec![edge],
            ..Member::default()
        };
        let crypto = Member {
            name: "crypto".to_owned(),
            ..Member::default()
        };
        check_manifests(&House {
            members: vec![member, crypto],
        })
        .len()
    }

    #[test]
    fn a_provider_outside_crypto_is_found_even_for_tests() {
        for name in CRATES {
            assert_eq!(check_edge("kit-http", name, &[]), 1, "{name}");
            assert_eq!(check_edge("crypto", name, &[]), 0, "{name}");
        }
    }

    #[test]
    fn a_provider_through_a_feature_of_another_crate_is_found() {
        assert_eq!(
            check_edge("kit-http", "tokio-rustls", &["tls12", "ring"]),
            1
        );
        assert_eq!(check_edge("kit-http", "rustls", &["fips"]), 1);
        assert_eq!(check_edge("kit-http", "tokio-rustls", &["tls12"]), 0);
    }

    #[test]
    fn the_feature_of_our_own_crypto_is_how_a_program_chooses() {
        assert_eq!(check_edge("kit-http", "crypto", &["ring"]), 0);
    }

    #[test]
    fn a_provider_named_in_source_outside_crypto_is_found() {
        let tree = |path| {
            Tree::of(&[(
                path,
                "use ring::digest; fn a() { aws_lc_rs::init(); rustls::crypto::ring::default_provider(); }",
            )])
        };
        assert_eq!(check_sources(&tree("services/x/src/lib.rs")).len(), 3);
        assert_eq!(check_sources(&tree("crypto/src/lib.rs")).len(), 0);
    }
}
