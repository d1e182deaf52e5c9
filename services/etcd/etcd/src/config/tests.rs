use kit_telemetry::{ZapFormat, ZapLevel, ZapOutput};

use super::*;
use crate::setting::Setting;

/// A setting by its flag's spelling.
type Change<'a> = (&'a str, &'a str);

fn values(changes: &[Change<'_>]) -> Values {
    let mut values = Values::default();
    for (name, written) in changes {
        let setting = Setting::named(name);
        assert_eq!(
            setting.flag().kind.check(written),
            Ok(()),
            "{name}={written}"
        );
        values.set(setting.name, setting.parse(written));
    }
    values
}

fn config(changes: &[Change<'_>]) -> Result<Config, ConfigError> {
    let values = values(changes);
    Config::of(&values, crate::log::settings(&values).unwrap())
}

#[track_caller]
fn refused(changes: &[Change<'_>], text: &str) {
    assert_eq!(config(changes).unwrap_err().to_string(), text);
}

#[test]
fn the_defaults_are_upstreams() {
    let config = config(&[]).unwrap();
    assert_eq!(config.name, "default");
    assert_eq!(
        config.cluster.initial_cluster,
        "default=http://localhost:2380"
    );
    assert_eq!(config.raft.election_ticks(), 10);
    assert_eq!(config.limits.max_request_bytes, 1_572_864);
    assert_eq!(config.limits.keepalive_interval.to_string(), "2h0m0s");
    assert_eq!(config.tls.version_min, Some(Version::Tls12));
    assert_eq!(config.auth.token, "simple");
    assert_eq!(config.http.cors, ["*"]);
    assert_eq!(config.log.outputs, [ZapOutput::Stderr]);
    assert!(config.client_tls.is_empty());
    assert_eq!(config.check_release(false), Ok(()));
}

#[test]
fn settings_that_do_not_go_together_are_refused_in_upstreams_words() {
    refused(
        &[("heartbeat-interval", "0")],
        "--heartbeat-interval must be >0 (set to 0ms)",
    );
    refused(
        &[("election-timeout", "0")],
        "--election-timeout must be >0 (set to 0ms)",
    );
    refused(
        &[("heartbeat-interval", "200"), ("election-timeout", "500")],
        "--election-timeout[500ms] should be at least as 5 times as --heartbeat-interval[200ms]",
    );
    refused(
        &[("election-timeout", "50001")],
        "--election-timeout[50001ms] is too long, and should be set less than 50000ms",
    );
    refused(
        &[("listen-peer-urls", "http://foo:2380")],
        "expected IP in URL for binding (http://foo:2380)",
    );
    refused(
        &[("initial-advertise-peer-urls", "http://:1")],
        "--initial-advertise-peer-urls \"http://:1\" must be \"host:port\" (unexpected empty host (http://:1))",
    );
    refused(
        &[("advertise-client-urls", "http://:1")],
        "--advertise-client-urls \"http://:1\" must be in the format \"host:port\", \"unix:/path/to/socket\" or \
         \"unixs:/path/to/socket\" (unexpected empty host (http://:1))",
    );
    refused(
        &[("discovery-srv", "x")],
        "multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\", \"discovery-endpoints\" or \"discovery-srv\"",
    );
    let discovered = ("initial-cluster", "");
    refused(
        &[discovered, ("discovery-token", "x")],
        "both --discovery-token and --discovery-endpoints must be set",
    );
    refused(
        &[
            discovered,
            ("discovery-token", "x"),
            ("discovery-endpoints", "a,"),
        ],
        "--discovery-endpoints must not contain empty endpoints",
    );
    refused(
        &[("discovery-fallback", "proxy")],
        "v2 proxy is deprecated, and --discovery-fallback can't be configured as \"proxy\"",
    );
    refused(
        &[("auto-compaction-mode", "x")],
        "unknown auto-compaction-mode \"x\"",
    );
    refused(
        &[("auto-compaction-mode", "")],
        "undefined auto-compaction-mode",
    );
    refused(
        &[("compact-hash-check-time", "0s")],
        "--compact-hash-check-time must be >0 (set to 0s)",
    );
    refused(
        &[("feature-gates", "LeaseCheckpointPersist=true")],
        "enabling feature gate LeaseCheckpointPersist requires enabling feature gate LeaseCheckpoint",
    );
    refused(
        &[("tls-min-version", "TLS1.1")],
        "unexpected TLS version \"TLS1.1\" (must be one of: TLS1.2, TLS1.3)",
    );
    refused(
        &[("tls-min-version", "TLS1.3"), ("tls-max-version", "TLS1.2")],
        "min version (TLS1.3) is greater than max version (TLS1.2)",
    );
    refused(
        &[("tls-min-version", "TLS1.3"), ("cipher-suites", "x")],
        "cipher suites cannot be configured when only TLS1.3 is enabled",
    );
    let tracing = ("enable-distributed-tracing", "true");
    refused(
        &[tracing, ("distributed-tracing-sampling-rate", "-1")],
        "distributed tracing configurition is not valid: (tracing sampling rate must be positive)",
    );
    let mut no_advertised = values(&[]);
    no_advertised.set(
        "advertise-client-urls",
        crate::setting::Value::Urls(Vec::new()),
    );
    let log = crate::log::settings(&no_advertised).unwrap();
    assert_eq!(
        Config::of(&no_advertised, log).unwrap_err().to_string(),
        "--advertise-client-urls is required when --listen-client-urls is set explicitly"
    );
}

#[test]
fn sockets_may_be_bound_to_addresses_and_to_localhost() {
    for url in [
        "http://0.0.0.0:1",
        "http://[::1]:1",
        "https://localhost:1",
        "unix:///tmp/x",
        "unixs://x:1",
    ] {
        config(&[("listen-peer-urls", url)]).unwrap();
    }
}

#[test]
fn what_this_release_does_not_do_is_refused_unless_the_data_is_there() {
    let asked = |changes: &[Change<'_>]| config(changes).unwrap();
    let many = asked(&[("initial-cluster", "a=http://a:1,b=http://b:1")]);
    assert_eq!(many.check_release(false), Err(NotYet::ManyMembers));
    assert_eq!(many.check_release(true), Ok(()));
    let twice = asked(&[("initial-cluster", "a=http://a:1,a=http://b:1")]);
    assert_eq!(
        twice.check_release(false),
        Ok(()),
        "one member at two addresses"
    );
    let existing = asked(&[("initial-cluster-state", "existing")]);
    assert_eq!(existing.check_release(false), Err(NotYet::Existing));
    let discovered = asked(&[("initial-cluster", ""), ("discovery-srv", "x")]);
    assert_eq!(discovered.check_release(false), Err(NotYet::Discovery));
    let traced = asked(&[("enable-distributed-tracing", "true")]);
    assert_eq!(traced.check_release(true), Err(NotYet::Tracing));
    let rare = asked(&[
        ("memory-mlock", "true"),
        ("max-wals", "7"),
        ("force-new-cluster", "true"),
    ]);
    assert_eq!(rare.check_release(true), Ok(()));
}

#[track_caller]
fn log_refused(changes: &[Change<'_>], text: &str) {
    assert_eq!(
        crate::log::settings(&values(changes))
            .unwrap_err()
            .to_string(),
        text
    );
}

#[test]
fn a_log_that_cannot_be_is_refused_in_upstreams_words() {
    log_refused(
        &[("logger", "capnslog")],
        "--logger=capnslog is removed in v3.5",
    );
    log_refused(&[("logger", "x")], "unknown logger option \"x\"");
    log_refused(
        &[("log-format", "x")],
        "unknown log format: x, supported values json, console",
    );
    log_refused(&[("log-level", "foo")], "unrecognized level: \"foo\"");
    log_refused(
        &[("log-outputs", "default,stderr")],
        "multi logoutput for \"default\" is not supported yet",
    );
    log_refused(
        &[("log-outputs", "systemd/journal,stderr")],
        "running with systemd/journal but other '--log-outputs' values ([\"stderr\" \"systemd/journal\"]) are configured \
         with 'default'; override 'default' value with something else",
    );
    let rotated = ("enable-log-rotation", "true");
    let single =
        "--log-outputs requires a single file path when --log-rotate-config-json is defined";
    log_refused(&[rotated], single);
    log_refused(&[rotated, ("log-outputs", "a,b")], single);
    let file = ("log-outputs", "a");
    log_refused(
        &[rotated, file, ("log-rotation-config-json", "{")],
        "improperly formatted log rotation config: unexpected end of JSON input",
    );
    log_refused(
        &[
            rotated,
            file,
            ("log-rotation-config-json", r#"{"maxsize":"a"}"#),
        ],
        "invalid log rotation config: json: cannot unmarshal string into Go struct field \
         logRotationConfig.Logger.maxsize of type int",
    );
}

#[test]
fn a_log_goes_to_each_place_once() {
    let log = |changes: &[Change<'_>]| crate::log::settings(&values(changes)).unwrap();
    let settings = log(&[
        ("log-outputs", "stdout,stderr,a.log"),
        ("log-level", "WARN"),
        ("log-format", "console"),
    ]);
    assert_eq!(settings.level, ZapLevel::Warn);
    assert_eq!(settings.format, ZapFormat::Console);
    assert_eq!(
        settings.outputs,
        [
            ZapOutput::File("a.log".into()),
            ZapOutput::Stderr,
            ZapOutput::Stdout
        ]
    );
    assert_eq!(log(&[("log-outputs", "/dev/null,stderr")]).outputs, []);
    let rotated = log(&[("log-outputs", "a.log"), ("enable-log-rotation", "true")]);
    assert!(
        matches!(&rotated.outputs[..], [ZapOutput::Rotated(path, rotation)]
        if path == "a.log" && rotation.size_mib_max == 100)
    );
}
