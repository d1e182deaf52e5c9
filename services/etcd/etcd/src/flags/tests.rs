use std::ffi::OsString;

use kit_cli::{
    MapEnv,
    dialect::{Dialect, Outcome},
};

use super::*;

fn matches(words: &[&str]) -> Matches {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    match command().interpret("etcd", &words, &MapEnv::default()) {
        Outcome::Run(matches) => matches.flags,
        other => panic!("{other:?}"),
    }
}

fn read_with<const N: usize>(
    words: &[&str],
    env: [(&str, &str); N],
) -> Result<Written, FlagsError> {
    read(&matches(words), &MapEnv::from(env))
}

fn urls(written: &Written, name: &str) -> Vec<String> {
    written
        .values
        .urls(name)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_flag_comes_before_a_default_and_a_variable_too() {
    let written = read_with(
        &["--name=a"],
        [("ETCD_DATA_DIR", "d"), ("ETCD_WAL_DIR", "")],
    )
    .unwrap();
    assert_eq!(written.values.text("name"), "a");
    assert_eq!(written.values.text("data-dir"), "d");
    assert_eq!(
        written.values.text("wal-dir"),
        "",
        "an empty variable is none"
    );
    assert_eq!(written.values.int::<u64>("heartbeat-interval"), 100);
    assert!(written.names.contains("data-dir") && !written.names.contains("wal-dir"));
}

#[test]
fn the_same_setting_both_ways_ends_the_program() {
    let refused = read_with(&["--name=a"], [("ETCD_NAME", "a")]);
    assert_eq!(refused.unwrap_err(), FlagsError::Conflict);
    let refused = read_with(&["--config-file="], [("ETCD_CONFIG_FILE", "")]);
    assert_eq!(refused.unwrap_err(), FlagsError::Conflict);
    read_with(
        &[],
        [
            ("ETCD_UNKNOWN", "x"),
            ("ETCDCTL_NAME", "x"),
            ("ETCD_VERSION", "1"),
        ],
    )
    .unwrap();
}

#[test]
fn a_variable_its_flag_would_not_let_pass_is_refused_by_name() {
    let refused = read_with(&[], [("ETCD_HEARTBEAT_INTERVAL", "x"), ("ETCD_NAME", "a")]);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "invalid value \"x\" for ETCD_HEARTBEAT_INTERVAL: parse error"
    );
}

#[test]
fn listening_elsewhere_needs_an_address_that_is_told() {
    let listen = "--listen-client-urls=http://localhost:1";
    assert_eq!(
        urls(&read_with(&[listen], []).unwrap(), "advertise-client-urls"),
        [""; 0]
    );
    let told = "--advertise-client-urls=http://a:1";
    let written = read_with(&[listen, told], []).unwrap();
    assert_eq!(urls(&written, "advertise-client-urls"), ["http://a:1"]);
    let written = read_with(&[], []).unwrap();
    assert_eq!(
        urls(&written, "advertise-client-urls"),
        ["http://localhost:2379"]
    );
}

#[test]
fn whoever_is_discovered_has_no_initial_cluster() {
    let written = read_with(&["--discovery-srv=a"], []).unwrap();
    assert_eq!(written.values.text("initial-cluster"), "");
    let written = read_with(&["--discovery-srv=a", "--initial-cluster=a=http://a:1"], []).unwrap();
    assert_eq!(written.values.text("initial-cluster"), "a=http://a:1");
}

#[test]
fn peers_have_five_seconds_at_least() {
    let written = read_with(&["--raft-read-timeout=1s", "--raft-write-timeout=1m"], []).unwrap();
    assert_eq!(
        written.values.duration("raft-read-timeout").to_string(),
        "5s"
    );
    assert_eq!(
        written.values.duration("raft-write-timeout").to_string(),
        "1m0s"
    );
}

#[test]
fn gates_add_up() {
    let words = [
        "--feature-gates=LeaseCheckpoint=true",
        "--feature-gates=PriorityRequest=true",
    ];
    let written = read_with(&words, []).unwrap();
    let gates = crate::gates::parse(written.values.text("feature-gates")).unwrap();
    assert!(gates.is_open(crate::gates::Gate::LeaseCheckpoint));
    assert!(gates.is_open(crate::gates::Gate::PriorityRequest));
}

#[test]
fn the_file_is_named_by_flag_or_by_variable() {
    let env = MapEnv::from([("ETCD_CONFIG_FILE", "b")]);
    assert_eq!(
        config_file(&matches(&["--config-file=a"]), &env).unwrap(),
        "a"
    );
    assert_eq!(config_file(&matches(&[]), &env).unwrap(), "b");
    assert_eq!(config_file(&matches(&[]), &MapEnv::default()), None);
}

#[test]
fn flags_of_old_are_taken_and_the_version_is_asked_for() {
    read_with(&["--force", "--vv=3", "--test.outputdir=x"], []).unwrap();
    assert!(wants_version(&matches(&["--version"])));
    assert!(!wants_version(&matches(&["--version=false"])));
}
