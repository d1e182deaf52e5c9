//! Versions of programs and clusters, and the downgrade to one below.
//!
//! Source: coreos/go-semver; etcd server/etcdserver/version/downgrade.go; api/version/version.go.

use std::{fmt, str::FromStr};

/// A version. What stands behind `-` or `+` is read and forgotten: clusters speak plain ones.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number.
    pub minor: u64,
    /// The third number; 0 for a cluster.
    pub patch: u64,
}

/// Not a version.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not of the form major.minor.patch")]
pub struct VersionError;

/// A downgrade that is under way, or none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Downgrade {
    /// Where it leads.
    pub target: Option<Version>,
}

impl Version {
    /// The version this member says it has.
    pub const OURS: Self = Self::new(3, 7, 3);
    /// What a cluster speaks before anything else is known.
    pub const LOWEST: Self = Self::new(3, 0, 0);

    /// Returns a version of three numbers.
    #[must_use]
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Returns the version without its third number, as clusters have it.
    #[must_use]
    pub const fn to_minor(self) -> Self {
        Self::new(self.major, self.minor, 0)
    }

    /// Returns the only version a cluster of this one may be downgraded to.
    #[must_use]
    pub fn one_below(self) -> Option<Self> {
        Some(Self::new(self.major, self.minor.checked_sub(1)?, 0))
    }

    /// Returns `major.minor`, as logs and metrics have the version of a cluster.
    #[must_use]
    pub fn minor_text(self) -> String {
        format!("{}.{}", self.major, self.minor)
    }

    /// Reads what somebody wants to downgrade to: `major.minor`, or with a third number that does not count.
    #[must_use]
    pub fn parse_target(text: &str) -> Option<Self> {
        let version: Result<Self, _> = text.parse();
        let version = version.or_else(|_| format!("{text}.0").parse());
        version.ok().map(Self::to_minor)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let is_suffix = |suffix: &str| {
            let parts = suffix.split('.');
            parts.into_iter().all(|part| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            })
        };
        let (text, metadata) = text
            .split_once('+')
            .map_or((text, None), |(text, after)| (text, Some(after)));
        let (text, release) = text
            .split_once('-')
            .map_or((text, None), |(text, after)| (text, Some(after)));
        if ![metadata, release].into_iter().flatten().all(is_suffix) {
            return Err(VersionError);
        }
        let number = |part: &str| {
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            // Go's numbers have a sign.
            let number = part
                .parse()
                .ok()
                .filter(|number| i64::try_from(*number).is_ok());
            number.filter(|_| is_number).ok_or(VersionError)
        };
        let parts: Vec<&str> = text.splitn(3, '.').collect();
        let [major, minor, patch] = parts[..] else {
            return Err(VersionError);
        };
        Ok(Self::new(number(major)?, number(minor)?, number(patch)?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Downgrade {
    /// Returns the downgrade as it is stored.
    pub(super) fn to_json(&self) -> String {
        let target = self.target.map(|target| target.to_string());
        format!(
            r#"{{"target-version":"{}","enabled":{}}}"#,
            target.unwrap_or_default(),
            self.target.is_some()
        )
    }

    /// Reads a stored downgrade; `None` when it is none that can be.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let stored: serde_json::Value = serde_json::from_slice(json).ok()?;
        let enabled = stored.get("enabled").and_then(serde_json::Value::as_bool);
        if enabled != Some(true) {
            return Some(Self::default());
        }
        let target = stored.get("target-version")?.as_str()?.parse().ok()?;
        Some(Self {
            target: Some(target),
        })
    }
}
