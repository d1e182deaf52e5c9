//! What is stored comes back after a restart, byte for byte, from our own snapshot and from upstream's.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use kit_cli::{EnvSource as _, ProcessEnv};
use kit_metrics::proto;

use crate::{
    client::{PROTOBUF, Request},
    gateway::{Gateway, OWN},
};

const ODD_VALUES: &str = "\
# HELP odd_gauge with \\\\ backslash and \\n new line, and \" quotes
# TYPE odd_gauge gauge
odd_gauge{v=\"nan\"} NaN
odd_gauge{v=\"plus\"} +Inf
odd_gauge{v=\"minus\"} -Inf
odd_gauge{v=\"negative zero\"} -0
odd_gauge{v=\"least\"} 5e-324
odd_gauge{v=\"most\"} 1.7976931348623157e+308
odd_gauge{v=\"\"} 0.1
odd_gauge{v=\"\\\\ \\n \\\" ü \u{2028} <b>\"} 1e+21
odd_gauge 9007199254740993
# HELP odd_counter
# TYPE odd_counter counter
odd_counter 1
# TYPE odd_summary summary
odd_summary{quantile=\"0.5\"} NaN
odd_summary{quantile=\"0.9\"} 2
odd_summary_sum NaN
odd_summary_count 18446744073709551615
# TYPE odd_histogram histogram
odd_histogram_bucket{le=\"0.1\"} 1
odd_histogram_bucket{le=\"+Inf\"} 3
odd_histogram_sum 1e-300
odd_histogram_count 3
# TYPE odd_float_histogram histogram
odd_float_histogram_bucket{le=\"1\"} 0.5
odd_float_histogram_sum 2
odd_float_histogram_count 1.5
odd_untyped{instance=\"own\"} 3
";

/// Two families: a native histogram with an exemplar and a created time, and a family without metrics.
fn odd_protobuf() -> Vec<u8> {
    let histogram = [
        &b"\x08\x05\x11\0\0\0\0\0\0\x14\x40"[..], // count 5, sum 5
        b"\x28\x02\x31\0\0\0\0\0\0\xf0\x3f\x38\x01", // schema 1, zero threshold 1, zero count 1
        b"\x4a\x04\x08\x01\x10\x01\x52\x01\x04",  // negative span and delta
        b"\x62\x04\x08\x00\x10\x01\x6a\x01\x04",  // positive span and delta
        b"\x7a\x04\x08\x80\x94\x0b",              // created
        b"\x82\x01\x0b\x11\0\0\0\0\0\0\xf0\x3f\x1a\0", // exemplar, its time empty
    ]
    .concat();
    let metric = message(7, &histogram);
    let native = [
        message(1, b"odd.native"),
        vec![0x18, 4],
        message(4, &metric),
        message(5, b"seconds"),
    ];
    let empty = [message(1, b"odd_empty"), message(2, b""), vec![0x18, 1]];
    [delimited(&native.concat()), delimited(&empty.concat())].concat()
}

fn message(field: u8, payload: &[u8]) -> Vec<u8> {
    [&[field << 3 | 2], &*delimited(payload)].concat()
}

fn delimited(payload: &[u8]) -> Vec<u8> {
    assert!(payload.len() < 128, "lengths of one byte");
    [&[u8::try_from(payload.len()).unwrap()], payload].concat()
}

/// Pushes everything that is odd and that this flavour of the program takes.
fn fill(gateway: &Gateway) {
    gateway.put("job/odd", ODD_VALUES).text(200);
    gateway.put("job/empty/instance/", "").text(200);
    gateway
        .put("job@base64/w7wK/instance/i/l@base64/=", "odd_untyped 4\n")
        .text(200);
    gateway.put("job/refused", "odd_gauge 1\n").text(400);
    let push = Request::new("POST", "/metrics/job/proto").header("Content-Type", PROTOBUF);
    gateway.send(&push.body(odd_protobuf())).text(200);
}

/// Everything a client can see of what was pushed: the text under every escaping, protobuf, and the JSON API.
#[derive(Debug, PartialEq)]
struct Shown {
    texts: Vec<String>,
    protobuf: Vec<String>,
    groups: Vec<String>,
}

impl Shown {
    fn by(gateway: &Gateway) -> Self {
        let scrape =
            |accept: &str| gateway.send(&Request::new("GET", "/metrics").header("Accept", accept));
        let texts = ["underscores", "dots", "values", "allow-utf-8"].map(|escaping| {
            let text = scrape(&format!("text/plain;version=0.0.4;escaping={escaping}")).text(200);
            crate::gateway::without_own(&text)
        });
        let mut protobuf =
            proto::decode(&scrape(&format!("{PROTOBUF};escaping=allow-utf-8")).body).unwrap();
        let is_own = |name: &[u8]| OWN.iter().any(|own| name.starts_with(own.as_bytes()));
        protobuf.retain(|family| !is_own(&family.name));
        let protobuf = protobuf.into_iter().map(|family| format!("{family:?}"));
        let groups: serde_json::Value =
            serde_json::from_str(&gateway.get("/api/v1/metrics")).unwrap();
        let mut groups: Vec<_> = groups["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        groups.sort();
        Self {
            texts: texts.into(),
            protobuf: protobuf.collect(),
            groups,
        }
    }
}

#[test]
fn everything_comes_back_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("snap");
    let gateway = Gateway::with_snapshot(&snapshot, &[]);
    fill(&gateway);
    let before = Shown::by(&gateway);
    assert_eq!(before.groups.len(), 5);
    assert!(
        before.texts[3].contains("{\"odd.native_sum\""),
        "{}",
        before.texts[3]
    );
    assert!(gateway.stop().0.success());
    let again = Gateway::with_snapshot(&snapshot, &[]);
    assert_eq!(Shown::by(&again), before);
    // And what comes back is checked against like what was pushed.
    again.put("job/other", "odd_gauge 1\n").text(400);
    again
        .put("job/other", "# TYPE odd_empty counter\nodd_empty 1\n")
        .text(400);
    assert!(again.stop().0.success());
}

#[test]
fn an_answered_push_is_in_the_next_scrape() {
    let gateway = Gateway::start(&[]);
    let mut client = gateway.connect();
    for number in 0..200 {
        let body = format!("number {number}\nnumber_{number} 1\n");
        let push = Request::new("PUT", "/metrics/job/a").body(body);
        assert_eq!(client.send(&push).status, 200);
        let scrape = gateway.pushed();
        assert!(scrape.contains(&format!("\nnumber{{instance=\"\",job=\"a\"}} {number}\n")));
        assert!(scrape.contains(&format!("\nnumber_{number}{{")));
    }
}

/// Returns the upstream program, if conformance has built it on this machine.
fn upstream() -> Option<PathBuf> {
    let cache = ProcessEnv.get("PEER_CACHE").map(PathBuf::from).or_else(|| {
        ProcessEnv
            .get("HOME")
            .map(|home| Path::new(&home).join(".cache/casemate-peers"))
    });
    let program = cache?.join("pushgateway");
    if !program.is_file() {
        eprintln!("skipped: no upstream program; `make conformance` builds it");
        return None;
    }
    Some(program)
}

fn start_upstream(program: &Path, snapshot: &Path) -> Gateway {
    let mut command = Command::new(program);
    command.arg("--web.listen-address=127.0.0.1:0");
    command.arg(format!("--persistence.file={}", snapshot.display()));
    Gateway::start_as(command)
}

#[test]
fn upstream_loads_our_snapshot() {
    let Some(program) = upstream() else { return };
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("snap");
    let ours = Gateway::with_snapshot(&snapshot, &[]);
    fill(&ours);
    let before = Shown::by(&ours);
    assert!(ours.stop().0.success());
    let theirs = start_upstream(&program, &snapshot);
    let log = theirs.log.so_far();
    assert!(
        !log.iter().any(|line| line.contains("could not load")),
        "{log:?}"
    );
    assert_eq!(Shown::by(&theirs), before);
}

#[test]
fn we_load_upstreams_snapshot() {
    let Some(program) = upstream() else { return };
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("snap");
    let theirs = start_upstream(&program, &snapshot);
    fill(&theirs);
    let before = Shown::by(&theirs);
    assert!(theirs.stop().0.success());
    let ours = Gateway::with_snapshot(&snapshot, &[]);
    let log = ours.log.so_far();
    assert!(
        !log.iter().any(|line| line.contains("could not load")),
        "{log:?}"
    );
    assert_eq!(Shown::by(&ours), before);
}
