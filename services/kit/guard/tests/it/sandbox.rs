//! The sandboxes: what a confined program can still do, and that everything else is stopped.

use std::{
    fs,
    os::{
        linux::net::SocketAddrExt, unix::fs::symlink, unix::net::SocketAddr,
        unix::net::UnixListener,
    },
    path::Path,
    process::Stdio,
};

use kit_guard::bind;
use serde_json::Value;

use crate::guarded::{AS_USER, Ended, Guarded, is_root, skip};

const LANDLOCK: (&str, &str) = ("GUARD_SANDBOX", "landlock");
const SECCOMP: (&str, &str) = ("GUARD_SANDBOX", "seccomp");
const ALL: (&str, &str) = ("GUARD_SANDBOX", "all");

/// Runs deeds with rights and checks each outcome.
#[track_caller]
fn check(
    guarded: &Guarded,
    setting: (&str, &str),
    rights: &[&str],
    expected: &[(&str, &str)],
) -> Ended {
    let deeds = expected.iter().map(|(deed, _)| *deed);
    let words: Vec<&str> = ["rights"]
        .into_iter()
        .chain(rights.iter().copied())
        .chain(["--", "try"])
        .chain(deeds)
        .collect();
    let ended = guarded.run(&["env"], &[setting], &words);
    let found: Vec<&str> = ended.stdout.lines().collect();
    let wanted: Vec<String> = expected
        .iter()
        .map(|(deed, outcome)| format!("{deed} {outcome}"))
        .collect();
    assert_eq!(found, wanted, "{ended:?}");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended
}

/// Says and returns whether this kernel confines files and ports.
fn has_landlock() -> bool {
    let ended = Guarded::new().run(&["env"], &[("GUARD_REPORT", "stderr")], &["try"]);
    let report: Value = serde_json::from_str(&ended.stderr).unwrap();
    let has = report["landlock"]["abi"]
        .as_i64()
        .is_some_and(|abi| abi >= 4);
    if !has {
        skip("this kernel has no Landlock for TCP");
    }
    has
}

#[test]
fn a_program_taken_over_gets_nowhere() {
    if !has_landlock() {
        return;
    }
    let outside = bind::tcp("127.0.0.1", 0, "test").unwrap();
    let connect = format!("connect:{}", outside.local_addr().unwrap());
    let parent = format!("signal:{}", std::process::id());
    check(
        &Guarded::new(),
        ALL,
        &["listen=127.0.0.1:0"],
        &[
            ("read:/etc/shadow", "EACCES"),
            ("list:/root", "EACCES"),
            ("write:/tmp/kit-guard-intruder", "EACCES"),
            (&connect, "EACCES"),
            ("bind:127.0.0.1:9091", "EACCES"),
            ("exec:/bin/true", "EPERM"),
            ("ptrace", "EPERM"),
            ("namespace", "EPERM"),
            (&parent, "EPERM"),
            ("thread", "ok"),
            ("own-signal", "ok"),
            ("read:/etc/passwd", "ok"),
            ("bind:127.0.0.1:0", "ok"),
        ],
    );
    assert!(!Path::new("/tmp/kit-guard-intruder").exists());
}

/// The last row of the measured matrix.
#[test]
fn a_rule_that_does_not_list_the_port_counts_for_port_0_and_not_for_udp() {
    if !has_landlock() {
        return;
    }
    let guarded = Guarded::new();
    let listed = guarded_port();
    let (listen, bind) = (
        format!("listen=127.0.0.1:{listed}"),
        format!("bind:127.0.0.1:{listed}"),
    );
    let expected: &[(&str, &str)] = &[
        ("bind:127.0.0.1:0", "EACCES"),
        ("bind:127.0.0.1:1025", "EACCES"),
        ("udp:127.0.0.1:0", "ok"),
        // Bound already, by the guard itself: in use, and not forbidden.
        (&bind, "EADDRINUSE"),
    ];
    check(&guarded, LANDLOCK, &[&listen], expected);
}

