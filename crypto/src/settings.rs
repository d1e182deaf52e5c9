//! What an operator may choose about crypto, and the mode that follows from it and from the build.
//!
//! The values come from the caller: only kit-cli reads the environment. Nothing here can switch FIPS off in a fips
//! build.

use std::{path::PathBuf, sync::OnceLock};

use crate::start::StartError;

/// Which rules apply: chosen by the build, sharpened by `CRYPTO_FIPS_POLICY`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// A `ring` or `aws-lc` build.
    Standard,
    /// A `fips` build.
    Fips,
    /// A `fips` build with `CRYPTO_FIPS_POLICY=strict`.
    FipsStrict,
}

impl Mode {
    /// The mode of this process: what [`crate::install`] was given, before that the build's default.
    #[must_use]
    pub fn current() -> Self {
        Settings::current().mode()
    }

    /// True in both fips modes.
    #[must_use]
    pub fn is_fips(self) -> bool {
        self != Self::Standard
    }

    /// The name in reports and error texts: `standard`, `fips`, `fips-strict`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Fips => "fips",
            Self::FipsStrict => "fips-strict",
        }
    }
}

/// Where a daemon writes its JSON report at start (`CRYPTO_REPORT`).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum ReportTarget {
    /// Nowhere (default): one log line is all there is.
    #[default]
    None,
    /// Standard error, one line.
    Stderr,
    /// A file, replaced at every start.
    File(PathBuf),
}

/// The operator's choices. [`Settings::default`] is what an empty environment gives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    /// Refuse what the module approves but the strict reading does not (Ed25519, bcrypt). Fips builds only.
    pub strict: bool,
    /// End with exit code 78 unless this is a fips build whose self-test passed.
    pub require_fips: bool,
    /// Offer the hybrid post-quantum groups where the provider has them (default true).
    pub post_quantum: bool,
    /// Where the JSON report goes.
    pub report: ReportTarget,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            strict: false,
            require_fips: false,
            post_quantum: true,
            report: ReportTarget::None,
        }
    }
}

static CURRENT: OnceLock<Settings> = OnceLock::new();

impl Settings {
    /// Reads `CRYPTO_FIPS_POLICY` (`default`, `strict`), `CRYPTO_REQUIRE_FIPS` (`1`, `0`), `CRYPTO_PQ` (`on`, `off`)
    /// and `CRYPTO_REPORT` (`stderr` or a path). Unset and empty mean the default.
    ///
    /// # Errors
    /// [`StartError::Setting`] when a variable holds anything else: a mistyped `strcit` must not start in silence.
    pub fn from_env(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        let choice = |name: &'static str, off: &'static str, on: &'static str, default: bool| {
            match variable(name) {
                None => Ok(default),
                Some(value) if value.is_empty() => Ok(default),
                Some(value) if value == off => Ok(false),
                Some(value) if value == on => Ok(true),
                Some(value) => Err(StartError::Setting {
                    name,
                    value,
                    allowed: format!("{off} or {on}"),
                }),
            }
        };
        Ok(Self {
            strict: choice("CRYPTO_FIPS_POLICY", "default", "strict", false)?,
            require_fips: choice("CRYPTO_REQUIRE_FIPS", "0", "1", false)?,
            post_quantum: choice("CRYPTO_PQ", "off", "on", true)?,
            report: match variable("CRYPTO_REPORT").as_deref() {
                None | Some("") => ReportTarget::None,
                Some("stderr") => ReportTarget::Stderr,
                Some(path) => ReportTarget::File(path.into()),
            },
        })
    }

    /// The mode these settings mean in this build.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match (cfg!(feature = "fips"), self.strict) {
            (false, _) => Mode::Standard,
            (true, false) => Mode::Fips,
            (true, true) => Mode::FipsStrict,
        }
    }

    /// The settings of this process: what [`crate::install`] was given, before that the defaults.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.get().cloned().unwrap_or_default()
    }

    /// Makes these the settings of the process; false when others were set before.
    pub(crate) fn set_current(&self) -> bool {
        CURRENT.get_or_init(|| self.clone()) == self
    }
}

#[cfg(test)]
mod tests {
    use super::{ReportTarget, Settings};

    #[track_caller]
    fn check(pairs: &[(&str, &str)], expected: &Settings) {
        let variable = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(&Settings::from_env(&variable).unwrap(), expected);
    }

    #[test]
    fn an_empty_environment_gives_the_defaults() {
        check(&[], &Settings::default());
        check(
            &[("CRYPTO_PQ", ""), ("CRYPTO_REPORT", "")],
            &Settings::default(),
        );
    }

    #[test]
    fn every_variable_is_understood() {
        check(
            &[
                ("CRYPTO_FIPS_POLICY", "strict"),
                ("CRYPTO_REQUIRE_FIPS", "1"),
                ("CRYPTO_PQ", "off"),
                ("CRYPTO_REPORT", "/run/report.json"),
            ],
            &Settings {
                strict: true,
                require_fips: true,
                post_quantum: false,
                report: ReportTarget::File("/run/report.json".into()),
            },
        );
    }

    #[test]
    fn a_mistyped_value_is_an_error_and_not_a_default() {
        let variable = |name: &str| (name == "CRYPTO_FIPS_POLICY").then(|| "strcit".to_owned());
        let error = Settings::from_env(&variable).unwrap_err().to_string();
        assert_eq!(
            error,
            r#"CRYPTO_FIPS_POLICY: "strcit" is not one of default or strict"#
        );
    }
}
