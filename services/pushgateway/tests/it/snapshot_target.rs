//! The snapshot's place in trouble: read-only, full, occupied, or holding what cannot be read.
//!
//! Mounts need root and a mount namespace; without them these tests say so and check nothing.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use nix::unistd::geteuid;

use crate::{
    client::Request,
    gateway::{Gateway, PROGRAM, errors},
};

/// Returns a command that runs the program in a mount namespace of its own, after `mounts` (shell commands; `$DIR` is the
/// directory); the program's flags follow. None when this machine does not allow that.
pub(crate) fn in_mount_namespace(directory: &Path, mounts: &str, program: &str) -> Option<Command> {
    let allowed = || Command::new("unshare").args(["--mount", "true"]).status();
    if !geteuid().is_root() || !allowed().is_ok_and(|status| status.success()) {
        eprintln!("skipped: mounting needs root and a mount namespace");
        return None;
    }
    let mut command = Command::new("unshare");
    let script = format!("set -e; {mounts}; exec {program} \"$@\"");
    command
        .args([
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            &script,
            "sh",
        ])
        .env("DIR", directory)
        .env("PROGRAM", PROGRAM);
    Some(command)
}

/// Starts the program with its snapshot in `$DIR/snap` after these mounts. It saves after every push.
fn with_mounts(directory: &Path, mounts: &str) -> Option<Gateway> {
    let mut command = in_mount_namespace(directory, mounts, "$PROGRAM")?;
    command.args([
        "--web.listen-address=127.0.0.1:0",
        "--persistence.interval=0s",
    ]);
    command.arg(format!(
        "--persistence.file={}",
        directory.join("snap").display()
    ));
    Some(Gateway::start_as(command))
}

/// Returns a path as the program sees it.
fn inside(gateway: &Gateway, path: &Path) -> PathBuf {
    let root = PathBuf::from(format!("/proc/{}/root", gateway.pid()));
    root.join(path.strip_prefix("/").unwrap())
}

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Leaves a snapshot with one group in the directory; returns what it shows.
fn saved(directory: &Path) -> String {
    let gateway = Gateway::with_snapshot(&directory.join("snap"), &[]);
    gateway.put("job/before", "before 1\n").text(200);
    let shown = gateway.pushed();
    assert!(gateway.stop().0.success());
    shown
}

#[test]
fn a_read_only_place_is_logged_and_everything_else_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let before = saved(directory.path());
    let read_only = "mount --bind \"$DIR\" \"$DIR\"; mount -o remount,bind,ro \"$DIR\"";
    let Some(mut gateway) = with_mounts(directory.path(), read_only) else {
        return;
    };
    assert_eq!(gateway.pushed(), before, "loading needs no writing");
    gateway.put("job/new", "new 1\n").text(200);
    let line = gateway.log.wait_for("msg=\"error persisting metrics\"");
    assert!(
        line.contains("level=error") && line.contains("read-only file system"),
        "{line}"
    );
    assert!(gateway.pushed().contains("new{"));
    gateway.signal(nix::sys::signal::Signal::SIGTERM);
    let (status, log) = gateway.ended();
    assert!(status.success(), "{status}");
    assert!(
        log.iter()
            .any(|line| line.contains("msg=\"problem shutting down metric storage\""))
    );
    assert_eq!(files(directory.path()), ["snap"]);
    assert_eq!(
        Gateway::with_snapshot(&directory.path().join("snap"), &[]).pushed(),
        before
    );
}

#[test]
fn a_full_disk_keeps_the_snapshot_before_and_is_got_over() {
    let directory = tempfile::tempdir().unwrap();
    let small = "mount -t tmpfs -o size=256k tmpfs \"$DIR\"";
    let Some(gateway) = with_mounts(directory.path(), small) else {
        return;
    };
    let place = inside(&gateway, directory.path());
    gateway.put("job/small", "small 1\n").text(200);
    gateway.log.wait_for("msg=\"metrics persisted\"");
    let before = fs::read(place.join("snap")).unwrap();

    let large: String = (0..20_000)
        .map(|n| format!("large{{n=\"{n}\"}} 1\n"))
        .collect();
    gateway.put("job/large", large).text(200);
    let line = gateway.log.wait_for("msg=\"error persisting metrics\"");
    assert!(line.contains("no space left on device"), "{line}");
    assert_eq!(files(&place), ["snap"], "what was half written is gone");
    assert_eq!(fs::read(place.join("snap")).unwrap(), before);
    assert!(
        gateway.pushed().contains("large{"),
        "nothing pushed is lost in memory"
    );

    gateway
        .send(&Request::new("DELETE", "/metrics/job/large"))
        .text(202);
    gateway.log.wait_for_nth("msg=\"metrics persisted\"", 2);
    let copy = tempfile::tempdir().unwrap();
    fs::copy(place.join("snap"), copy.path().join("snap")).unwrap();
    let shown = gateway.pushed();
    assert!(shown.contains("small{") && !shown.contains("large{"));
    assert_eq!(
        Gateway::with_snapshot(&copy.path().join("snap"), &[]).pushed(),
        shown
    );
}

