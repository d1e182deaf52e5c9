//! As hardened platforms run it: user 65532, read-only root, no capabilities, no way to gain any.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use crate::{
    gateway::{Gateway, errors},
    snapshot_target::in_mount_namespace,
};

const USER: u32 = 65_532;

/// Returns a command that runs the program as an image does; `directory` alone can be written. None when this machine
/// does not allow the set-up.
fn confined(directory: &Path) -> Option<Command> {
    // The program may lie where only its builder may look.
    let program = directory.join("program");
    fs::write(&program, "").unwrap();
    fs::set_permissions(directory, fs::Permissions::from_mode(0o777)).unwrap();
    let mounts = "mount --bind \"$DIR\" \"$DIR\"; mount --bind \"$PROGRAM\" \"$DIR/program\"; mount -o remount,bind,ro /";
    let lose_all = format!(
        "setpriv --reuid {USER} --regid {USER} --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs \"$DIR/program\""
    );
    in_mount_namespace(directory, mounts, &lose_all)
}

/// Starts the program confined. None when this machine does not allow the set-up.
pub(crate) fn as_nobody(directory: &Path, flags: &[&str]) -> Option<Gateway> {
    let mut command = confined(directory)?;
    command.arg("--web.listen-address=127.0.0.1:0").args(flags);
    Some(Gateway::start_as(command))
}

#[test]
fn serves_and_saves_without_rights_of_any_kind() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = format!(
        "--persistence.file={}",
        directory.path().join("snap").display()
    );
    let Some(gateway) = as_nobody(directory.path(), &[&snapshot]) else {
        return;
    };
    let status = fs::read_to_string(format!("/proc/{}/status", gateway.pid())).unwrap();
    for line in [
        "Uid:\t65532\t65532\t65532\t65532",
        "Groups:\t ",
        "CapEff:\t0000000000000000",
        "CapBnd:\t0000000000000000",
        "NoNewPrivs:\t1",
    ] {
        assert!(status.contains(line), "{line} in:\n{status}");
    }
    gateway.put("job/a", "a 1\n").text(200);
    let shown = gateway.pushed();
    let (status, log) = gateway.stop();
    assert!(status.success(), "{status}");
    assert_eq!(errors(&log), [""; 0]);
    assert_eq!(
        as_nobody(directory.path(), &[&snapshot]).unwrap().pushed(),
        shown
    );
}

#[test]
fn a_privileged_port_is_refused_with_the_way_out() {
    let directory = tempfile::tempdir().unwrap();
    let Some(mut command) = confined(directory.path()) else {
        return;
    };
    // Docker and the kernels of some platforms let anybody have port 80.
    let first_free = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap();
    if first_free.trim() != "1024" {
        eprintln!("skipped: no port is privileged here");
        return;
    }
    let output = command
        .arg("--web.listen-address=127.0.0.1:81")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let log = String::from_utf8(output.stderr).unwrap();
    let told: Vec<_> = log
        .lines()
        .filter(|line| line.contains("level=error"))
        .collect();
    assert_eq!(told.len(), 2, "{log}");
    assert!(
        told[0].contains(
            "msg=\"HTTP server stopped\" err=\"listen tcp 127.0.0.1:81: bind: permission denied\""
        ),
        "{log}"
    );
    assert!(told[1].contains("GRD-P01"), "{log}");
}
