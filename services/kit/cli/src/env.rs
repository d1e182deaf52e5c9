//! The process' environment and argv: the only place in the house that reads them.
//!
//! Everything else takes an [`EnvSource`], so that tests pass a [`MapEnv`] and nothing hides behind a global.

use std::{collections::BTreeMap, ffi::OsString};

/// Where a program looks variables up.
pub trait EnvSource {
    /// Returns the value of the variable `name`, or `None` when it is not set.
    fn get(&self, name: &str) -> Option<String>;

    /// Returns all variables, each with its value, in the order of the environment.
    fn all(&self) -> Vec<(String, String)>;
}

/// The environment of this process.
///
/// A value that is not UTF-8 has each broken sequence replaced by U+FFFD, so that whoever parses it refuses it by name
/// instead of taking the variable for unset.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnv;

impl EnvSource for ProcessEnv {
    #[expect(
        clippy::disallowed_methods,
        reason = "kit-cli is where the environment enters"
    )]
    fn get(&self, name: &str) -> Option<String> {
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    }

    fn all(&self) -> Vec<(String, String)> {
        let text = |word: OsString| word.to_string_lossy().into_owned();
        std::env::vars_os()
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }
}

/// A fixed environment, for tests and for programs started inside others.
#[derive(Clone, Debug, Default)]
pub struct MapEnv(BTreeMap<String, String>);

impl<const N: usize> From<[(&str, &str); N]> for MapEnv {
    fn from(pairs: [(&str, &str); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for MapEnv {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter();
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }
}

impl EnvSource for MapEnv {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn all(&self) -> Vec<(String, String)> {
        let pairs = self.0.iter();
        pairs
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// Returns the words of the command line, the program's own name first.
#[expect(clippy::disallowed_methods, reason = "kit-cli is where argv enters")]
pub(crate) fn argv() -> Vec<OsString> {
    std::env::args_os().collect()
}
