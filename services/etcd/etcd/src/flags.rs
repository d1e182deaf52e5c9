//! The command line and the variables.
//!
//! Source: etcd v3.7 server/etcdmain/config.go `parse`, `configFromCmdLine`; pkg/flags/flag.go.

use std::collections::BTreeSet;

use kit_cli::{
    EnvSource, Flag, Kind as FlagKind, Matches,
    dialect::go_flag::App,
    value::{GoDuration, quote},
};
use tracing::{error, info, warn};

use crate::setting::{Kind, SETTINGS, Setting, Value, Values};

/// The upstream release this program replaces.
pub const UPSTREAM_VERSION: &str = "3.7.3";

/// Returns the program's command line.
#[must_use]
pub fn command() -> App {
    let settings = SETTINGS
        .iter()
        .filter(|setting| setting.has_flag)
        .map(Setting::flag);
    let flags = settings.chain([
        Flag::text(CONFIG_FILE, "").default("").repeatable(),
        Flag::new(VERSION, FlagKind::Bool, "")
            .default("false")
            .repeatable(),
    ]);
    // Upstream's texts, both: people look for their flags in them.
    App::new(
        flags.collect(),
        include_str!("usage.txt"),
        include_str!("help.txt").to_owned(),
    )
}

/// Says whether the version is asked for.
#[must_use]
pub fn wants_version(flags: &Matches) -> bool {
    kit_cli::value::parse_bool(flags.text(VERSION)) == Ok(true)
}

/// Returns the configuration file, by flag or by variable, if there is one.
#[must_use]
pub fn config_file(flags: &Matches, env: &dyn EnvSource) -> Option<String> {
    let flag = Some(flags.text(CONFIG_FILE)).filter(|path| !path.is_empty());
    let variable = || {
        env.get(&variable_of(CONFIG_FILE))
            .filter(|path| !path.is_empty())
    };
    flag.map(str::to_owned).or_else(variable)
}

/// Why flags and variables cannot be read. The texts are upstream's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FlagsError {
    /// A word that is no flag.
    #[error("{} is not a valid flag", quote(.0))]
    Word(String),
    /// The same setting both ways. It has been told.
    #[error(
        "conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag))"
    )]
    Conflict,
    /// A variable that its flag would not let pass.
    #[error("invalid value {} for {variable}: {reason}", quote(.value))]
    Variable {
        /// Its name.
        variable: String,
        /// Its value.
        value: String,
        /// What is wrong.
        reason: String,
    },
}

/// What was written, and which settings it names.
#[derive(Clone, Debug)]
pub struct Written {
    /// What the settings are.
    pub values: Values,
    /// The names of those that were written.
    pub names: BTreeSet<String>,
}

/// Reads flags and variables; what both say of one setting ends the program.
///
/// # Errors
/// [`FlagsError`], told in the log as far as upstream tells it.
pub fn read(flags: &Matches, env: &dyn EnvSource) -> Result<Written, FlagsError> {
    let version = variable_of(VERSION);
    if let Some(value) = env.get(&version).filter(|value| !value.is_empty()) {
        warn!(
            key = version,
            value, "cannot set special environment variable"
        ); // upstream's text
    }
    let mut written = Written {
        values: Values::default(),
        names: BTreeSet::new(),
    };
    let mut refused = None;
    let mut used = BTreeSet::from([version]);
    let mut settings: Vec<&Setting> = SETTINGS.iter().filter(|setting| setting.has_flag).collect();
    settings.sort_unstable_by_key(|setting| setting.name);
    for setting in settings {
        let name = setting.name;
        if flags.is_set(name) {
            // Lists of gates add up; of all others the last counts.
            let text = match setting.kind {
                Kind::Gates => flags.texts(name).join(","),
                _ => flags.text(name).to_owned(),
            };
            written.take(setting, &text);
            continue;
        }
        let variable = variable_of(name);
        let Some(value) = env.get(&variable).filter(|value| !value.is_empty()) else {
            continue;
        };
        used.insert(variable.clone());
        match setting.flag().kind.check(&value) {
            Ok(()) => {
                info!(
                    "variable-name" = variable,
                    "variable-value" = value,
                    "recognized and used environment variable" // upstream's text
                );
                written.take(setting, &value);
            }
            Err(reason) => {
                refused = Some(FlagsError::Variable {
                    variable,
                    value,
                    reason,
                });
            }
        }
    }
    check_variables(flags, env, &used)?;
    if let Some(refused) = refused {
        return Err(refused);
    }
    written.settle();
    Ok(written)
}

/// Tells of variables that are no settings, and ends at one that a flag shadows.
fn check_variables(
    flags: &Matches,
    env: &dyn EnvSource,
    used: &BTreeSet<String>,
) -> Result<(), FlagsError> {
    let names = SETTINGS
        .iter()
        .filter(|setting| setting.has_flag)
        .map(|setting| setting.name);
    let names = names
        .chain([CONFIG_FILE, VERSION])
        .filter(|name| flags.is_set(name));
    let by_flag: BTreeSet<String> = names.map(variable_of).collect();
    for (name, value) in env.all() {
        if used.contains(&name) {
            continue;
        }
        if by_flag.contains(&name) {
            error!(
                zap_level = "fatal",
                "environment-variable" = name,
                "{}",
                FlagsError::Conflict
            );
            return Err(FlagsError::Conflict);
        }
        if name.starts_with(PREFIX) {
            let variable = format!("{name}={value}");
            warn!(
                "environment-variable" = variable,
                "unrecognized environment variable"
            ); // upstream's text
        }
    }
    Ok(())
}

impl Written {
    fn take(&mut self, setting: &Setting, text: &str) {
        self.values.set(setting.name, setting.parse(text));
        self.names.insert(setting.name.to_owned());
    }

    /// Lets settings that were not written follow from those that were.
    fn settle(&mut self) {
        for name in ["raft-read-timeout", "raft-write-timeout"] {
            if self.values.duration(name) < RAFT_TIMEOUT_MIN.into() {
                info!(
                    "{name} increased to minimum value: {}",
                    GoDuration::from(RAFT_TIMEOUT_MIN)
                ); // upstream's text
                self.values
                    .set(name, Value::Duration(RAFT_TIMEOUT_MIN.into()));
            }
        }
        if self.names.contains("listen-client-urls")
            && !self.names.contains("advertise-client-urls")
        {
            self.values
                .set("advertise-client-urls", Value::Urls(Vec::new()));
        }
        let is_discovered = !self.values.text("discovery-srv").is_empty()
            || !self.values.text("discovery-srv-name").is_empty()
            || !self.values.texts("discovery-endpoints").is_empty();
        if is_discovered && !self.names.contains("initial-cluster") {
            self.values
                .set("initial-cluster", Value::Text(String::new()));
        }
    }
}

fn variable_of(name: &str) -> String {
    format!("{PREFIX}{}", name.to_uppercase().replace('-', "_"))
}

const PREFIX: &str = "ETCD_";
const CONFIG_FILE: &str = "config-file";
const VERSION: &str = "version";
const RAFT_TIMEOUT_MIN: std::time::Duration = std::time::Duration::from_secs(5);

#[cfg(test)]
mod tests;
