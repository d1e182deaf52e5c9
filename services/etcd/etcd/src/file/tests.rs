use proptest::prelude::*;

use super::*;

#[track_caller]
fn values(text: &str) -> Values {
    parse(text.as_bytes()).unwrap().values
}

#[track_caller]
fn refused(text: &str, expected: &str) {
    assert_eq!(
        parse(text.as_bytes()).unwrap_err().to_string(),
        expected,
        "{text:?}"
    );
}

#[track_caller]
fn wrong(text: &str, what: &str) {
    refused(
        text,
        &format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {what}"),
    );
}

#[test]
fn keys_are_flags_and_json_is_yaml() {
    let read =
        values("name: a\nheartbeat-interval: 0x64\nelection-timeout: 1e3\nenable-pprof: yes\n");
    assert_eq!(read.text("name"), "a");
    assert_eq!(read.int::<u64>("heartbeat-interval"), 100);
    assert_eq!(read.int::<u64>("election-timeout"), 1000);
    assert!(read.bool("enable-pprof"));
    let read = values(r#"{"name": "b", "log-outputs": ["stdout", "a.log"], "max-learners": -1}"#);
    assert_eq!(read.text("name"), "b");
    assert_eq!(read.texts("log-outputs"), ["stdout", "a.log"]);
    assert_eq!(read.int::<i64>("max-learners"), -1);
}

#[test]
fn nothing_and_null_leave_the_defaults() {
    for text in [
        "",
        "---\n",
        "null",
        "{}",
        "name: ~\nunknown: [1]\n",
        "# only this\n",
    ] {
        assert_eq!(values(text).text("name"), "default", "{text:?}");
    }
}

#[test]
fn keys_are_found_in_any_case_and_the_last_of_equal_ones_counts() {
    assert_eq!(values("Name: a\n").text("name"), "a");
    assert_eq!(values("name: a\nname: b\n").text("name"), "b");
}

#[test]
fn times_are_nanoseconds() {
    let read = values("watch-progress-notify-interval: 600000000000\n");
    assert_eq!(
        read.duration("watch-progress-notify-interval").to_string(),
        "10m0s"
    );
}

#[test]
fn sections_have_their_own_keys() {
    let read = values(
        "client-transport-security:\n  cert-file: c\n  client-cert-auth: true\n  allowed-cn: [x]\n\
         peer-transport-security:\n  cert-file: p\n  auto-tls: true\n\
         socket-options:\n  reuse-port: true\n\
         discovery-config:\n  token: t\n  client:\n    endpoints: [b, a]\n    secure:\n      cert: d\n",
    );
    assert_eq!(read.text("cert-file"), "c");
    assert!(read.bool("client-cert-auth"));
    assert_eq!(read.texts("client-cert-allowed-cn"), ["x"]);
    assert_eq!(read.text("peer-cert-file"), "p");
    assert!(read.bool("peer-auto-tls"));
    assert!(read.bool("socket-reuse-port"));
    assert_eq!(read.text("discovery-token"), "t");
    assert_eq!(read.texts("discovery-endpoints"), ["b", "a"]);
    assert_eq!(read.text("discovery-cert"), "d");
    assert_eq!(
        read.text("initial-cluster"),
        "",
        "whoever is discovered has none"
    );
}

#[test]
fn lists_of_urls_and_hosts_are_one_text() {
    let read = values(
        "listen-peer-urls: http://localhost:2,http://127.0.0.1:1\nhost-whitelist: b,a\ncors: http://c:1\nlisten-client-urls: ''\n",
    );
    let urls: Vec<_> = read
        .urls("listen-peer-urls")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(urls, ["http://127.0.0.1:1", "http://localhost:2"]);
    assert_eq!(read.texts("host-whitelist"), ["a", "b"]);
    assert_eq!(read.texts("cors"), ["http://c:1"]);
    assert_eq!(read.urls("listen-client-urls").len(), 1);
    refused(
        "listen-peer-urls: localhost:2380\n",
        "unexpected error setting up listen-peer-urls: URL scheme must be http, https, unix, or unixs: localhost:2380",
    );
    refused(
        "advertise-client-urls: x\n",
        "unexpected error setting up advertise-peer-urls: URL scheme must be http, https, unix, or unixs: x",
    );
}

#[test]
fn what_a_key_does_not_hold_is_said_in_gos_words() {
    wrong(
        "heartbeat-interval: abc\n",
        "string into Go struct field configYAML.Config.heartbeat-interval of type uint",
    );
    wrong(
        "heartbeat-interval: -1\n",
        "number -1 into Go struct field configYAML.Config.heartbeat-interval of type uint",
    );
    wrong(
        "heartbeat-interval: 1.5\n",
        "number 1.5 into Go struct field configYAML.Config.heartbeat-interval of type uint",
    );
    wrong(
        "watch-progress-notify-interval: 10m\n",
        "string into Go struct field configYAML.Config.watch-progress-notify-interval of type time.Duration",
    );
    wrong(
        "name: [a]\n",
        "array into Go struct field configYAML.Config.name of type string",
    );
    wrong(
        "name: 5\n",
        "number into Go struct field configYAML.Config.name of type string",
    );
    wrong(
        "name: y\n",
        "bool into Go struct field configYAML.Config.name of type string",
    );
    wrong(
        "enable-pprof: 1\n",
        "number into Go struct field configYAML.Config.enable-pprof of type bool",
    );
    wrong(
        "log-outputs: stderr\n",
        "string into Go struct field configYAML.Config.log-outputs of type []string",
    );
    wrong(
        "log-outputs: [1]\n",
        "number into Go struct field configYAML.Config.log-outputs of type string",
    );
    wrong(
        "max-concurrent-streams: 4294967296\n",
        "number 4294967296 into Go struct field configYAML.Config.max-concurrent-streams of type uint32",
    );
    wrong(
        "listen-peer-urls: [a]\n",
        "array into Go struct field configYAML.configJSON.listen-peer-urls of type string",
    );
    wrong(
        "feature-gates:\n  X: true\n",
        "object into Go struct field configYAML.configJSON.feature-gates of type string",
    );
    wrong(
        "client-transport-security: abc\n",
        "string into Go struct field configYAML.configJSON.client-transport-security of type embed.securityConfig",
    );
    wrong(
        "client-transport-security:\n  cert-file: 5\n",
        "number into Go struct field securityConfig.configJSON.client-transport-security.cert-file of type string",
    );
    wrong(
        "socket-options: 5\n",
        "number into Go struct field configYAML.Config.socket-options of type transport.SocketOpts",
    );
    wrong(
        "discovery-config:\n  token: 5\n",
        "number into Go struct field DiscoveryConfig.Config.discovery-config.token of type string",
    );
    wrong("abc\n", "string into Go value of type embed.configYAML");
    // Of several the first in order.
    wrong(
        "name: 5\nenable-pprof: 1\n",
        "number into Go struct field configYAML.Config.enable-pprof of type bool",
    );
}

#[test]
fn what_is_no_yaml_is_said_in_gos_words() {
    refused(
        "a: b: c\n",
        "error converting YAML to JSON: yaml: mapping values are not allowed in this context",
    );
    refused("feature-gates: X=true\n", "unrecognized feature gate: X");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let refused = read(Path::new("nofile")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "open nofile: no such file or directory"
    );
    let folder = tempfile::tempdir().unwrap();
    let refused = read(folder.path()).unwrap_err().to_string();
    assert_eq!(
        refused,
        format!("read {}: is a directory", folder.path().display())
    );
}

#[test]
fn what_was_written_is_known_by_its_key() {
    let names = parse(b"max-snapshots: 1\npeer-transport-security:\n  auto-tls: true\n")
        .unwrap()
        .names;
    assert!(names.contains("max-snapshots") && names.contains("peer-auto-tls"));
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_or_refused(
        key in prop::sample::select(SETTINGS.iter().filter_map(|setting| setting.in_file).collect::<Vec<_>>()),
        value in "(\\[|\\{|-|[0-9.eE]{0,6}|[a-z:,/]{0,12}|\"){0,3}",
    ) {
        let key = key.split('.').next().unwrap();
        let _ = parse(format!("{key}: {value}\n").as_bytes());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = parse(&bytes);
    }
}
