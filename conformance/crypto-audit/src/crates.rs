//! The list of crates that a program says it links: the second note of `crypto`, one line each, name and version, then
//! the library's name where it differs.

use std::collections::BTreeSet;

use crate::provider::Provider;
use crate::rules::{self, Rules};

/// Most crates a list may name; the largest programs of Rust have a few hundred.
const CRATES_MAX: usize = 4096;

/// A linked crate.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Crate {
    /// The package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its library, as names of code begin.
    pub library: String,
}

/// Reads a list; `None` when it is none.
pub fn read(text: &[u8]) -> Option<BTreeSet<Crate>> {
    let text = std::str::from_utf8(text).ok()?;
    let crates: Option<BTreeSet<_>> = text.lines().take(CRATES_MAX + 1).map(line).collect();
    crates.filter(|crates| (1..=CRATES_MAX).contains(&crates.len()))
}

fn line(line: &str) -> Option<Crate> {
    let words: Vec<_> = line.splitn(4, ' ').collect();
    let (name, version, library) = match words[..] {
        [name, version] => (name, version, name.replace('-', "_")),
        [name, version, library] => (name, version, library.to_owned()),
        _ => return None,
    };
    let is_plain =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
    (is_plain(name) && is_plain(version)).then(|| Crate {
        name: name.to_owned(),
        version: version.to_owned(),
        library,
    })
}

/// The rules of a provider.
pub(crate) fn rules_of(provider: Provider) -> Rules {
    let feature = provider.to_string();
    let found = rules::PROVIDERS
        .into_iter()
        .find(|rules| rules.feature == feature);
    found.expect("every provider has its rules")
}

/// Whether a program with these rules must not link `name`.
pub(crate) fn is_forbidden(rules: Rules, name: &str) -> bool {
    rules
        .forbidden
        .iter()
        .copied()
        .flatten()
        .any(|pattern| fits(pattern, name))
}

/// Whether the library of this name is cryptography of any kind: forbidden somewhere, tolerated, or a provider.
pub(crate) fn is_cryptography(library: &str) -> bool {
    let name = library.replace('_', "-");
    let is_tolerated = rules::TOLERATED
        .iter()
        .any(|(pattern, _)| fits(pattern, &name));
    let mut rules = rules::PROVIDERS.into_iter();
    is_tolerated || rules.any(|rules| is_forbidden(rules, &name))
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_crate_with_its_library() {
        let crates =
            read(b"ring 0.17.14\nrustls-pki-types 1.15.1\nrustls-webpki 0.103.16 webpki\n")
                .unwrap();
        let libraries: Vec<_> = crates.iter().map(|each| each.library.as_str()).collect();
        assert_eq!(libraries, ["ring", "rustls_pki_types", "webpki"]);
    }

    #[test]
    fn what_is_no_list_is_none() {
        let endless =
            "a 1\n".to_owned() + &(0..5000).map(|n| format!("a{n} 1\n")).collect::<String>();
        for text in [
            &b""[..],
            b"ring",
            b"ring  ",
            b"a b c d",
            b"\xff 1",
            b"ring 1\n\n",
            endless.as_bytes(),
        ] {
            assert_eq!(read(text), None);
        }
    }

    #[test]
    fn the_rules_are_those_of_the_provider() {
        assert!(is_forbidden(rules_of(Provider::Fips), "sha2"));
        assert!(!is_forbidden(rules_of(Provider::Ring), "sha2"));
        assert!(is_forbidden(rules_of(Provider::Ring), "aws-lc-sys"));
        assert!(is_forbidden(rules_of(Provider::AwsLc), "boring-sys"));
    }

    #[test]
    fn cryptography_is_known_by_the_names_of_its_libraries() {
        for library in [
            "ring",
            "aws_lc_rs",
            "sha2",
            "aes_gcm",
            "blake3",
            "bcrypt",
            "md5",
            "openssl_sys",
        ] {
            assert!(is_cryptography(library), "{library}");
        }
        for library in ["aho_corasick", "crc32fast", "want", "crypto", "rustls"] {
            assert!(!is_cryptography(library), "{library}");
        }
    }
}
