//! Tries the files and directories a service will use, before it needs them, and explains what is wrong with them.
//!
//! Mode bits are never trusted: access control lists, root squash, user namespaces and read-only mounts all overrule
//! them, so each check is a real attempt that leaves no trace. A check decides nothing: the service goes on, fails with
//! upstream's error if it must, and the explanation is its second line. What is merely odd goes to the report.
//!
//! Left to others: creating, writing and locking the real files.

use std::{
    io,
    path::{Path, PathBuf},
};

use nix::{errno::Errno, sys::statvfs::statvfs};
use serde::Serialize;

use crate::{
    finding::{Finding, Severity, one_line},
    ledger,
    mounts::{self, Mount},
    platform::Platform,
};

mod attempt;
mod executable;
mod explain;

use self::attempt::Outcome;
pub use self::executable::executable;

/// What a service will do with a path.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Read a file.
    ReadFile,
    /// Read a file that others should not: a private key, a password file.
    PrivateFile,
    /// List a directory.
    ReadDirectory,
    /// Write to a file in place, creating it when missing.
    WriteFile,
    /// Write a new file beside it and rename that over it.
    ReplaceFile,
    /// Create files in a directory that must exist.
    WriteDirectory,
    /// Create files in a directory that the service creates when missing.
    CreateDirectory,
    /// The same, and lock them (`flock`).
    LockDirectory,
}

impl Need {
    fn stores_data(self) -> bool {
        matches!(
            self,
            Self::ReplaceFile | Self::WriteDirectory | Self::CreateDirectory | Self::LockDirectory
        )
    }
}

/// What a check of one path found.
#[derive(Clone, Debug)]
pub struct PathReport {
    errno: Option<Errno>,
    findings: Vec<Finding>,
}

impl PathReport {
    /// Returns whether the attempt succeeded (or could not be made without disturbing, as with a named pipe).
    pub fn is_ok(&self) -> bool {
        self.errno.is_none()
    }

    /// Returns the error of the attempt.
    pub fn error(&self) -> Option<io::Error> {
        self.errno.map(io::Error::from)
    }

    /// Returns the one line to log after the service's own error; none when the attempt succeeded.
    pub fn explanation(&self) -> Option<String> {
        let errors: Vec<Finding> = self
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .cloned()
            .collect();
        one_line(&errors)
    }

    /// Returns what keeps the path from being used.
    pub(crate) fn into_errors(self) -> impl Iterator<Item = Finding> {
        self.findings
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
    }

