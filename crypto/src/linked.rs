//! The crates a program links, as its build wrote them down, and whether they may stand beside this provider.
//!
//! The build script of a program asks cargo (crate `crypto-linked`); [`linked_crates!`](crate::linked_crates) embeds the
//! answer in the program file as an ELF note, `.note.casemate.crates`, which survives `strip`; [`crate::start`] compares
//! it with [`rules`]. `crypto-audit` reads the same note from outside and compares it with the code that is there.

pub mod rules;

use std::{collections::BTreeSet, sync::OnceLock};

use crate::{
    note::Note,
    policy::{self, PolicyCode, PolicyError},
    provider::{Provider, provider},
    settings::Mode,
};
use rules::Rules;

/// The crates a program links: one line each, name and version, then the library's name where it differs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Crates(&'static str);

impl Crates {
    /// The list of a note; what [`linked_crates!`](crate::linked_crates) returns.
    #[must_use]
    pub fn in_note<const BYTES: usize>(note: &'static Note<BYTES>) -> Self {
        Self(note.text())
    }

    /// A list as [`linked_crates!`](crate::linked_crates) makes it, for tests.
    #[cfg(test)]
    pub(crate) fn of(text: &'static str) -> Self {
        Self(text)
    }

    /// Name and version of every crate, in the order of the names.
    pub fn iter(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.0.lines().filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.next()?))
        })
    }

    /// Refuses a program that links what may not stand beside its provider.
    ///
    /// # Errors
    /// POL-011, naming the first such crate.
    pub(crate) fn check(self, mode: Mode) -> Result<(), PolicyError> {
        let is_forbidden = |name: &str| rules().forbidden.iter().any(|group| any_fits(group, name));
        match self.iter().find(|(name, _)| is_forbidden(name)) {
            None => Ok(()),
            Some((name, version)) => Err(policy::refuse(
                mode,
                PolicyCode::ProviderMix,
                format!("linking {name} {version} beside {}", provider().name()),
                "a program has one provider and no other cryptography",
                "a build whose crates are those of the provider alone",
            )),
        }
    }

    /// Cryptography outside the provider, as `bcrypt 0.19.3`.
    pub(crate) fn outside_the_provider(self) -> BTreeSet<String> {
        let is_tolerated =
            |name: &str| rules::TOLERATED.iter().any(|(pattern, _)| *pattern == name);
        self.iter()
            .filter(|(name, _)| is_tolerated(name) || any_fits(rules::PRIMITIVES, name))
            .map(|(name, version)| format!("{name} {version}"))
            .collect()
    }

    /// The list of this program: what [`crate::start`] was given.
    pub(crate) fn of_this_program() -> Option<Self> {
        OF_THIS_PROGRAM.get().copied()
    }

    /// Makes this the list of the program; false when there was another.
    pub(crate) fn set(self) -> bool {
        *OF_THIS_PROGRAM.get_or_init(|| self) == self
    }
}

static OF_THIS_PROGRAM: OnceLock<Crates> = OnceLock::new();

/// The rules of the provider this build links.
fn rules() -> &'static Rules {
    let feature = match provider() {
        Provider::Ring => "ring",
        Provider::AwsLc => "aws-lc",
        Provider::AwsLcFips => "fips",
    };
    let found = rules::PROVIDERS
        .iter()
        .find(|rules| rules.feature == feature);
    found.expect("every provider has its rules")
}

fn any_fits(patterns: &[&str], name: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => *pattern == name,
        })
}

#[cfg(test)]
mod tests {
    use super::{Crates, rules};
    use crate::{provider::provider, settings::Mode};

    #[track_caller]
    fn refused(list: &'static str) -> Option<String> {
        let error = Crates(list).check(Mode::Standard).err()?;
        Some(error.to_string())
    }

    #[test]
    fn what_every_program_links_is_let_pass() {
        for required in rules().required {
            let list = format!(
                "bcrypt 0.19.3\nblowfish 0.10.0\nrustls-webpki 0.103.16 webpki\n{required} 1.0.0\n"
            );
            assert_eq!(refused(list.leak()), None);
        }
    }

    #[test]
    fn a_second_stack_and_what_is_broken_are_refused_beside_every_provider() {
        for name in ["openssl-sys", "boring-sys", "native-tls", "md-5", "des"] {
            let text = refused(format!("anyhow 1.0.0\n{name} 1.2.3\n").leak()).unwrap();
            let expected = format!(
                "crypto policy POL-011 (standard): linking {name} 1.2.3 beside {} is not allowed: \
                 a program has one provider and no other cryptography; \
                 use a build whose crates are those of the provider alone",
                provider().name()
            );
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn another_provider_is_refused() {
        let other = if cfg!(feature = "ring") {
            "aws-lc-rs"
        } else {
            "ring"
        };
        assert!(refused(format!("{other} 1.0.0\n").leak()).is_some());
    }

    #[test]
    fn primitives_are_refused_beside_the_validated_module_and_named_by_the_report_otherwise() {
        let list = "blake3 1.0.0\nbytes 1.0.0\ncrc32fast 1.0.0\nsha2 0.11.0\n";
        assert_eq!(refused(list).is_some(), cfg!(feature = "fips"));
        let outside: Vec<_> = Crates(list).outside_the_provider().into_iter().collect();
        assert_eq!(outside, ["blake3 1.0.0", "sha2 0.11.0"]);
        assert_eq!(refused("sha2-like 1.0.0\ndescriptor 1.0.0\n"), None);
    }
}
