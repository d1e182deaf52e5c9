//! The JSON report of everything the guard saw, written where `GUARD_REPORT` says.
//!
//! Written by [`crate::ready`], or when a start that failed ends. Holds no secrets and no environment.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use nix::sys::{
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
        "landlock": { "abi": sys::landlock_abi(), "level": "off" },
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
            "landlock": facts["landlock"],
            "rlimits": facts["limits"],
            "nofile_soft_before": ledger.descriptors_before,
            "ports": ledger.ports,
            "paths": ledger.paths,
            "root_fs_readonly": is_root_read_only,
            "findings": ledger.findings,
        })
    })
}

/// Writes the report to where `GUARD_REPORT` says, if it says so.
pub(crate) fn write() {
    let Some(target) = ledger::with(|ledger| ledger.settings.report.clone()) else {
        return;
    };
    let line = format!("{}\n", current());
    let written = match &target {
        ReportTarget::Stderr => io::stderr().write_all(line.as_bytes()),
        ReportTarget::File(path) => write_file(path, &line),
    };
    if let Err(error) = written {
        // The report was asked for, so its absence must show; the service is fine without it.
        tracing::warn!(%error, ?target, "guard report not written");
    }
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
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
