use std::{ffi::OsString, fs, path::Path, sync::Mutex};

use etcd::{
    flags,
    start::{self, Start},
};
use kit_cli::{
    MapEnv,
    dialect::{Dialect, Outcome},
};
use kit_telemetry::{ZapLog, init_zap};

/// The log is the process': one test at a time has it.
static LOG: Mutex<Option<ZapLog>> = Mutex::new(None);

/// Starts a program in a folder of its own, logging to `a.log` there, and returns what came of it and the log.
fn start(folder: &Path, words: &[&str], env: &[(&str, &str)]) -> (Start, String) {
    let mut log = LOG.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let log = log.get_or_insert_with(|| init_zap().unwrap());
    let file = folder.join("a.log");
    let output = format!("--log-outputs={}", file.display());
    let words: Vec<&str> = [&output]
        .into_iter()
        .map(String::as_str)
        .chain(words.iter().copied())
        .collect();
    let argv: Vec<String> = ["etcd"]
        .iter()
        .chain(&words)
        .map(|word| (*word).to_owned())
        .collect();
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let Outcome::Run(matches) = flags::command().interpret("etcd", &words, &MapEnv::default())
    else {
        panic!("flags are right");
    };
    let started = start::configure(
        &argv,
        &matches,
        &MapEnv::from_iter(env.iter().copied()),
        log,
    );
    (started, fs::read_to_string(file).unwrap_or_default())
}

#[track_caller]
fn ends(words: &[&str], code: u8, lines: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let (started, log) = start(folder.path(), words, &[]);
    assert!(
        matches!(started, Start::End(end) if end == code),
        "{started:?}"
    );
    for line in lines {
        assert!(log.contains(line), "{line} is not in\n{log}");
    }
}

#[test]
fn what_does_not_go_together_is_told_and_ends_the_program() {
    ends(
        &["--heartbeat-interval=0"],
        1,
        &[
            r#""level":"info""#,
            r#""msg":"Running: ","args":["etcd","--log-outputs="#,
            r#""msg":"failed to verify flags","error":"--heartbeat-interval must be >0 (set to 0ms)""#,
        ],
    );
    ends(
        &["--listen-client-urls=http://localhost:1"],
        1,
        &[r#""msg":"advertise client URLs are not set""#],
    );
    ends(&["--log-level=foo"], 2, &[]);
}

#[test]
fn what_this_release_does_not_do_is_told_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let data = format!("--data-dir={}", folder.path().join("d").display());
    ends(
        &[
            &data,
            "--name=a",
            "--initial-cluster=a=http://a:1,b=http://b:1",
        ],
        1,
        &[
            r#""level":"fatal""#,
            "--initial-cluster names more than one",
        ],
    );
    ends(
        &[&data, "--initial-cluster-state=existing"],
        1,
        &["--initial-cluster-state=existing joins another cluster"],
    );
    // A log that is there says who the members are.
    fs::create_dir_all(folder.path().join("d/member/wal/0-0.wal")).unwrap();
    let (started, log) = start(
        folder.path(),
        &[&data, "--initial-cluster-state=existing"],
        &[],
    );
    assert!(matches!(started, Start::Member(_)), "{started:?}");
    assert!(log.contains("server has already been initialized"), "{log}");
}

#[test]
fn a_member_with_nothing_but_a_name_has_a_folder_and_a_cluster_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (started, log) = start(
        folder.path(),
        &["--name=node1"],
        &[("ETCD_SNAPSHOT_COUNT", "5")],
    );
    let Start::Member(config) = started else {
        panic!("{started:?}");
    };
    assert_eq!(config.data_dir, Path::new("node1.etcd"));
    assert_eq!(
        config.cluster.initial_cluster,
        "node1=http://localhost:2380"
    );
    assert_eq!(config.raft.snapshot_count, 5);
    assert!(
        log.contains(r#""msg":"'data-dir' was empty; using default","data-dir":"node1.etcd""#),
        "{log}"
    );
}

#[test]
fn a_file_speaks_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.yaml");
    let log = folder.path().join("b.log");
    fs::write(
        &file,
        format!(
            "name: x\nlog-outputs: ['{}']\nmax-snapshots: 5\n",
            log.display()
        ),
    )
    .unwrap();
    let flag = format!("--config-file={}", file.display());
    let (started, other) = start(folder.path(), &[&flag, "--name=y"], &[("ETCD_NAME", "z")]);
    let Start::Member(config) = started else {
        panic!("{started:?}");
    };
    assert_eq!(config.name, "x");
    assert_eq!(other, "", "the log is where the file says");
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("loaded server configuration"), "{log}");
    assert!(
        log.contains("--max-snapshots is deprecated in 3.6"),
        "{log}"
    );
}

#[test]
fn the_version_is_said_in_four_lines() {
    let folder = tempfile::tempdir().unwrap();
    let (started, _) = start(folder.path(), &["--version"], &[]);
    let Start::Say(text) = started else {
        panic!("{started:?}");
    };
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0], "etcd Version: 3.7.3");
    assert!(lines[3].starts_with("Go OS/Arch: linux/"), "{text}");
}
