//! What the command line means: a plain value, every default filled in, nothing opened yet.
//!
//! Source: pushgateway main.go, `main` and `computeRoutePrefix`.

use std::{num::NonZeroU64, path::PathBuf, time::Duration};

use kit_cli::{
    Flag, Kind, Matches,
    value::{self, GoDuration, NegativeDuration, Url},
};
use kit_telemetry::LogConfig;

use crate::flags::FLAGS;

#[cfg(test)]
mod tests;

/// Everything an operator chose.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen, as written: `host:port`, `:port`, `vsock://:port`. At least one.
    pub listen_addresses: Vec<String>,
    /// Take the sockets systemd passed instead of the listen addresses.
    pub systemd_socket: bool,
    /// The web configuration file (TLS, users, headers), if any.
    pub web_config: Option<PathBuf>,
    /// Path of the exposition under [`Self::route_prefix`]; not cleaned yet.
    pub telemetry_path: String,
    /// URL under which the page is reached from outside; may be empty.
    pub external_url: String,
    /// Prefix of links on the page: empty, or a path with a leading and no trailing slash.
    pub external_prefix: String,
    /// Prefix of all routes, in the same form.
    pub route_prefix: String,
    /// Whether `/-/quit` ends the program.
    pub lifecycle: bool,
    /// Whether the store can be wiped.
    pub admin_api: bool,
    /// Where and how often the store is written.
    pub persistence: Persistence,
    /// Whether pushes are checked against the store.
    pub consistency_check: bool,
    /// Whether metric and label names may be any UTF-8.
    pub utf8_names: bool,
    /// What is logged, and how.
    pub log: LogConfig,
    /// Largest decompressed body in bytes; `None` is without limit.
    pub max_body_bytes: Option<NonZeroU64>,
    /// Age at which a group nobody pushes to is deleted; `None` keeps all.
    pub group_ttl: Option<Duration>,
    /// Most groups; `None` is without limit.
    pub max_groups: Option<NonZeroU64>,
    /// Most series in all groups together; `None` is without limit.
    pub max_series: Option<NonZeroU64>,
    shown_flags: Vec<(String, String)>,
}

/// Where and how often the store is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Persistence {
    /// The snapshot file; `None` keeps metrics in memory only.
    pub file: Option<PathBuf>,
    /// Shortest time between two writes. A negative value on the command line is zero here, as upstream treats it.
    pub interval: Duration,
}

/// A flag's value is well formed and still makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The path of the external URL decodes to bytes that are no text, so no route could match it.
    #[error("--web.external-url: the path of {url:?} is not valid UTF-8")]
    ExternalPath {
        /// The URL as written.
        url: String,
    },
    /// The exposition would have a path that no request can ask for.
    #[error("--web.telemetry-path: path must begin with '/' in path '{path}'")]
    // upstream's text, from the panic it ends in
    TelemetryPath {
        /// The path as written.
        path: String,
    },
    /// Groups cannot be older than no time at all.
    #[error("--push.group-ttl")]
    GroupTtl {
        /// What is wrong with the time.
        #[source]
        source: NegativeDuration,
    },
}

impl ConfigError {
    /// Returns the exit status: that of a Go panic where upstream panics.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::TelemetryPath { .. } => 2,
            Self::ExternalPath { .. } | Self::GroupTtl { .. } => 1,
        }
    }
}

