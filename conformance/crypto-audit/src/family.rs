//! Families of symbols: every crypto library puts its mark on the names it defines. Here the marks tell them apart.

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

/// Libraries that no program of the kit links, and how their names begin. First match wins.
const FOREIGN: [(&str, &[&str]); 9] = [
    (
        "go-boringcrypto",
        &["_goboringcrypto_", "crypto/internal/boring."],
    ),
    ("go-fips140", &["crypto/internal/fips140/"]),
    (
        "go",
        &[
            "crypto/",
            "vendor/golang.org/x/crypto/",
            "golang.org/x/crypto/",
        ],
    ),
    ("gnutls", &["gnutls_"]),
    ("libgcrypt", &["gcry_", "_gcry_"]),
    ("mbedtls", &["mbedtls_"]),
    ("nettle", &["nettle_", "_nettle_"]),
    ("nss", &["NSS_", "PK11_"]),
    ("wolfssl", &["wolfSSL_", "wolfCrypt_"]),
];

/// Most versions of one family that are told apart; an honest program has one.
const VERSIONS_MAX: usize = 8;

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
    /// `SSL_CTX_new`, `EVP_*`: OpenSSL, or a fork of it without a prefix.
    Unprefixed,
    /// Another library, by its name.
    Foreign(&'static str),
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(provider) => provider.fmt(f),
            Self::Unprefixed => f.write_str("unprefixed"),
            Self::Foreign(name) => f.write_str(name),
        }
    }
}

/// How often a family was seen, and in which versions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Count {
    /// Symbols of the family.
    pub symbols: usize,
    /// Versions in their names, dotted; at most [`VERSIONS_MAX`].
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
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if (reach == Reach::Global && begins(&UNPREFIXED)) || UNMISTAKABLE.contains(&name) {
        return Some((Family::Unprefixed, None));
    }
    let foreign = FOREIGN.iter().find(|(_, prefixes)| begins(prefixes))?;
    Some((Family::Foreign(foreign.0), None))
}

/// Adds a symbol to the counts, when it belongs to a family.
pub fn count(counts: &mut Counts, name: &str, reach: Reach) {
    if let Some((family, version)) = of(name, reach) {
        let count = counts.entry(family).or_default();
        count.symbols += 1;
        if count.versions.len() < VERSIONS_MAX {
            count.versions.extend(version);
        }
    }
}

/// The three numbers at the start of `rest`, which are followed by an underscore: `0_13_11_EVP_x` is 0.13.11.
fn version(rest: &str) -> Option<String> {
    let mut parts = rest.splitn(4, '_');
    let mut number = || {
        parts.next().filter(|part| {
            (1..=6).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let version = [number()?, number()?, number()?].join(".");
    parts.next().map(|_| version)
}

#[cfg(test)]
mod tests;
