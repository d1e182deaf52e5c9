//! GRD-F10: a program whose own file the running user may change.

use std::{
    fs,
    path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, eaccess};

use super::{Need, PathEntry, PathReport, attempt, note};
use crate::{
    finding::{Finding, Severity},
    identity, mounts,
};

/// Checks that neither the program's file nor its directory can be written by the running user.
///
/// For builds that promise an unchanged program (FIPS): whoever takes over the process could otherwise replace it.
pub fn executable() -> PathReport {
    let findings: Vec<Finding> = fs::read_link("/proc/self/exe")
        .iter()
        .filter_map(|program| finding(program))
        .collect();
    PathReport {
        errno: None,
        findings,
    }
}

fn finding(program: &Path) -> Option<Finding> {
    let folder = program.parent()?;
    // Not an attempt to open it for writing: the kernel refuses that for a running program whoever asks.
    let writable: Option<PathBuf> = if eaccess(program, AccessFlags::W_OK).is_ok() {
        Some(program.to_owned())
    } else {
        attempt::attempt(folder, Need::WriteDirectory)
            .is_ok()
            .then(|| folder.to_owned())
    };
    let verdict = if writable.is_some() { "writable" } else { "ok" };
    let finding = writable.map(|path| {
        let message = format!("{} can be changed by the running uid {}", path.display(), identity::user_ids().effective);
        let fix = "install the program as root:root, mode 0755, on a read-only filesystem, and run it as another user";
        Finding::new("GRD-F10", Severity::Warn, message).with_fix(vec![fix.to_owned()])
    });
    let entry = PathEntry::new(
        program,
        Need::ReadFile,
        "executable",
        verdict,
        None,
        mounts::of(program),
    );
    note(entry, finding.as_slice());
    finding
}
