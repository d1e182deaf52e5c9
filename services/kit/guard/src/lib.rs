//! Port and privilege guard, called first thing in `main` by every service.
//!
//! It does what must happen before threads exist ([`enter`]), it is the only crate that binds listening sockets
//! ([`bind`], [`activation`]), it tries the files a service will need ([`preflight`]), and it explains what fails in one
//! line with the fix for the platform it runs on. Upstream's error text always comes first and is never replaced.
//!
//! With no `GUARD_*` variable set a successful start logs nothing of the guard; everything it saw is in the [`report`].
//!
//! Left to others: address syntax of a service's flags and accepting connections (kit-http), when to log an explanation
//! (the program's edge, through [`explanation`]).

pub mod activation;
pub mod bind;
pub mod finding;
pub mod holder;
pub mod identity;
pub mod notify;
pub mod platform;
pub mod policy;
pub mod preflight;
pub mod report;
pub mod rights;

mod confine;
mod drop;
mod end;
mod enter;
mod ledger;
mod limits;
mod mounts;
mod refusal;
mod sandbox;
mod settings;
mod sys;

use std::error::Error;

pub use crate::{
    end::end_by_signal,
    enter::{Guard, enter, ready},
    finding::{Finding, Severity},
    refusal::Refusal,
    rights::Rights,
    settings::SettingError,
};

/// A setting or a policy refuses the configuration (`EX_CONFIG`).
pub const EXIT_CONFIGURATION: u8 = 78;

/// A path cannot be used as strict mode demands (`EX_NOPERM`).
pub const EXIT_PERMISSION: u8 = 77;

/// The program broke a rule of the guard (`EX_SOFTWARE`).
pub const EXIT_INTERNAL: u8 = 70;

/// Returns the one explanation line for a failed start, when something in the error's chain is the guard's.
///
/// The caller logs its own (upstream's) text first and this line after it. An error that wraps the guard's with
/// `#[error(transparent)]` hides it from the chain; such a type has to pass the explanation on itself.
pub fn explanation(error: &(dyn Error + 'static)) -> Option<String> {
    chain(error).find_map(|level| {
        let bind = level
            .downcast_ref::<bind::BindError>()
            .and_then(bind::BindError::explanation);
        bind.or_else(|| {
            level
                .downcast_ref::<activation::ActivationError>()
                .and_then(|e| e.explanation())
        })
    })
}

/// Returns the exit status the guard demands for an error, when something in its chain was refused by policy.
pub fn exit_code(error: &(dyn Error + 'static)) -> Option<u8> {
    chain(error).find_map(|level| {
        level
            .downcast_ref::<bind::BindError>()
            .and_then(bind::BindError::exit_code)
    })
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |level: &&'a (dyn Error + 'static)| {
        (*level).source()
    })
}
