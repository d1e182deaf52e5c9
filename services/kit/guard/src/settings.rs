//! The `GUARD_*` variables as one value, parsed once in [`enter`](crate::enter).
//!
//! A variable that is unset or empty has its default. A value this version cannot honour is refused, never ignored.

use std::path::PathBuf;

/// What to do about ports that a harder platform would refuse (`GUARD_PORTS`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum PortMode {
    /// Explain a failure, stay silent otherwise.
    #[default]
    Explain,
    /// Also log once what works only here.
    Warn,
    /// Refuse what works only here.
    Deny,
    /// Neither judge nor explain.
    Off,
}

/// What to do about running as real root (`GUARD_ROOT`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum RootMode {
    #[default]
    Off,
    Warn,
    Deny,
}

/// Where the JSON report goes (`GUARD_REPORT`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum ReportTarget {
    Stderr,
    File(PathBuf),
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Settings {
    pub(crate) ports: PortMode,
    pub(crate) root: RootMode,
    pub(crate) report: Option<ReportTarget>,
    pub(crate) listen_any_pid: bool,
}

/// A `GUARD_*` variable has a value that cannot be honoured.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SettingError {
    /// The value is none of the known ones.
    #[error("{name}: unknown value {value:?}, want {wanted}")]
    Unknown {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// The values it may hold.
        wanted: &'static str,
    },
    /// The value asks for something this version does not do, and doing less than asked would be a false promise.
    #[error(
        "{name}={value} is not available in this version: unset {name} or set it to {accepted}"
    )]
    Unavailable {
        /// The variable.
        name: &'static str,
        /// What it holds.
        value: String,
        /// The value that is honoured.
        accepted: &'static str,
    },
}

/// Settings that a later version honours: name, values that mean "not wanted", what to advise.
const LATER: [(&str, &[&str], &str); 4] = [
    ("GUARD_DROP", &["auto", "off"], "off"),
    ("GUARD_USER", &[], "nothing"),
    ("GUARD_SANDBOX", &["off"], "off"),
    ("GUARD_LISTEN_MAP", &["0"], "0"),
];

impl Settings {
    pub(crate) fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let value = |name: &str| lookup(name).filter(|value| !value.is_empty());
        for (name, unwanted, accepted) in LATER {
            if let Some(value) = value(name).filter(|value| !unwanted.contains(&value.as_str())) {
                return Err(SettingError::Unavailable {
                    name,
                    value,
                    accepted,
                });
            }
        }
        Ok(Self {
            ports: choose(
                "GUARD_PORTS",
                value("GUARD_PORTS"),
                "explain, warn, deny or off",
                &PORTS,
            )?,
            root: choose(
                "GUARD_ROOT",
                value("GUARD_ROOT"),
                "off, warn or deny",
                &ROOT,
            )?,
            report: value("GUARD_REPORT").map(|text| match text.as_str() {
                "stderr" => ReportTarget::Stderr,
                path => ReportTarget::File(path.into()),
            }),
            listen_any_pid: choose(
                "GUARD_LISTEN_ANYPID",
                value("GUARD_LISTEN_ANYPID"),
                "0 or 1",
                &SWITCH,
            )?,
        })
    }
}

const PORTS: [(&str, PortMode); 4] = [
    ("explain", PortMode::Explain),
    ("warn", PortMode::Warn),
    ("deny", PortMode::Deny),
    ("off", PortMode::Off),
];
const ROOT: [(&str, RootMode); 3] = [
    ("off", RootMode::Off),
    ("warn", RootMode::Warn),
    ("deny", RootMode::Deny),
];
const SWITCH: [(&str, bool); 2] = [("0", false), ("1", true)];

fn choose<T: Copy + Default>(
    name: &'static str,
    value: Option<String>,
    wanted: &'static str,
    table: &[(&str, T)],
) -> Result<T, SettingError> {
    let Some(value) = value else {
        return Ok(T::default());
    };
    let found = table
        .iter()
        .find(|(text, _)| *text == value)
        .map(|(_, mode)| *mode);
    found.ok_or(SettingError::Unknown {
        name,
        value,
        wanted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &'static str, value: &'static str) -> Result<Settings, SettingError> {
        Settings::read(&|asked| (asked == name).then(|| value.to_owned()))
    }

    #[track_caller]
    fn refused(name: &'static str, value: &'static str, text: &str) {
        assert_eq!(read(name, value).unwrap_err().to_string(), text);
    }

    #[test]
    fn unset_and_empty_mean_the_default() {
        assert_eq!(Settings::read(&|_| None).unwrap(), Settings::default());
        assert_eq!(
            Settings::read(&|_| Some(String::new())).unwrap(),
            Settings::default()
        );
    }

    #[test]
    fn every_documented_value_is_honoured() {
        assert_eq!(read("GUARD_PORTS", "deny").unwrap().ports, PortMode::Deny);
        assert_eq!(read("GUARD_ROOT", "warn").unwrap().root, RootMode::Warn);
        assert_eq!(
            read("GUARD_REPORT", "stderr").unwrap().report,
            Some(ReportTarget::Stderr)
        );
        assert_eq!(
            read("GUARD_REPORT", "/r.json").unwrap().report,
            Some(ReportTarget::File("/r.json".into()))
        );
        assert!(read("GUARD_LISTEN_ANYPID", "1").unwrap().listen_any_pid);
        for (name, value) in [
            ("GUARD_DROP", "auto"),
            ("GUARD_DROP", "off"),
            ("GUARD_SANDBOX", "off"),
        ] {
            assert_eq!(
                read(name, value).unwrap(),
                Settings::default(),
                "{name}={value}"
            );
        }
    }

    #[test]
    fn an_unknown_value_is_refused_with_the_known_ones() {
        refused(
            "GUARD_PORTS",
            "loud",
            "GUARD_PORTS: unknown value \"loud\", want explain, warn, deny or off",
        );
        refused(
            "GUARD_LISTEN_ANYPID",
            "yes",
            "GUARD_LISTEN_ANYPID: unknown value \"yes\", want 0 or 1",
        );
    }

    #[test]
    fn a_setting_of_a_later_version_is_refused_and_not_ignored() {
        refused(
            "GUARD_DROP",
            "strict",
            "GUARD_DROP=strict is not available in this version: unset GUARD_DROP or set it to off",
        );
        assert!(read("GUARD_USER", "65532").is_err());
        assert!(read("GUARD_SANDBOX", "landlock").is_err());
        assert!(read("GUARD_LISTEN_MAP", "1").is_err());
    }
}
