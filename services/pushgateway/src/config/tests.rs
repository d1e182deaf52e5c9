use std::ffi::OsString;

use kit_cli::{
    MapEnv,
    dialect::{Dialect, Outcome},
};
use kit_telemetry::{Level, LogFormat};

use super::*;
use crate::flags;

#[track_caller]
fn config(words: &[&str]) -> Result<Config, ConfigError> {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    match flags::command().interpret("pushgateway", &words, &MapEnv::default()) {
        Outcome::Run(matches) => Config::from_matches(&matches),
        other => panic!("not a line to run: {other:?}"),
    }
}

#[track_caller]
fn shown(words: &[&str], flag: &str) -> Option<String> {
    let flags = config(words).unwrap().shown_flags();
    flags
        .into_iter()
        .find(|(name, _)| name == flag)
        .map(|(_, value)| value)
}

#[test]
fn an_empty_line_means_upstreams_defaults() {
    let config = config(&[]).unwrap();
    assert_eq!(config.listen_addresses, [":9091"]);
    assert_eq!(config.telemetry_path, "/metrics");
    assert_eq!(
        (
            config.route_prefix.as_str(),
            config.external_prefix.as_str()
        ),
        ("", "")
    );
    assert_eq!(
        config.persistence,
        Persistence {
            file: None,
            interval: Duration::from_mins(5)
        }
    );
    assert_eq!(
        (config.log.level, config.log.format),
        (Level::Info, LogFormat::Logfmt)
    );
    assert!(config.consistency_check);
    let switches = [
        config.systemd_socket,
        config.lifecycle,
        config.admin_api,
        config.utf8_names,
    ];
    assert_eq!(switches, [false; 4]);
    assert_eq!(config.web_config, None);
}

#[test]
fn bodies_are_limited_by_default_and_our_other_limits_are_off() {
    let config = config(&[]).unwrap();
    assert_eq!(config.max_body_bytes, NonZeroU64::new(256 << 20));
    assert_eq!(
        (config.group_ttl, config.max_groups, config.max_series),
        (None, None, None)
    );
}

#[test]
fn our_limits_are_read_and_zero_lifts_them() {
    let words = [
        "--push.max-body-bytes=0",
        "--push.group-ttl=1d",
        "--push.max-groups=7",
        "--push.max-series=9",
    ];
    let config = config(&words).unwrap();
    assert_eq!(config.max_body_bytes, None);
    assert_eq!(config.group_ttl, Some(Duration::from_hours(24)));
    assert_eq!(
        (config.max_groups, config.max_series),
        (NonZeroU64::new(7), NonZeroU64::new(9))
    );
}

#[test]
fn a_negative_ttl_is_refused_by_name() {
    let error = config(&["--push.group-ttl=-1s"]).unwrap_err();
    assert_eq!(
        kit_telemetry::chain(&error),
        "--push.group-ttl: -1s is negative"
    );
}

#[test]
fn written_listen_addresses_replace_the_default() {
    let config = config(&["--web.listen-address=:1", "--web.listen-address", "[::1]:2"]).unwrap();
    assert_eq!(config.listen_addresses, [":1", "[::1]:2"]);
}

/// `(route prefix, external URL)` to `(route prefix, prefix of links)`.
#[test]
fn prefixes_follow_upstreams_rule() {
    for (route, url, expected) in [
        ("", "", ("", "")),
        ("/", "http://h/a", ("", "/a")),
        ("", "http://h/a/b/", ("/a/b", "/a/b")),
        ("x", "http://h/a", ("/x", "/a")),
        ("/x/", "", ("/x", "")),
        ("", "http://h/", ("", "")),
        ("//", "", ("/", "")),
        ("", "http://h/%61%20b", ("/a b", "/a b")),
        ("", "relative", ("/relative", "/relative")),
        ("", "mailto:x", ("", "")),
    ] {
        let config = config(&["--web.route-prefix", route, "--web.external-url", url]).unwrap();
        let found = (
            config.route_prefix.as_str(),
            config.external_prefix.as_str(),
        );
        assert_eq!(found, expected, "{route} {url}");
    }
}

#[test]
fn an_external_path_that_is_no_text_is_refused() {
    let error = config(&["--web.external-url=http://h/%ff"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"--web.external-url: the path of "http://h/%ff" is not valid UTF-8"#
    );
}

#[test]
fn the_flags_shown_are_upstreams_sorted_with_go_spelling() {
    let flags = config(&[]).unwrap().shown_flags();
    let expected = [
        ("log.format", "logfmt"),
        ("log.level", "info"),
        ("persistence.file", ""),
        ("persistence.interval", "5m0s"),
        ("push.disable-consistency-check", "false"),
        ("push.enable-utf8-names", "false"),
        ("web.config.file", ""),
        ("web.enable-admin-api", "false"),
        ("web.enable-lifecycle", "false"),
        ("web.external-url", ""),
        ("web.listen-address", ":9091"),
        ("web.route-prefix", ""),
        ("web.systemd-socket", "false"),
        ("web.telemetry-path", "/metrics"),
    ];
    let flags: Vec<_> = flags
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(flags, expected);
}

#[test]
fn shown_values_are_what_the_program_made_of_them() {
    let check = |words: &[&str], flag: &str, expected: &str| {
        assert_eq!(shown(words, flag).as_deref(), Some(expected));
    };
    check(&["--web.route-prefix=x/"], "web.route-prefix", "/x");
    check(
        &["--web.external-url=HTTP://h/a b"],
        "web.external-url",
        "http://h/a%20b",
    );
    check(
        &["--web.listen-address=:1", "--web.listen-address=:2"],
        "web.listen-address",
        ":1,:2",
    );
    check(
        &["--persistence.interval=-1d"],
        "persistence.interval",
        "-24h0m0s",
    );
    check(&["--log.level=WARN"], "log.level", "warn");
    check(
        &["--push.enable-utf8-names"],
        "push.enable-utf8-names",
        "true",
    );
}

#[test]
fn our_flags_are_shown_only_when_written() {
    assert_eq!(shown(&[], "push.max-groups"), None);
    assert_eq!(
        shown(&["--push.max-groups=0"], "push.max-groups").as_deref(),
        Some("0")
    );
    assert_eq!(
        shown(&["--push.group-ttl=90m"], "push.group-ttl").as_deref(),
        Some("1h30m0s")
    );
}
