//! Limits, core dumps and inherited descriptors: what is set for every program, and what only for strict and FIPS ones.
//!
//! The process' umask stays as it is: files that hold secrets are created with modes of their own, and services promise
//! others that groups can read.

use std::fs;

use nix::sys::{
    prctl,
    resource::{Resource, getrlimit, setrlimit},
};
use serde::Serialize;

/// Raises the soft limit of open descriptors to the hard one, as Go does at start; returns the soft limit of before.
pub(crate) fn raise_descriptors() -> Option<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    if soft < hard {
        // A refusal leaves the old limit, which the report shows; the service runs with fewer descriptors.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
    Some(soft)
}

/// Keeps memory, which may hold keys, out of core files; for good when `forever`.
pub(crate) fn no_core_files(forever: bool) {
    let hard = match getrlimit(Resource::RLIMIT_CORE) {
        Ok((_, hard)) if !forever => hard,
        _ => 0,
    };
    // Lowering a limit is always allowed; the report shows the outcome.
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, hard);
}

/// Keeps other processes of the same user from reading this one's memory.
pub(crate) fn not_dumpable() {
    // Fails for no argument but a wrong one; the report shows the outcome.
    let _ = prctl::set_dumpable(false);
}

/// A descriptor that was open at start although nobody announced it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Descriptor {
    number: i32,
    target: String,
}

/// Returns the descriptors from 3 up, those of socket activation (`announced` of them) left out. Call it before
/// anything is opened.
pub(crate) fn unexpected_descriptors(announced: usize) -> Vec<Descriptor> {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    let first = 3 + i32::try_from(announced).unwrap_or(i32::MAX - 3);
    let mut found: Vec<Descriptor> = entries
        .flatten()
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            let target = fs::read_link(entry.path()).ok()?.display().to_string();
            // The listing itself holds a descriptor.
            (number >= first && !is_own_listing(&target)).then_some(Descriptor { number, target })
        })
        .take(DESCRIPTORS_MAX)
        .collect();
    found.sort_by_key(|descriptor| descriptor.number);
    found
}

/// Says which descriptors these are.
pub(crate) fn listed(descriptors: &[Descriptor]) -> String {
    let shown = descriptors
        .iter()
        .map(|it| format!("{} ({})", it.number, it.target));
    shown.collect::<Vec<_>>().join(", ")
}

fn is_own_listing(target: &str) -> bool {
    target == format!("/proc/{}/fd", std::process::id())
}

/// Enough to see where they come from.
const DESCRIPTORS_MAX: usize = 64;
