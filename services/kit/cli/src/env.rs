//! The process' environment and argv: the only place in the house that reads them.
//!
//! Everything else takes an [`EnvSource`], so that tests pass a [`MapEnv`] and nothing hides behind a global.

use std::{collections::BTreeMap, ffi::OsString};

/// Where a program looks variables up.
pub trait EnvSource {
    /// Returns the value of the variable `name`, or `None` when it is not set.
    fn get(&self, name: &str) -> Option<String>;
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
}

/// A fixed environment, for tests and for programs started inside others.
#[derive(Clone, Debug, Default)]
pub struct MapEnv(BTreeMap<String, String>);

impl<const N: usize> From<[(&str, &str); N]> for MapEnv {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(
            pairs
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }
}

impl EnvSource for MapEnv {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

/// Returns the words of the command line, the program's own name first.
#[expect(clippy::disallowed_methods, reason = "kit-cli is where argv enters")]
pub(crate) fn argv() -> Vec<OsString> {
    std::env::args_os().collect()
}