#[test]
fn a_missing_directory_is_logged_and_everything_else_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("missing/snap");
    let gateway = Gateway::with_snapshot(&snapshot, &["--persistence.interval=0s"]);
    gateway.put("job/a", "a 1\n").text(200);
    let line = gateway.log.wait_for("msg=\"error persisting metrics\"");
    assert!(line.contains("no such file or directory"), "{line}");
    let (status, log) = gateway.stop();
    assert!(status.success(), "{status}");
    assert!(
        log.iter()
            .any(|line| line.contains("problem shutting down metric storage"))
    );
}

/// Starts with these bytes as the snapshot, which cannot be read.
#[track_caller]
fn check_set_aside(damaged: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("snap");
    fs::write(&snapshot, damaged).unwrap();
    let gateway = Gateway::with_snapshot(&snapshot, &[]);
    let log = gateway.log.so_far();
    let told = errors(&log);
    assert!(
        told.len() == 2 && told[0].contains("could not load persisted metrics"),
        "{told:?}"
    );
    let [aside] = &files(directory.path())[..] else {
        panic!("one file")
    };
    assert!(
        aside.starts_with("snap.corrupt-") && told[1].contains(aside.as_str()),
        "{told:?}"
    );
    assert_eq!(fs::read(directory.path().join(aside)).unwrap(), damaged);

    assert_eq!(gateway.pushed(), "");
    gateway.put("job/new", "new 1\n").text(200);
    let shown = gateway.pushed();
    assert!(gateway.stop().0.success());
    let again = Gateway::with_snapshot(&snapshot, &[]);
    assert_eq!(again.pushed(), shown);
    assert_eq!(errors(&again.log.so_far()), [""; 0]);
    assert_eq!(
        fs::read(directory.path().join(aside)).unwrap(),
        damaged,
        "still there"
    );
}

#[test]
fn a_damaged_snapshot_is_set_aside_and_logged() {
    let directory = tempfile::tempdir().unwrap();
    saved(directory.path());
    let whole = fs::read(directory.path().join("snap")).unwrap();
    check_set_aside(b"");
    check_set_aside(b"# TYPE not a snapshot\n");
    check_set_aside(&whole[..whole.len() / 2]);
    check_set_aside(&whole[..whole.len() - 1]);
    let mut flipped = whole.clone();
    flipped[310] ^= 0xff; // the length of the value
    check_set_aside(&flipped);
    check_set_aside(
        &[
            &whole[..306],
            &b"\xf8\xff\xff\xff\xff\xff\xff\xff\xff"[..],
            &whole[315..],
        ]
        .concat(),
    );
}

#[test]
fn a_snapshot_of_somebody_else_is_not_overwritten() {
    if !geteuid().is_root() {
        eprintln!("skipped: needs root, to have a file that another user may not read");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("snap");
    saved(directory.path());
    let whole = fs::read(&snapshot).unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let Some(gateway) = crate::confined::as_nobody(
        directory.path(),
        &[&format!("--persistence.file={}", snapshot.display())],
    ) else {
        return;
    };
    let line = gateway.log.wait_for("could not load persisted metrics");
    assert!(line.contains("permission denied"), "{line}");
    gateway.put("job/new", "new 1\n").text(200);
    assert!(gateway.stop().0.success());
    let names = files(directory.path());
    let aside = names.iter().find(|name| name.starts_with("snap.corrupt-"));
    let aside = aside.unwrap_or_else(|| panic!("set aside: {names:?}"));
    assert_eq!(fs::read(directory.path().join(aside)).unwrap(), whole);
}

#[test]
fn a_directory_in_place_of_the_snapshot_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("snap");
    fs::create_dir_all(snapshot.join("precious")).unwrap();
    let gateway = Gateway::with_snapshot(&snapshot, &[]);
    gateway.put("job/new", "new 1\n").text(200);
    let (status, log) = gateway.stop();
    assert!(status.success(), "{status}");
    assert!(
        errors(&log)[0].contains("could not load persisted metrics"),
        "{log:?}"
    );
    assert!(
        log.iter()
            .any(|line| line.contains("problem shutting down metric storage"))
    );
    assert_eq!(files(directory.path()), ["snap"]);
    assert_eq!(files(&snapshot), ["precious"]);
}