/// Returns a port that was free a moment ago.
fn guarded_port() -> u16 {
    let listener = bind::tcp("127.0.0.1", 0, "test").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn the_same_deeds_work_without_a_sandbox() {
    let outside = bind::tcp("127.0.0.1", 0, "test").unwrap();
    let connect = format!("connect:{}", outside.local_addr().unwrap());
    let parent = format!("signal:{}", std::process::id());
    let deeds: &[(&str, &str)] = &[
        ("read:/etc/passwd", "ok"),
        (&connect, "ok"),
        ("bind:127.0.0.1:0", "ok"),
        ("exec:/bin/true", "ok"),
        (&parent, "ok"),
        ("ptrace", "ok"),
    ];
    check(&Guarded::new(), ("GUARD_SANDBOX", "off"), &[], deeds);
}

#[test]
fn landlock_alone_stops_execution_and_seccomp_alone_too() {
    if !has_landlock() {
        return;
    }
    let guarded = Guarded::new();
    check(
        &guarded,
        LANDLOCK,
        &[],
        &[("exec:/bin/true", "EACCES"), ("namespace", "ok")],
    );
    check(
        &guarded,
        SECCOMP,
        &[],
        &[
            ("exec:/bin/true", "EPERM"),
            ("read:/etc/shadow", outcome_of_shadow()),
        ],
    );
    check(
        &guarded,
        SECCOMP,
        &["executes"],
        &[("exec:/bin/true", "ok"), ("namespace", "EPERM")],
    );
}

fn outcome_of_shadow() -> &'static str {
    if nix::unistd::geteuid().is_root() {
        "ok"
    } else {
        "EACCES"
    }
}

#[test]
fn a_service_may_connect_where_it_was_told_to() {
    if !has_landlock() {
        return;
    }
    let guarded = Guarded::new();
    let [allowed, other] = [(); 2].map(|()| bind::tcp("127.0.0.1", 0, "test").unwrap());
    let [allowed, other] = [&allowed, &other].map(|it| it.local_addr().unwrap());
    let right = format!("connect={}", allowed.port());
    let [to_allowed, to_other] = [allowed, other].map(|it| format!("connect:{it}"));
    check(
        &guarded,
        LANDLOCK,
        &[&right],
        &[(&to_allowed, "ok"), (&to_other, "EACCES")],
    );
    check(
        &guarded,
        LANDLOCK,
        &["connect=anybody"],
        &[(&to_allowed, "ok"), (&to_other, "ok")],
    );
}

#[test]
fn data_are_written_where_they_belong_and_nowhere_else() {
    if !has_landlock() {
        return;
    }
    let guarded = Guarded::new();
    for folder in ["data", "beside"] {
        fs::create_dir(guarded.folder().join(folder)).unwrap();
    }
    let folder = guarded.folder().display();
    let right = format!("replace-file={folder}/data/store");
    let [inside, again, outside, list] = [
        "replace:{}/data/store",
        "replace:{}/data/store",
        "replace:{}/beside/store",
        "list:{}/beside",
    ]
    .map(|deed| deed.replace("{}", &folder.to_string()));
    let expected: &[(&str, &str)] = &[
        (&inside, "ok"),
        (&again, "ok"),
        (&outside, "EACCES"),
        (&list, "EACCES"),
    ];
    check(&guarded, LANDLOCK, &[&right], expected);
}

#[test]
fn a_secret_that_kubernetes_swaps_can_still_be_read() {
    if !has_landlock() {
        return;
    }
    let guarded = Guarded::new();
    let mount = guarded.folder().join("mount");
    fs::create_dir_all(mount.join("..1")).unwrap();
    fs::write(mount.join("..1/tls.key"), "one").unwrap();
    symlink("..1", mount.join("..data")).unwrap();
    symlink("..data/tls.key", mount.join("tls.key")).unwrap();
    let key = mount.join("tls.key");
    let right = format!("private-file={}", key.display());
    // The swap happens outside, between two reads: a pipe holds the program in between.
    let script = format!(
        "mkfifo $FOLDER/go; cd {mount}; \
         GUARD_SANDBOX=landlock $PROGRAM rights {right} read-file=$FOLDER/go -- try read:{key} read:$FOLDER/go read:{key} & \
         (mkdir ..2; echo two > ..2/tls.key; ln -s ..2 ..new; mv -T ..new ..data; rm -r ..1) > $FOLDER/go; wait",
        mount = mount.display(),
        key = key.display(),
    );
    let ended = guarded.shell(&[], &script, Stdio::null());
    let expected = format!(
        "read:{key} ok\nread:{}/go ok\nread:{key} ok\n",
        guarded.folder().display(),
        key = key.display()
    );
    assert_eq!(ended.stdout, expected, "{ended:?}");
}

#[test]
fn abstract_sockets_of_others_are_out_of_reach() {
    if !has_landlock() {
        return;
    }
    let name = format!("kit-guard-sandbox-{}", std::process::id());
    let _listener =
        UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let deed = format!("abstract:{name}");
    let guarded = Guarded::new();
    check(&guarded, LANDLOCK, &[], &[(&deed, "EPERM")]);
    let variables = [LANDLOCK, ("NOTIFY_SOCKET", "@somewhere")];
    let ended = guarded.run(&["env"], &variables, &["try", &deed]);
    assert_eq!(
        ended.stdout,
        format!("{deed} ok\n"),
        "systemd itself may listen on one"
    );
}

