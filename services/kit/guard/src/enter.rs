//! The first thing a program does: what must happen while the process has one thread.
//!
//! Standard descriptors that were closed need no care here: Rust's runtime opens `/dev/null` on them before `main`
//! (a test of this crate holds it to that).

use std::process;

use crate::{
    activation::{self, Inherited},
    finding::{Finding, Severity},
    identity::Identity,
    ledger, limits,
    notify::{self, Watchdog},
    platform::{self, Signs},
    refusal::Refusal,
    report,
    settings::{DropMode, RootMode, Settings},
    sys,
};

/// Proof that the guard was entered. Keep it until the end of `main`: when the program ends without having become
/// [`ready`], dropping it writes the report of the failed start.
#[derive(Debug)]
#[must_use = "the report of a failed start is written when this is dropped"]
pub struct Guard(());

impl Drop for Guard {
    fn drop(&mut self) {
        if ledger::with(|ledger| ledger.is_ready) {
            notify::stopping();
        } else {
            ledger::log_pending();
            report::write();
        }
    }
}

/// Prepares the process: reads the `GUARD_*` settings, refuses set-id execution, raises the limit of open
/// descriptors, takes the sockets systemd passed.
///
/// Call it first in `main`. `lookup` reads one environment variable.
///
/// # Errors
/// [`Refusal`]: print it to standard error and exit with its [`exit_code`](Refusal::exit_code).
pub fn enter(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Guard, Refusal> {
    let settings = Settings::read(lookup)?;
    let identity = Identity::of_process();
    if let Some(finding) = identity.set_id() {
        return Err(Refusal::Identity(finding));
    }
    if settings.root == RootMode::Deny && identity.is_real_root() {
        let finding = identity
            .findings()
            .into_iter()
            .find(|finding| finding.id == "GRD-I01");
        return Err(Refusal::Identity(
            finding.expect("real root has the finding GRD-I01"),
        ));
    }
    let inherited = take_inherited(lookup, settings.listen_any_pid)?;
    let unexpected_descriptors = if settings.drop == DropMode::Strict {
        limits::unexpected_descriptors(inherited.count())
    } else {
        Vec::new()
    };
    let descriptors_before = limits::raise_descriptors();
    let warn_of_root = settings.root == RootMode::Warn;
    ledger::with(|ledger| {
        ledger.settings = settings;
        ledger.platform = platform::detect(&Signs::read(lookup));
        ledger.home = lookup("HOME");
        ledger.notify_socket = lookup("NOTIFY_SOCKET").filter(|path| !path.is_empty());
        ledger.watchdog = Watchdog::read(lookup, process::id());
        ledger.descriptors_before = descriptors_before;
        ledger.unexpected_descriptors = unexpected_descriptors;
        ledger.inherited = inherited;
    });
    for finding in identity.findings() {
        if warn_of_root && finding.id == "GRD-I01" {
            ledger::note_and_log(Finding {
                severity: Severity::Warn,
                ..finding
            });
        } else {
            ledger::note(&finding);
        }
    }
    Ok(Guard(()))
}

/// Tells that every listener is bound: writes the report (`GUARD_REPORT`) and tells systemd (`NOTIFY_SOCKET`).
///
/// Call it once, when the service can be reached.
///
/// # Panics
/// When the environment asks for a confinement and [`Guard::confine`] was not called.
pub fn ready() {
    let is_as_asked =
        ledger::with(|ledger| ledger.is_confined || ledger.settings.confinement().is_none());
    assert!(
        is_as_asked,
        "a program that serves confines itself or refuses to"
    );
    ledger::with(|ledger| ledger.is_ready = true);
    ledger::log_pending();
    report::write();
    notify::ready();
    // Much of what ran until now never runs again.
    sys::release_code_pages();
}

fn take_inherited(
    lookup: &dyn Fn(&str) -> Option<String>,
    any_pid: bool,
) -> Result<Inherited, Refusal> {
    if !activation::VARIABLES
        .iter()
        .any(|name| lookup(name).is_some())
    {
        return Ok(Inherited::default());
    }
    let offer = activation::offered(lookup, process::id(), any_pid);
    // Children must not take the sockets for theirs, whatever becomes of them here.
    sys::unset_environment(&activation::VARIABLES)
        .map_err(|threads| Refusal::Threads { threads })?;
    Ok(Inherited::take(offer))
}
