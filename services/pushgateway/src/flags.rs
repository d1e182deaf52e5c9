//! Every flag of the program, one row each. Help, man page, completion and the status page follow the table.
//!
//! Upstream's rows stand in upstream's order with upstream's words: people grep for them. Rows marked `ours` are
//! additions; help shows them last, the status page and the API only when set.
//!
//! Source: pushgateway main.go; exporter-toolkit web/kingpinflag/flag.go; prometheus/common promslog/flag/flag.go.

use kit_cli::{Choice, Flag, Kind, dialect::kingpin::App};
use kit_telemetry::BuildInfo;

#[cfg(test)]
mod tests;

/// The upstream release this program replaces.
pub const UPSTREAM_VERSION: &str = "1.11.3";

/// The program's name in its version text and metrics, whatever its file is called.
pub const PROGRAM: &str = "pushgateway";

const LOG_LEVEL: Choice = Choice {
    words: &["debug", "info", "warn", "error"],
    any_case: true,
    refusal: "unrecognized log level",
};

const LOG_FORMAT: Choice = Choice {
    words: &["logfmt", "json"],
    any_case: false,
    refusal: "unrecognized log format",
};

/// The table.
pub const FLAGS: &[Flag] = &[
    Flag::switch(
        "web.systemd-socket",
        "Use systemd socket activation listeners instead of port listeners (Linux only).",
    ),
    Flag::text(
        "web.listen-address",
        "Addresses on which to expose metrics and web interface. Repeatable for multiple addresses. \
         Examples: `:9100` or `[::1]:9100` for http, `vsock://:9100` for vsock",
    )
    .default(":9091")
    .hints(&[":9091"])
    .repeatable(),
    Flag::text(
        "web.config.file",
        "Path to configuration file that can enable TLS or authentication. \
         See: https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md",
    )
    .default(""),
    Flag::text("web.telemetry-path", "Path under which to expose metrics.").default("/metrics"),
    Flag::new(
        "web.external-url",
        Kind::Url,
        "The URL under which the Pushgateway is externally reachable.",
    )
    .default(""),
    Flag::text(
        "web.route-prefix",
        "Prefix for the internal routes of web endpoints. Defaults to the path of --web.external-url.",
    )
    .default(""),
    Flag::switch("web.enable-lifecycle", "Enable shutdown via HTTP request."),
    Flag::switch("web.enable-admin-api", "Enable API endpoints for admin control actions."),
    Flag::text(
        "persistence.file",
        "File to persist metrics. If empty, metrics are only kept in memory.",
    )
    .default(""),
    Flag::new(
        "persistence.interval",
        Kind::Duration,
        "The minimum interval at which to write out the persistence file.",
    )
    .default("5m"),
    Flag::switch(
        "push.disable-consistency-check",
        "Do not check consistency of pushed metrics. DANGEROUS.",
    ),
    Flag::switch("push.enable-utf8-names", "Allow UTF-8 characters in metric and label names."),
    Flag::new(
        "log.level",
        Kind::Choice(&LOG_LEVEL),
        "Only log messages with the given severity or above. One of: [debug, info, warn, error]",
    )
    .default("info"),
    Flag::new(
        "log.format",
        Kind::Choice(&LOG_FORMAT),
        "Output format of log messages. One of: [logfmt, json]",
    )
    .default("logfmt"),
    Flag::new(
        "push.max-body-bytes",
        Kind::Count,
        "Largest body of a push in bytes, after decompression; a larger one is answered with 413. 0 lifts the limit.",
    )
    .default("268435456")
    .ours(),
    Flag::new(
        "push.group-ttl",
        Kind::Duration,
        "Delete a group when nothing was pushed to it for this long. 0 keeps groups for ever.",
    )
    .default("0s")
    .ours(),
    Flag::new(
        "push.max-groups",
        Kind::Count,
        "Refuse pushes that would create more groups than this. 0 lifts the limit.",
    )
    .default("0")
    .ours(),
    Flag::new(
        "push.max-series",
        Kind::Count,
        "Refuse pushes that would leave more series than this in all groups together. 0 lifts the limit.",
    )
    .default("0")
    .ours(),
];

/// Returns the facts of the build, as shown by `--version`, the page, the API and the metrics.
#[must_use]
pub fn build_info() -> BuildInfo {
    BuildInfo::replacing(UPSTREAM_VERSION)
}

/// Returns the program's command line.
#[must_use]
pub fn command() -> App {
    App::new("The Pushgateway", build_info().version_text(PROGRAM), FLAGS)
}
