//! The sandboxes a program shuts around itself once it knows what it needs.
//!
//! `landlock` allows files and ports, `seccomp` system calls. Best effort is what the kernel has; what it lacks is said.

use serde::Serialize;

use crate::{
    finding::{Finding, Severity},
    ledger,
    refusal::Refusal,
    rights::Rights,
    settings::Sandbox,
};

mod landlock;
mod seccomp;

/// How much of the Landlock rules is in force.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Not asked for.
    #[default]
    Off,
    /// Asked for, and this kernel has none.
    None,
    /// What this kernel knows of them.
    Partial,
    /// All of them.
    Full,
}

/// Enters what is asked for. Nothing that comes later in this process gets out again.
pub(crate) fn enter(wanted: Sandbox, rights: &Rights, strict: bool) -> Result<(), Refusal> {
    if wanted.landlock {
        landlock::enter(rights, strict)?;
    }
    if wanted.seccomp {
        seccomp::enter(rights, strict)?;
    }
    Ok(())
}

fn refused(id: &'static str, message: String, fix: &str) -> Refusal {
    let finding = Finding::new(id, Severity::Error, message).with_fix(vec![fix.to_owned()]);
    ledger::note(&finding);
    Refusal::Sandbox(finding)
}
