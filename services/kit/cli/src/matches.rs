//! What was written on a command line, by flag name, with the defaults of the table filled in.
//!
//! A dialect turns upstream's spelling into `(flag, value)` pairs it has checked; here clap applies the table to them:
//! defaults, repetition, and where each value came from.

use std::{collections::BTreeMap, num::ParseIntError, str::FromStr};

use clap::{Arg, ArgAction, Command, parser::ValueSource};

use crate::{Flag, Kind};

/// The values of a table's flags.
///
/// Every method panics when asked for a flag that is not in the table: that is a bug of the program, not of its user.
#[derive(Clone, Debug)]
pub struct Matches(BTreeMap<&'static str, Entry>);

#[derive(Clone, Debug)]
struct Entry {
    values: Vec<String>,
    is_set: bool,
}

impl Matches {
    /// Applies the table to the values written on the command line, in their order.
    ///
    /// `written` holds checked values of flags of the table; a flag that is not repeatable appears once at most.
    pub(crate) fn new(flags: &[Flag], written: &[(&'static str, String)]) -> Self {
        let words = written
            .iter()
            .map(|(name, value)| format!("--{name}={value}"));
        let parsed = command(flags)
            .try_get_matches_from(words)
            .expect("the dialect passes only flags of the table, each with its value");
        let entry = |flag: &Flag| {
            let values = parsed
                .get_many::<String>(flag.name)
                .into_iter()
                .flatten()
                .cloned()
                .collect();
            let is_set = parsed.value_source(flag.name) == Some(ValueSource::CommandLine);
            (flag.name, Entry { values, is_set })
        };
        Self(flags.iter().map(entry).collect())
    }

    /// Notes that a list was written and has nothing in it.
    pub(crate) fn set_empty(&mut self, flag: &'static str) {
        let (values, is_set) = (Vec::new(), true);
        self.0.insert(flag, Entry { values, is_set });
    }

    /// Returns the value of a flag that takes one; the last when it is repeatable.
    #[must_use]
    pub fn text(&self, flag: &str) -> &str {
        self.texts(flag).last().map_or("", String::as_str)
    }

    /// Returns every value of a repeatable flag, in the order written.
    #[must_use]
    pub fn texts(&self, flag: &str) -> &[String] {
        &self.entry(flag).values
    }

    /// Returns whether a switch is on.
    #[must_use]
    pub fn switch(&self, flag: &str) -> bool {
        self.text(flag) == "true"
    }

    /// Returns the value of a [`crate::Kind::Integer`] or [`crate::Kind::Unsigned`]; zero when it has none.
    ///
    /// # Panics
    /// When the flag is of another kind, or its value does not fit `N`: the dialect checks both.
    #[must_use]
    pub fn number<N: FromStr<Err = ParseIntError> + Default>(&self, flag: &str) -> N {
        match self.text(flag) {
            "" => N::default(),
            text => text.parse().expect("the dialect has checked the number"),
        }
    }

    /// Returns whether the flag was written on the command line.
    #[must_use]
    pub fn is_set(&self, flag: &str) -> bool {
        self.entry(flag).is_set
    }

    fn entry(&self, flag: &str) -> &Entry {
        self.0
            .get(flag)
            .unwrap_or_else(|| panic!("no flag {flag} in the table"))
    }
}

/// Returns the table as clap sees it: long names only, every value after an equals sign.
fn command(flags: &[Flag]) -> Command {
    let arg = |flag: &Flag| {
        let unset = if flag.is_switch() { "false" } else { "" };
        Arg::new(flag.name)
            .long(flag.name)
            .num_args(1)
            .require_equals(true)
            .allow_hyphen_values(true)
            .action(if flag.repeatable || matches!(flag.kind, Kind::List) {
                ArgAction::Append
            } else {
                ArgAction::Set
            })
            .default_value(flag.default.unwrap_or(unset))
    };
    Command::new("flags")
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args(flags.iter().map(arg))
}
