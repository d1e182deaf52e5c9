//! The JSON report of everything the guard saw, written where `GUARD_REPORT` says.
//!
//! Written by [`crate::ready`], or when a start that failed ends. Holds no secrets and no environment.
//!
//! `platform` `identity` {uid, gid: four roles each; groups, user, home} · `caps` five sets by name · `no_new_privs` ·
//! `dumpable` · `seccomp` 0 none, 2 filter; `seccomp_profile` ours, if any · `landlock` {abi of the kernel, level: off, none,
//! partial, full} · `rlimits` · `nofile_soft_before` · `unexpected_descriptors` (strict) · `ports` {addr, origin, verdict,
//! start} · `paths` {path, need, origin, verdict, errno, mount, space} · `root_fs_readonly` · `findings` {id, severity,
//! message, fix}.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use nix::sys::{
    prctl,
    resource::{Resource, getrlimit},
    statvfs::{FsFlags, statvfs},
};
use serde_json::{Value, json};

use crate::{
    identity::{self, Capabilities, Identity},
    ledger, preflight,
    settings::ReportTarget,
    sys,
};

/// Returns the report as of now.
pub fn current() -> Value {
    let is_root_read_only = is_root_read_only();
    preflight::writable_root(ledger::with(|ledger| ledger.platform), is_root_read_only)
        .iter()
        .for_each(ledger::note);
    let identity = Identity::of_process();
    let facts = json!({
        "capabilities": Capabilities::of_process(),
        "identity": identity,
        "landlock_abi": sys::landlock_abi(),
        "dumpable": prctl::get_dumpable().ok(),
        "limits": limits(),
    });
    ledger::with(|ledger| {
        let mut identity = facts["identity"].clone();
        identity["home"] = json!(ledger.home);
        json!({
            "platform": ledger.platform,
            "identity": identity,
            "caps": facts["capabilities"],
            "no_new_privs": identity::no_new_privileges(),
            "seccomp": seccomp_mode(),
            "seccomp_profile": ledger.seccomp_profile,
            "landlock": { "abi": facts["landlock_abi"], "level": ledger.landlock },
            "dumpable": facts["dumpable"],
            "rlimits": facts["limits"],
            "nofile_soft_before": ledger.descriptors_before,
            "unexpected_descriptors": ledger.unexpected_descriptors,
            "ports": ledger.ports,
            "paths": ledger.paths,
            "root_fs_readonly": is_root_read_only,
            "findings": ledger.findings,
        })
    })
}

/// Opens the report's file for [`write()`], which may come when it could not be opened any more.
pub(crate) fn open() {
    if let Some(ReportTarget::File(path)) = target() {
        // A failure comes again, and is told, when the report is due.
        let file = create(&path).ok();
        ledger::with(|ledger| ledger.report_file = file);
    }
}

/// Writes the report to where `GUARD_REPORT` says, if it says so.
pub(crate) fn write() {
    let Some(target) = target() else {
        return;
    };
    let line = format!("{}\n", current());
    let opened = ledger::with(|ledger| ledger.report_file.take());
    let written = match (&target, opened) {
        (ReportTarget::Stderr, _) => io::stderr().write_all(line.as_bytes()),
        (ReportTarget::File(_), Some(mut file)) => file.write_all(line.as_bytes()),
        (ReportTarget::File(path), None) => {
            create(path).and_then(|mut file| file.write_all(line.as_bytes()))
        }
    };
    if let Err(error) = written {
        // The report was asked for, so its absence must show; the service is fine without it.
        tracing::warn!(%error, ?target, "guard report not written");
    }
}

fn target() -> Option<ReportTarget> {
    ledger::with(|ledger| ledger.settings.report.clone())
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

fn limits() -> Value {
    let of = |resource| {
        let limit = |value| {
            if value == libc::RLIM_INFINITY {
                json!("unlimited")
            } else {
                json!(value)
            }
        };
        getrlimit(resource).map_or(
            Value::Null,
            |(soft, hard)| json!({ "soft": limit(soft), "hard": limit(hard) }),
        )
    };
    json!({
        "nofile": of(Resource::RLIMIT_NOFILE),
        "core": of(Resource::RLIMIT_CORE),
        "memlock": of(Resource::RLIMIT_MEMLOCK),
        "nproc": of(Resource::RLIMIT_NPROC),
    })
}

/// Returns 0 without a filter, 1 in strict mode, 2 with a filter; none when the kernel does not tell.
fn seccomp_mode() -> Option<u8> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("Seccomp:"))?
        .trim()
        .parse()
        .ok()
}

fn is_root_read_only() -> Option<bool> {
    statvfs("/")
        .ok()
        .map(|root| root.flags().contains(FsFlags::ST_RDONLY))
}