    /// Returns everything found, warnings too.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// Tries a path for what it is needed for and notes the result for the report.
///
/// `origin` names the flag or key the path came from (`--persistence.file`).
pub fn check(path: &Path, need: Need, origin: &str) -> PathReport {
    let attempt = attempt::attempt(path, need);
    let mut findings = attempt
        .as_ref()
        .err()
        .map(|failure| explain::failure(path, failure))
        .unwrap_or_default();
    let mount = mounts::of(&attempt::nearest_existing(path));
    if let Ok(outcome) = &attempt {
        findings.extend(oddities(path, need, outcome, mount.as_ref()));
    }
    let errno = attempt.as_ref().err().map(|failure| failure.errno);
    let verdict = match &attempt {
        Ok(Outcome::Done { .. }) => "ok",
        Ok(Outcome::NotTried) => "not-tried",
        Err(_) => "failed",
    };
    note(
        PathEntry::new(path, need, origin, verdict, errno, mount),
        &findings,
    );
    PathReport { errno, findings }
}

/// Explains an error the service met on a path, with what is found out about the path now. The same explanation is
/// given once per process, so that an error that repeats does not repeat its explanation.
pub fn explain(path: &Path, need: Need, origin: &str, error: &io::Error) -> Option<String> {
    let errno = Errno::from_raw(error.raw_os_error()?);
    let failure = attempt::blame(path, need, errno);
    let findings = explain::failure(path, &failure);
    let mount = mounts::of(&attempt::nearest_existing(path));
    note(
        PathEntry::new(path, need, origin, "failed", Some(errno), mount),
        &findings,
    );
    one_line(&findings).filter(|line| ledger::is_new(line))
}

/// Checks that the filesystem of a path has room; a shortage is the warning GRD-F04.
pub fn check_space(path: &Path, free_bytes_min: u64, origin: &str) -> PathReport {
    let existing = attempt::nearest_existing(path);
    let space = Space::of(&existing);
    let short = space
        .as_ref()
        .filter(|space| space.bytes < free_bytes_min || space.inodes == Some(0));
    let findings: Vec<Finding> = short
        .map(|space| explain::shortage(path, space, Severity::Warn))
        .into_iter()
        .collect();
    let verdict = if findings.is_empty() {
        "ok"
    } else {
        "short-of-space"
    };
    note(
        PathEntry::new(
            path,
            Need::WriteDirectory,
            origin,
            verdict,
            None,
            mounts::of(&existing),
        ),
        &findings,
    );
    PathReport {
        errno: None,
        findings,
    }
}

/// Returns GRD-F09 when a container could have a read-only root and has not.
pub(crate) fn writable_root(platform: Platform, is_read_only: Option<bool>) -> Option<Finding> {
    (platform.is_container() && is_read_only == Some(false)).then(|| {
        Finding::new(
            "GRD-F09",
            Severity::Info,
            "the root filesystem of the container is writable",
        )
        .with_fix(vec![
            "Docker: --read-only".to_owned(),
            "Kubernetes: readOnlyRootFilesystem: true".to_owned(),
        ])
    })
}

fn oddities(path: &Path, need: Need, outcome: &Outcome, mount: Option<&Mount>) -> Vec<Finding> {
    let shown = path.display();
    let mut findings = Vec::new();
    if let Outcome::Done {
        mode: Some(mode), ..
    } = outcome
        && need == Need::PrivateFile
        && mode & 0o077 != 0
    {
        let message = format!(
            "{shown} is private and can be read by others (mode {:04o})",
            mode & 0o7777
        );
        let fix = format!("chmod 600 {shown}, or `defaultMode: 0400` for a Kubernetes secret");
        findings.push(Finding::new("GRD-F07", Severity::Warn, message).with_fix(vec![fix]));
    }
    if let Outcome::Done {
        chmod: Some(errno), ..
    } = outcome
    {
        findings.push(explain::no_ownership(path, *errno));
    }
    if need.stores_data() && mount.is_some_and(|mount| mount.filesystem == "overlay") {
        let message = format!(
            "{shown} lies on the container's own layer: its data will be lost with the container"
        );
        let folder = if need == Need::ReplaceFile {
            path.parent().unwrap_or(path)
        } else {
            path
        };
        let fix = format!("mount a volume at {}", folder.display());
        findings.push(Finding::new("GRD-F08", Severity::Warn, message).with_fix(vec![fix]));
    }
    findings
}

fn note(entry: PathEntry, findings: &[Finding]) {
    findings.iter().for_each(ledger::note);
    ledger::note_path(entry);
}

/// A path of the report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PathEntry {
    path: PathBuf,
    need: Need,
    origin: String,
    verdict: &'static str,
    errno: Option<String>,
    mount: Option<Mount>,
    space: Option<Space>,
}

impl PathEntry {
    fn new(
        path: &Path,
        need: Need,
        origin: &str,
        verdict: &'static str,
        errno: Option<Errno>,
        mount: Option<Mount>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            need,
            origin: origin.to_owned(),
            verdict,
            errno: errno.map(|errno| format!("{errno:?}")),
            mount,
            space: Space::of(&attempt::nearest_existing(path)),
        }
    }

    pub(crate) fn is_same_use(&self, other: &Self) -> bool {
        (&self.path, self.need, &self.origin) == (&other.path, other.need, &other.origin)
    }
}

/// What is free on a filesystem, for this process.
#[derive(Clone, Debug, Serialize)]
struct Space {
    bytes: u64,
    /// None where the filesystem does not count them (btrfs).
    inodes: Option<u64>,
}

impl Space {
    fn of(path: &Path) -> Option<Self> {
        let facts = statvfs(path).ok()?;
        Some(Self {
            bytes: facts
                .blocks_available()
                .saturating_mul(facts.fragment_size()),
            inodes: (facts.files() > 0).then(|| facts.files_available()),
        })
    }
}

#[cfg(test)]
mod tests;
