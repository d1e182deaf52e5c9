//! Gate 2, no mixing: the resolved graph of each program under each provider holds none of the names that [`rules`] forbid.
//! Asked of the resolver itself (`cargo tree`), so feature unification inside the workspace cannot hide
//! anything.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::finding::Finding;
use crate::provider::Provider;
use crate::rules::{self, Rules};

/// Why the resolver could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// `cargo tree` did not start.
    #[error("run cargo tree")]
    Cargo(#[source] io::Error),
    /// `cargo tree` ended with an error.
    #[error("cargo tree: {0}")]
    Refused(String),
}

/// The rules of a provider.
///
/// # Panics
/// When it has none.
pub fn rules_of(provider: Provider) -> Rules {
    let found = rules::PROVIDERS
        .into_iter()
        .find(|rules| rules.feature == provider.feature());
    found.expect("every provider has its rules")
}

/// The names and patterns that `rules` forbid.
pub(crate) fn forbidden(rules: Rules) -> impl Iterator<Item = &'static str> {
    rules.forbidden.iter().copied().flatten().copied()
}

/// Finds what may not be in `graph`, the names of all crates of `program` built with `provider`, and what is missing.
pub fn check(program: &str, provider: Provider, graph: &BTreeSet<String>) -> Vec<Finding> {
    let rules = rules_of(provider);
    let finding = |text: String| Finding::about(&format!("{program} with {provider}"), text);
    let unwanted = graph
        .iter()
        .filter(|name| forbidden(rules).any(|pattern| fits(pattern, name)))
        .map(|name| {
            finding(format!("links {name}; see: cargo tree -p {program} --no-default-features --features {provider} -e normal -i {name}"))
        });
    let missing = rules
        .required
        .iter()
        .filter(|name| !graph.contains(**name))
        .map(|name| {
            finding(format!(
                "does not link {name}: the graph is not the one of {provider}"
            ))
        });
    unwanted.chain(missing).collect()
}

/// Asks the resolver for the names of all crates that `program` links with `provider` and nothing else.
///
/// # Errors
/// [`GraphError`] when cargo cannot resolve, for example because `Cargo.lock` is not up to date.
pub fn resolve(
    root: &Path,
    program: &str,
    provider: Provider,
) -> Result<BTreeSet<String>, GraphError> {
    let output = Command::new("cargo")
        .args([
            "tree",
            "--locked",
            "--no-default-features",
            "-e",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .args(["-p", program, "--features", provider.feature()])
        .current_dir(root)
        .output()
        .map_err(GraphError::Cargo)?;
    if !output.status.success() {
        return Err(GraphError::Refused(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ));
    }
    Ok(names(&String::from_utf8_lossy(&output.stdout)))
}

/// The crate names of `cargo tree --prefix none --format {p}`: the first word of each line.
pub fn names(listing: &str) -> BTreeSet<String> {
    listing
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// Whether a name fits a pattern: itself, or its beginning when the pattern ends in `*`.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RING: &str = "pushgateway v0.1.0 (p)\ncrypto v0.1.0 (p)\nring v0.17.14\nrustls v0.23.46\nbcrypt v0.19.0\nblowfish v0.10.0\n";
    const AWS_LC: &str =
        "pushgateway v0.1.0 (p)\naws-lc-rs v1.17.1\naws-lc-sys v0.40.0\nrustls v0.23.46 (*)\n";
    const FIPS: &str =
        "pushgateway v0.1.0 (p)\naws-lc-rs v1.17.1\naws-lc-fips-sys v0.13.11\nbcrypt v0.19.0\n";

    #[track_caller]
    fn check(provider: Provider, listing: &str, expected: &[&str]) {
        let found = super::check("pushgateway", provider, &names(listing));
        let texts: Vec<_> = found
            .iter()
            .map(|finding| finding.text.split(';').next().unwrap())
            .collect();
        assert_eq!(texts, expected, "{provider}");
    }

    #[test]
    fn a_clean_graph_passes_with_its_own_provider() {
        check(Provider::Ring, RING, &[]);
        check(Provider::AwsLc, AWS_LC, &[]);
        check(Provider::Fips, FIPS, &[]);
    }

    #[test]
    fn a_graph_of_another_provider_is_found() {
        check(
            Provider::Fips,
            RING,
            &[
                "links ring",
                "does not link aws-lc-rs: the graph is not the one of fips",
                "does not link aws-lc-fips-sys: the graph is not the one of fips",
            ],
        );
        check(
            Provider::Ring,
            FIPS,
            &[
                "links aws-lc-fips-sys",
                "links aws-lc-rs",
                "does not link ring: the graph is not the one of ring",
            ],
        );
    }

    #[test]
    fn the_plain_module_beside_the_validated_one_is_found_both_ways() {
        check(
            Provider::Fips,
            &format!("{FIPS}aws-lc-sys v0.40.0\n"),
            &["links aws-lc-sys"],
        );
        check(
            Provider::AwsLc,
            &format!("{AWS_LC}aws-lc-fips-sys v0.13.11\n"),
            &["links aws-lc-fips-sys"],
        );
        check(
            Provider::AwsLc,
            &format!("{AWS_LC}ring v0.17.14\n"),
            &["links ring"],
        );
    }

    #[test]
    fn every_name_of_the_specification_is_found_where_it_is_planted() {
        for name in [
            "openssl",
            "openssl-sys",
            "native-tls",
            "boring-sys",
            "md5",
            "md-5",
            "rc4",
            "des",
        ] {
            for (provider, listing) in [
                (Provider::Ring, RING),
                (Provider::AwsLc, AWS_LC),
                (Provider::Fips, FIPS),
            ] {
                check(
                    provider,
                    &format!("{listing}{name} v1.0.0\n"),
                    &[&format!("links {name}")],
                );
            }
        }
        let primitives = "sha1 sha2 sha3 hmac hkdf rsa p256 p384 p521 ecdsa ed25519-dalek curve25519-dalek aes aes-gcm \
                          chacha20 chacha20poly1305 blake2 blake3 argon2 scrypt";
        for name in primitives.split(' ') {
            check(
                Provider::Fips,
                &format!("{FIPS}{name} v1.0.0\n"),
                &[&format!("links {name}")],
            );
        }
    }

    #[test]
    fn names_that_only_begin_alike_pass() {
        check(
            Provider::Fips,
            &format!("{FIPS}descriptor v1.0.0\nsha1_smol2 v1.0.0\nrsa-like v1.0.0\n"),
            &[],
        );
    }
}
