//! What the process has learned of itself so far: settings, ports, paths and findings, until the report is written.
//!
//! One per process, because a finding is logged at most once per process and the report covers all of it.

use std::{
    collections::BTreeSet,
    fs::File,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;

use crate::{
    activation::Inherited, finding::Finding, limits::Descriptor, notify::Watchdog,
    platform::Platform, preflight::PathEntry, sandbox::Level, settings::Settings,
};

/// Everything noted. Without [`crate::enter`] (in tests) it holds the defaults.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) settings: Settings,
    pub(crate) platform: Platform,
    pub(crate) home: Option<String>,
    pub(crate) notify_socket: Option<String>,
    pub(crate) watchdog: Option<Watchdog>,
    /// The soft limit of open descriptors before it was raised.
    pub(crate) descriptors_before: Option<u64>,
    /// Open at start, from 3 up, and announced by nobody; looked for in strict mode only.
    pub(crate) unexpected_descriptors: Vec<Descriptor>,
    pub(crate) inherited: Inherited,
    pub(crate) ports: Vec<PortEntry>,
    pub(crate) paths: Vec<PathEntry>,
    pub(crate) findings: Vec<Finding>,
    /// Findings to log as soon as a logger exists.
    to_log: Vec<Finding>,
    logged: BTreeSet<String>,
    /// The report's file, opened while it still could be.
    pub(crate) report_file: Option<File>,
    pub(crate) landlock: Level,
    /// The name of the system call filter in force.
    pub(crate) seccomp_profile: Option<&'static str>,
    pub(crate) is_confined: bool,
    pub(crate) is_ready: bool,
}

/// A port of the report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PortEntry {
    addr: String,
    origin: String,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<u32>,
}

static LEDGER: Mutex<Option<Ledger>> = Mutex::new(None);

/// Runs with the ledger locked. The closure must not call back into this module.
pub(crate) fn with<T>(act: impl FnOnce(&mut Ledger) -> T) -> T {
    // Every change below is a single push or store, so a panic elsewhere cannot leave the ledger half written.
    let mut slot: MutexGuard<'_, Option<Ledger>> =
        LEDGER.lock().unwrap_or_else(PoisonError::into_inner);
    act(slot.get_or_insert_default())
}

pub(crate) fn note_port(addr: &str, origin: &str, verdict: &'static str, start: Option<u32>) {
    let entry = PortEntry {
        addr: addr.to_owned(),
        origin: origin.to_owned(),
        verdict,
        start,
    };
    with(|ledger| push_bounded(&mut ledger.ports, entry));
}

/// Notes a path for the report; what was noted of the same use before is out of date.
pub(crate) fn note_path(entry: PathEntry) {
    with(|ledger| {
        ledger.paths.retain(|noted| !noted.is_same_use(&entry));
        push_bounded(&mut ledger.paths, entry);
    });
}

/// Notes a finding for the report, once.
pub(crate) fn note(finding: &Finding) {
    with(|ledger| {
        if !ledger.findings.contains(finding) {
            push_bounded(&mut ledger.findings, finding.clone());
        }
    });
}

/// Notes a finding and has it logged by the next [`log_pending`].
pub(crate) fn note_and_log(finding: Finding) {
    note(&finding);
    if is_new(&finding.message) {
        with(|ledger| ledger.to_log.push(finding));
    }
}

/// Returns whether a line was not logged before, and remembers that it now is.
pub(crate) fn is_new(line: &str) -> bool {
    with(|ledger| ledger.logged.len() < ENTRIES_MAX && ledger.logged.insert(line.to_owned()))
}

/// Logs what waits for a logger. Programs set theirs up after [`crate::enter`] and before the first bind.
pub(crate) fn log_pending() {
    for finding in with(|ledger| std::mem::take(&mut ledger.to_log)) {
        tracing::warn!("{finding}");
    }
}

fn push_bounded<T>(list: &mut Vec<T>, entry: T) {
    if list.len() < ENTRIES_MAX {
        list.push(entry);
    }
}

/// No service has this many addresses or files; a loop that retries a bind for ever must not grow the ledger.
const ENTRIES_MAX: usize = 1024;
