//! The last thing before threads: listeners bound, privileges given up, limits set, the sandbox shut, in this order.
//!
//! Without a `GUARD_*` variable only what no working deployment can notice happens. Everything else is asked for, and
//! what was asked for and cannot be had ends the start.

use nix::sys::prctl;

use crate::{
    bind,
    drop::{self, Wanted},
    enter::Guard,
    finding::{Finding, Severity},
    ledger, limits, preflight,
    refusal::Refusal,
    report,
    rights::Rights,
    sandbox,
    settings::{DropMode, SettingError, Settings},
};

impl Guard {
    /// Gives up what a service with these rights does not need, as far as `GUARD_DROP`, `GUARD_USER` and
    /// `GUARD_SANDBOX` ask for it. Call it once, when the configuration is known and before any thread is started.
    ///
    /// Listeners are bound here when they could not be bound later; a failure is kept for the service's own
    /// [`bind::tcp_address`], so that it comes in its place and in its words.
    ///
    /// # Errors
    /// [`Refusal`]: log it and end with its [`exit_code`](Refusal::exit_code). Never without a `GUARD_*` variable.
    pub fn confine(&self, rights: &Rights) -> Result<(), Refusal> {
        let settings = ledger::with(|ledger| ledger.settings.clone());
        let strict = settings.drop == DropMode::Strict;
        let asked = settings.confinement().is_some();
        if asked {
            drop::one_thread()?;
            bind::reserve(rights);
            report::open();
        }
        let wanted = (strict || settings.user.is_some()).then_some(Wanted {
            user: settings.user,
            keep_low_ports: rights.rebinds_low_ports,
            lock: strict,
        });
        if let Some(wanted) = &wanted {
            drop::give_up(wanted)?;
            drop::verify(wanted)?;
        }
        gain_nothing_by_executing(&settings, rights);
        limits::no_core_files(strict || rights.is_fips);
        try_paths(rights, strict)?;
        if strict || rights.is_fips {
            limits::not_dumpable();
        }
        sandbox::enter(settings.sandbox, rights, strict)?;
        ledger::with(|ledger| ledger.is_confined = true);
        Ok(())
    }

    /// Says that this program starts others and confines itself in no way: they do, each for itself.
    ///
    /// # Errors
    /// [`Refusal::Setting`] when the environment asks for a confinement.
    pub fn stay_unconfined(&self) -> Result<(), Refusal> {
        match ledger::with(|ledger| ledger.settings.confinement()) {
            Some(name) => Err(SettingError::Unavailable { name }.into()),
            None => Ok(()),
        }
    }
}

/// A service that starts no programs loses nothing with the privileges that starting one could give.
fn gain_nothing_by_executing(settings: &Settings, rights: &Rights) {
    let is_alone = drop::threads() <= 1;
    let is_harmless = settings.drop != DropMode::Off && !rights.executes && is_alone;
    if is_harmless || settings.sandbox.seccomp || settings.sandbox.landlock {
        // Fails on no kernel since 3.5; who asked for a sandbox hears of it from the sandbox.
        let _ = prctl::set_no_new_privs();
    }
}

/// Tries every path as the user the service runs as. In strict mode what fails here ends the start.
fn try_paths(rights: &Rights, strict: bool) -> Result<(), Refusal> {
    let mut failed = Vec::new();
    if strict || rights.is_fips {
        // Only a program that nobody running it can change keeps what it promises.
        failed.extend(preflight::executable().findings().iter().cloned());
    }
    if !strict {
        return Ok(());
    }
    note_inherited();
    for right in &rights.paths {
        failed.extend(preflight::check(&right.path, right.need, right.origin).into_errors());
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Preflight(failed))
    }
}

fn note_inherited() {
    let inherited = ledger::with(|ledger| ledger.unexpected_descriptors.clone());
    if !inherited.is_empty() {
        let message = format!(
            "descriptors were inherited that nobody announced: {}",
            limits::listed(&inherited)
        );
        let fix = "close them in the program that starts this one";
        ledger::note(
            &Finding::new("GRD-D04", Severity::Info, message).with_fix(vec![fix.to_owned()]),
        );
    }
}