impl Config {
    /// Reads the values of the flags in [`FLAGS`].
    ///
    /// # Errors
    /// [`ConfigError`] for values the flags' own syntax allows and the program cannot use.
    pub fn from_matches(matches: &Matches) -> Result<Self, ConfigError> {
        let url = Url::parse(matches.text("web.external-url")).expect("checked by the flag's kind");
        let external_path =
            std::str::from_utf8(url.path()).map_err(|_| ConfigError::ExternalPath {
                url: url.to_string(),
            })?;
        let route_prefix = prefix(matches.text("web.route-prefix"), external_path);
        let telemetry_path = matches.text("web.telemetry-path").to_owned();
        if route_prefix.is_empty() && !telemetry_path.starts_with('/') {
            return Err(ConfigError::TelemetryPath {
                path: telemetry_path,
            });
        }
        let group_ttl = Duration::try_from(duration(matches, "push.group-ttl"))
            .map_err(|source| ConfigError::GroupTtl { source })?;
        Ok(Self {
            listen_addresses: matches.texts("web.listen-address").to_vec(),
            systemd_socket: matches.switch("web.systemd-socket"),
            web_config: path(matches, "web.config.file"),
            telemetry_path,
            external_url: url.to_string(),
            external_prefix: prefix("", external_path),
            lifecycle: matches.switch("web.enable-lifecycle"),
            admin_api: matches.switch("web.enable-admin-api"),
            persistence: Persistence {
                file: path(matches, "persistence.file"),
                interval: duration(matches, "persistence.interval").to_std(),
            },
            consistency_check: !matches.switch("push.disable-consistency-check"),
            utf8_names: matches.switch("push.enable-utf8-names"),
            log: LogConfig {
                level: matches
                    .text("log.level")
                    .parse()
                    .expect("checked by the flag's kind"),
                format: matches
                    .text("log.format")
                    .parse()
                    .expect("checked by the flag's kind"),
            },
            max_body_bytes: limit(matches, "push.max-body-bytes"),
            group_ttl: Some(group_ttl).filter(|ttl| !ttl.is_zero()),
            max_groups: limit(matches, "push.max-groups"),
            max_series: limit(matches, "push.max-series"),
            shown_flags: shown_flags(matches, &route_prefix),
            route_prefix,
        })
    }

    /// Returns the flags the page and the API show, sorted by name, each with its value as text: all of upstream's
    /// (help and version aside), and of ours those that were written on the command line.
    #[must_use]
    pub fn shown_flags(&self) -> Vec<(String, String)> {
        self.shown_flags.clone()
    }
}

/// Returns a prefix as routes need it: `prefix` or else `external_path`, `/` as nothing, one leading slash, no trailing
/// one.
///
/// Source: pushgateway main.go, `computeRoutePrefix`.
fn prefix(prefix: &str, external_path: &str) -> String {
    let prefix = if prefix.is_empty() {
        external_path
    } else {
        prefix
    };
    if prefix == "/" {
        return String::new();
    }
    let slash = if prefix.starts_with('/') { "" } else { "/" };
    let rooted = format!("{slash}{prefix}");
    rooted
        .strip_suffix('/')
        .map_or_else(|| rooted.clone(), str::to_owned)
}

fn shown_flags(matches: &Matches, route_prefix: &str) -> Vec<(String, String)> {
    let shown = FLAGS
        .iter()
        .filter(|flag| !flag.ours || matches.is_set(flag.name));
    let mut pairs: Vec<_> = shown
        .map(|flag| {
            (
                flag.name.to_owned(),
                shown_value(flag, matches, route_prefix),
            )
        })
        .collect();
    pairs.sort();
    pairs
}

/// Returns a value as Go's flag types print it.
fn shown_value(flag: &Flag, matches: &Matches, route_prefix: &str) -> String {
    match flag.kind {
        Kind::Text if flag.name == "web.route-prefix" => route_prefix.to_owned(),
        Kind::Text if flag.repeatable => matches.texts(flag.name).join(","),
        Kind::Duration => duration(matches, flag.name).to_string(),
        Kind::Url => Url::parse(matches.text(flag.name))
            .map(|url| url.to_string())
            .unwrap_or_default(),
        Kind::Choice(choice) if choice.any_case => matches.text(flag.name).to_lowercase(),
        _ => matches.text(flag.name).to_owned(),
    }
}

fn path(matches: &Matches, flag: &str) -> Option<PathBuf> {
    Some(matches.text(flag))
        .filter(|text| !text.is_empty())
        .map(PathBuf::from)
}

fn duration(matches: &Matches, flag: &str) -> GoDuration {
    value::parse_duration(matches.text(flag)).expect("checked by the flag's kind")
}

fn limit(matches: &Matches, flag: &str) -> Option<NonZeroU64> {
    NonZeroU64::new(value::parse_count(matches.text(flag)).expect("checked by the flag's kind"))
}
