//! Flags from variables, as etcd's programs take them: `--dial-timeout` is `ETCDCTL_DIAL_TIMEOUT`.
//!
//! Source: etcd v3.7 pkg/flags/flag.go, `SetPflagsFromEnv`.

use std::collections::BTreeSet;

use crate::{
    EnvSource,
    dialect::cobra::{Line, value::ValueError},
};

/// Something about the variables that the user must be told, in the order of the environment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EnvFinding {
    /// The variable is set and so is its flag: which of the two is meant is unknown.
    Shadowed {
        /// The variable's name.
        variable: String,
    },
    /// The variable begins with the prefix and no flag belongs to it.
    Unknown {
        /// The variable as `NAME=value`.
        assignment: String,
    },
    /// The flag refuses the value and keeps its own.
    Refused {
        /// The variable's name.
        variable: String,
        /// Its value.
        value: String,
        /// Why.
        cause: ValueError,
    },
}

/// Returns the variable of a flag.
#[must_use]
pub fn variable_name(prefix: &str, flag: &str) -> String {
    format!("{prefix}_{}", flag.to_ascii_uppercase().replace('-', "_"))
}

impl Line {
    /// Sets the inherited flags that were not written from their variables, empty ones left out, and returns what is odd.
    /// `also_known` are variables that belong to no flag.
    pub fn set_from_env(
        &mut self,
        prefix: &str,
        also_known: &[&str],
        env: &dyn EnvSource,
    ) -> Vec<EnvFinding> {
        let mut written = BTreeSet::new();
        let mut used = BTreeSet::new();
        let mut findings = Vec::new();
        for flag in &self.inherited {
            let variable = variable_name(prefix, flag.name);
            if self.written.holds(flag.name) {
                written.insert(variable);
                continue;
            }
            let Some(value) = env.get(&variable).filter(|value| !value.is_empty()) else {
                continue;
            };
            if let Err(cause) = self.written.set(flag, &value) {
                findings.push(EnvFinding::Refused {
                    variable: variable.clone(),
                    value,
                    cause,
                });
            }
            used.insert(variable);
        }
        self.matches = self.written.matches(&self.flags);
        let start = format!("{prefix}_");
        for (name, value) in env.all() {
            if !name.starts_with(&start) {
                continue;
            }
            if written.contains(&name) {
                findings.push(EnvFinding::Shadowed { variable: name });
            } else if !used.contains(&name) && !also_known.contains(&name.as_str()) {
                findings.push(EnvFinding::Unknown {
                    assignment: format!("{name}={value}"),
                });
            }
        }
        findings
    }
}
