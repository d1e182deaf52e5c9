//! Families of symbols: every crypto library of C puts its mark on the names it defines, so that several of them can be
//! linked into one program. Here the marks tell them apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::provider::Provider;

/// Beginnings of the names that an OpenSSL (or a fork of it without a prefix) offers to others or is asked for.
const UNPREFIXED: [&str; 5] = ["EVP_", "OPENSSL_", "SSL_", "X509_", "d2i_"];

/// Functions that are a second stack even where the linker has hidden them.
const UNMISTAKABLE: [&str; 6] = [
    "EVP_DigestInit_ex",
    "EVP_MD_CTX_new",
    "EVP_sha256",
    "SSL_CTX_new",
    "SSL_new",
    "X509_verify_cert",
];

/// Who can see a symbol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    /// Everybody, or it is wanted from elsewhere.
    Global,
    /// Its own object alone. AWS-LC has unprefixed names of this kind, such as `EVP_PKEY_kem_new`.
    Local,
}

/// What a symbol's name gives away.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Family {
    /// `ring_core_<version>__*`, `aws_lc_<version>_*`, `aws_lc_fips_<version>_*`: a provider's own.
    Of(Provider),
    /// `SSL_CTX_new`, `EVP_*`: a second stack.
    Unprefixed,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(provider) => provider.fmt(f),
            Self::Unprefixed => f.write_str("unprefixed"),
        }
    }
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
pub fn of(name: &str, reach: Reach) -> Option<(Family, Option<String>)> {
    for (prefix, provider) in [
        ("ring_core_", Provider::Ring),
        ("aws_lc_fips_", Provider::Fips),
        ("aws_lc_", Provider::AwsLc),
    ] {
        if let Some(version) = name.strip_prefix(prefix).and_then(version) {
            return Some((Family::Of(provider), Some(version)));
        }
    }
    let offered =
        reach == Reach::Global && UNPREFIXED.iter().any(|prefix| name.starts_with(prefix));
    let unprefixed = offered || UNMISTAKABLE.contains(&name);
    unprefixed.then_some((Family::Unprefixed, None))
}

/// Adds a symbol to the counts, when it belongs to a family.
pub fn count(counts: &mut Counts, name: &str, reach: Reach) {
    if let Some((family, version)) = of(name, reach) {
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
    fn check(name: &str, reach: Reach, expected: Option<(Family, Option<&str>)>) {
        let expected = expected.map(|(family, version)| (family, version.map(str::to_owned)));
        assert_eq!(of(name, reach), expected, "{name}");
    }

    #[test]
    fn each_provider_is_known_by_its_prefix_and_version() {
        for reach in [Reach::Global, Reach::Local] {
            let of = |provider, version| Some((Family::Of(provider), Some(version)));
            check(
                "ring_core_0_17_14__aes_hw_encrypt",
                reach,
                of(Provider::Ring, "0.17.14"),
            );
            check(
                "aws_lc_0_43_0_EVP_sha256",
                reach,
                of(Provider::AwsLc, "0.43.0"),
            );
            check(
                "aws_lc_fips_0_13_11_awslc_version_string",
                reach,
                of(Provider::Fips, "0.13.11"),
            );
        }
    }

    #[test]
    fn a_second_stack_is_known_by_its_bare_names() {
        for name in [
            "SSL_CTX_new",
            "EVP_DigestInit_ex",
            "OPENSSL_init_ssl",
            "EVP_anything",
        ] {
            check(name, Reach::Global, Some((Family::Unprefixed, None)));
        }
        check(
            "SSL_CTX_new",
            Reach::Local,
            Some((Family::Unprefixed, None)),
        );
    }

    #[test]
    fn names_inside_an_object_of_aws_lc_are_no_second_stack() {
        check("EVP_PKEY_kem_new", Reach::Local, None);
        check("EVP_MD_pctx_ops_storage_bss_get", Reach::Local, None);
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
            check(name, Reach::Global, None);
        }
    }
}
