//! Families of symbols: every crypto library of C puts its mark on the names it defines, so that several of them can be
//! linked into one program. Here the marks tell them apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::provider::Provider;

/// Names an OpenSSL (or a fork of it without a prefix) defines or wants from a shared library.
const UNPREFIXED: [&str; 6] = [
    "BCM_",
    "EVP_",
    "OPENSSL_",
    "SSL_CTX_",
    "SSL_new",
    "X509_verify_cert",
];

/// What a symbol's name gives away.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Family {
    /// `ring_core_<version>__*`, `aws_lc_<version>_*`, `aws_lc_fips_<version>_*`: a provider's own.
    Of(Provider),
    /// `SSL_CTX_new`, `EVP_*`: a second stack.
    Unprefixed,
}

/// How often a family was seen, and in which versions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Count {
    /// Symbols of the family.
    pub symbols: usize,
    /// Versions in their names, dotted.
    pub versions: BTreeSet<String>,
}

/// Counts per family; a family that was not seen is absent.
pub type Counts = BTreeMap<Family, Count>;

/// Says to which family a symbol belongs, and in which version; `None` for a name of no crypto library.
pub fn of(name: &str) -> Option<(Family, Option<String>)> {
    for (prefix, provider) in [
        ("ring_core_", Provider::Ring),
        ("aws_lc_fips_", Provider::Fips),
        ("aws_lc_", Provider::AwsLc),
    ] {
        if let Some(version) = name.strip_prefix(prefix).and_then(version) {
            return Some((Family::Of(provider), Some(version)));
        }
    }
    let unprefixed = UNPREFIXED.iter().any(|prefix| name.starts_with(prefix));
    unprefixed.then_some((Family::Unprefixed, None))
}

/// Adds a symbol to the counts, when it belongs to a family.
pub fn count(counts: &mut Counts, name: &str) {
    if let Some((family, version)) = of(name) {
        let count = counts.entry(family).or_default();
        count.symbols += 1;
        count.versions.extend(version);
    }
}

/// The three numbers at the start of `rest`, which are followed by an underscore: `0_13_11_EVP_x` is 0.13.11.
fn version(rest: &str) -> Option<String> {
    let mut parts = rest.splitn(4, '_');
    let mut number = || {
        parts
            .next()
            .filter(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let version = [number()?, number()?, number()?].join(".");
    parts.next().map(|_| version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<(Family, Option<&str>)>) {
        assert_eq!(
            of(name),
            expected.map(|(family, version)| (family, version.map(str::to_owned))),
            "{name}"
        );
    }

    #[test]
    fn each_provider_is_known_by_its_prefix_and_version() {
        check(
            "ring_core_0_17_14__aes_hw_encrypt",
            Some((Family::Of(Provider::Ring), Some("0.17.14"))),
        );
        check(
            "aws_lc_0_43_0_EVP_sha256",
            Some((Family::Of(Provider::AwsLc), Some("0.43.0"))),
        );
        check(
            "aws_lc_fips_0_13_11_awslc_version_string",
            Some((Family::Of(Provider::Fips), Some("0.13.11"))),
        );
    }

    #[test]
    fn a_second_stack_is_known_by_its_bare_names() {
        check("SSL_CTX_new", Some((Family::Unprefixed, None)));
        check("EVP_DigestInit_ex", Some((Family::Unprefixed, None)));
    }

    #[test]
    fn other_names_belong_to_nobody() {
        for name in [
            "main",
            "_ZN9aws_lc_rs6digest",
            "aws_lc_rs_init",
            "ring_core_",
            "aws_lc_0_1",
            "MY_EVP_x",
            "",
        ] {
            check(name, None);
        }
    }
}
