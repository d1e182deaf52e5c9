//! Entering: what is set right before anything else runs, and what is refused.

use std::{fs, process::Stdio};

use crate::guarded::{AS_USER, Guarded, is_root};

#[test]
fn a_successful_start_without_settings_prints_nothing_of_the_guard() {
    let ended = Guarded::new().run(&["env"], &[], &["bind", "127.0.0.1:0"]);
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stderr, "");
    assert_eq!(ended.stdout.lines().count(), 1);
}

#[test]
fn closed_standard_descriptors_become_dev_null() {
    let guarded = Guarded::new();
    let script = "exec $PROGRAM descriptors $FOLDER/seen <&- >&- 2>&-";
    assert_eq!(guarded.shell(&[], script, Stdio::null()).code, Some(0));
    let seen = fs::read_to_string(guarded.folder().join("seen")).unwrap();
    assert_eq!(seen, "/dev/null /dev/null /dev/null");
}

#[test]
fn the_soft_limit_of_descriptors_is_raised_to_the_hard_one() {
    let script = "ulimit -Sn 256; ulimit -Hn 4000; exec $PROGRAM limits";
    let ended = Guarded::new().shell(&[], script, Stdio::null());
    let line = ended
        .stdout
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    let limits: Vec<&str> = line.split_whitespace().skip(3).take(2).collect();
    assert_eq!(limits, ["4000", "4000"]);
}

#[test]
fn a_setuid_or_setgid_program_refuses_to_run() {
    if !is_root() {
        return;
    }
    for bits in ["4755", "2755"] {
        let guarded = Guarded::new();
        let set = guarded.shell(
            &[],
            &format!("chown 0:0 $PROGRAM; chmod {bits} $PROGRAM"),
            Stdio::null(),
        );
        assert_eq!(set.code, Some(0));
        let ended = guarded.run(&AS_USER, &[], &["bind", ":0"]);
        assert_eq!(ended.code, Some(78), "{ended:?}");
        assert!(
            ended
                .stderr
                .starts_with("GRD-I05: the program was started setuid or setgid (uid 65532, "),
            "{ended:?}"
        );
        assert_eq!(ended.stderr.lines().count(), 1);
    }
}

#[test]
fn root_is_reported_warned_of_or_refused_as_asked() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let run = |wrapper: &[&str], mode| {
        guarded.run(
            wrapper,
            &[("GUARD_ROOT", mode)],
            &["bind", "127.0.0.1:0", "127.0.0.1:0"],
        )
    };
    assert_eq!(run(&["env"], "off").stderr, "");
    let warned = run(&["env"], "warn");
    assert_eq!(warned.code, Some(0));
    assert_eq!(
        warned
            .stderr
            .matches("GRD-I01: the process runs as root of the host")
            .count(),
        1,
        "{warned:?}"
    );
    let denied = run(&["env"], "deny");
    assert_eq!((denied.code, denied.stdout.as_str()), (Some(78), ""));
    assert!(denied.stderr.starts_with("GRD-I01: "), "{denied:?}");
    for wrapper in [&AS_USER[..], &["unshare", "-Ur"]] {
        assert_eq!(
            run(wrapper, "deny").code,
            Some(0),
            "{wrapper:?} is not root of the host"
        );
    }
}

#[test]
fn a_program_that_starts_others_refuses_to_be_confined() {
    let guarded = Guarded::new();
    for (name, value) in [
        ("GUARD_DROP", "strict"),
        ("GUARD_USER", "65532:65532"),
        ("GUARD_SANDBOX", "all"),
    ] {
        let ended = guarded.run(&["env"], &[(name, value)], &["supervise"]);
        assert_eq!(ended.code, Some(78));
        let text =
            format!("{name} is not available in this program, which starts others: unset {name}\n");
        assert_eq!(ended.stderr, text);
    }
    let ended = guarded.run(&["env"], &[], &["supervise"]);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "supervising\n")
    );
}

#[test]
fn a_setting_that_means_nothing_ends_the_start() {
    let ended = Guarded::new().run(
        &["env"],
        &[("GUARD_USER", "nobody")],
        &["bind", "127.0.0.1:0"],
    );
    let text = "GUARD_USER: unknown value \"nobody\", want uid or uid:gid in numbers from 1, such as 65532:65532\n";
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(78), text));
}

#[test]
fn passed_sockets_are_not_taken_once_threads_run() {
    let variables = [("LISTEN_FDS", "1"), ("LISTEN_PID", "1")];
    let ended = Guarded::new().run(&["env"], &variables, &["late"]);
    assert_eq!(ended.code, Some(70));
    assert_eq!(
        ended.stderr,
        "the guard must be entered before any thread is started (2 threads run)\n"
    );
    assert_eq!(
        Guarded::new().run(&["env"], &[], &["late"]).code,
        Some(0),
        "nothing to change, nothing to refuse"
    );
}

#[test]
fn a_process_without_proc_starts_and_still_explains() {
    if !is_root() {
        return;
    }
    let script =
        "mount -t tmpfs none /proc; $PROGRAM bind 127.0.0.1:0; exec $PROGRAM bind 203.0.113.7:80";
    let ended = Guarded::new().shell(&["unshare", "-m"], script, Stdio::null());
    assert!(ended.stdout.starts_with("bound 127.0.0.1:"), "{ended:?}");
    assert_eq!(
        ended.lines()[0],
        "listen tcp 203.0.113.7:80: bind: cannot assign requested address"
    );
    assert!(
        ended.lines()[1].starts_with("GRD-P07: 203.0.113.7 is not an address of "),
        "{ended:?}"
    );
}