#[test]
fn a_kernel_without_landlock_is_told_of_once_and_strict_refuses_it() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    // ENOSYS is what kernels and older runtimes' profiles answer.
    let without = ["without", "landlock_create_ruleset", "*", "38"];
    let words = |rest: &[&'static str]| [&without[..], rest].concat();
    let variables = [LANDLOCK, ("GUARD_REPORT", "stderr")];
    let ended = guarded.run(&["env"], &variables, &words(&["try", "read:/etc/passwd"]));
    assert_eq!(ended.code, Some(0), "best effort: {ended:?}");
    let told = "GRD-L01: the Landlock sandbox is not complete: this kernel has none, or the runtime's seccomp profile forbids it";
    assert!(ended.lines()[0].contains(told), "{ended:?}");
    let report: Value = serde_json::from_str(ended.lines()[1]).unwrap();
    assert_eq!(
        report["landlock"],
        serde_json::json!({ "abi": null, "level": "none" })
    );
    let ended = guarded.run(&AS_USER, &[("GUARD_DROP", "strict")], &words(&["idle"]));
    assert_eq!(ended.code, Some(78), "{ended:?}");
    let told = "GRD-L01: GUARD_DROP=strict needs Landlock version 4, this kernel has none, or the runtime's seccomp profile forbids it; fix: ";
    assert!(ended.stderr.starts_with(told), "{ended:?}");
}

#[test]
fn a_filter_that_cannot_be_set_ends_the_start() {
    let words = ["without", "seccomp", "*", "38", "idle"];
    let ended = Guarded::new().run(&["env"], &[SECCOMP], &words);
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(
        ended
            .stderr
            .starts_with("GRD-L03: the seccomp filter cannot be set: "),
        "{ended:?}"
    );
}

#[test]
fn a_data_file_in_the_root_directory_is_refused_in_a_sandbox() {
    let words = ["rights", "replace-file=/store", "--", "idle"];
    let guarded = Guarded::new();
    let ended = guarded.run(&["env"], &[LANDLOCK], &words);
    assert_eq!(ended.code, Some(78), "{ended:?}");
    assert!(
        ended
            .stderr
            .starts_with("GRD-L02: /store lies in the root directory: "),
        "{ended:?}"
    );
    assert_eq!(guarded.run(&["env"], &[], &words).code, Some(0));
}

#[test]
fn strict_allows_the_calls_of_the_service_and_no_other() {
    if !is_root() || !has_landlock() {
        return;
    }
    let guarded = Guarded::new();
    let list = guarded.folder().join("calls");
    // What the example and the C library need; `kill` and `socket` are missing.
    fs::write(&list, CALLS).unwrap();
    let right = format!("calls={}", list.display());
    let words = [
        "rights",
        &right,
        "--",
        "try",
        "read:/etc/passwd",
        "thread",
        "own-signal",
        "bind:127.0.0.1:0",
        "status:Seccomp",
    ];
    let variables = [("GUARD_DROP", "strict"), ("GUARD_REPORT", "stderr")];
    let ended = guarded.run(&AS_USER, &variables, &words);
    let expected = "read:/etc/passwd ok\nthread ok\nown-signal EPERM\nbind:127.0.0.1:0 EPERM\nstatus:Seccomp 2\n";
    assert_eq!(ended.stdout, expected, "{ended:?}");
    let report: Value = serde_json::from_str(ended.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(report["seccomp"], 2);
    assert_eq!(report["seccomp_profile"], "strict");
    assert_eq!(report["landlock"]["level"], "full");
}

const CALLS: &str = "\
# of the guarded example
brk\ncapget\nclone\nclone3\nclose\nexit\nexit_group\nfcntl\nfstat\nfutex\ngetdents64\ngetgid\ngetgroups
getpid\ngetrandom\ngetresgid\ngetresuid\ngettid\ngetuid\nlandlock_create_ruleset\nlseek\nmadvise\nmmap
mprotect\nmunmap\nnewfstatat\nopenat\nprctl\nprlimit64\nread\nreadlink\nreadlinkat\nrseq\nrt_sigaction
rt_sigprocmask\nsched_getaffinity\nset_robust_list\nsetfsgid\nsetfsuid\nsigaltstack\nstatfs\nstatx
sched_yield\nwrite\n";
