//! The services of the kit side by side on embedded defaults, supervised, with one status page.
//!
//! [`catalog`] says which services there are, [`fleet`] runs them, [`supervise`] keeps one of them running, [`page`]
//! shows them. Commands in other terminals find the supervisor by the [`record`] in the [`data_dir`].
//!
//! Left to others: what the services do, binding (kit-guard), HTTP (kit-http), log lines of our own (kit-telemetry).

pub mod backoff;
pub mod catalog;
pub mod condition;
pub mod config;
pub mod crypto_report;
pub mod data_dir;
pub mod fleet;
pub mod greeting;
pub mod http_get;
pub mod log_file;
pub mod log_tail;
pub mod page;
pub mod plan;
pub mod plot;
pub mod ports;
pub mod process;
pub mod quantity;
pub mod record;
pub mod recorder;
pub mod status;
pub mod supervise;

mod claim;
mod detach;
mod down;
mod flags;
mod leftovers;
mod logs;
mod routes;
mod show;
mod terminal;
mod up;

use std::process::ExitCode;

use anyhow::Context;
use crypto::{linked::Crates, report::tell::tell};

use crate::config::{Attachment, UpConfig};

pub use crate::{
    config::{Config, ConfigError},
    flags::command,
};

/// Does what was typed. `variable` looks up the environment, for the settings of the crypto module; `crates` is what the
/// program links.
///
/// # Errors
/// Whatever ended it, with its causes, for a person.
pub fn run(
    config: &Config,
    variable: &dyn Fn(&str) -> Option<String>,
    crates: Crates,
) -> anyhow::Result<ExitCode> {
    match config {
        Config::Up(up) if up.attachment == Attachment::Detach => detach::launch(up),
        Config::Up(up) if up.attachment == Attachment::Detached => {
            detach::leave_terminal()?;
            start(up, variable, crates).inspect_err(detach::tell_failed)
        }
        Config::Up(up) => start(up, variable, crates),
        Config::Status { data_dir, is_json } => show::show(data_dir, *is_json),
        Config::Down { data_dir } => down::down(data_dir),
        Config::Logs {
            path,
            lines,
            is_following,
        } => logs::logs(path, *lines, *is_following),
        Config::CryptoReport { form, require_fips } => {
            let settings = crypto::Settings::from_env(variable)?;
            let mut text = Vec::new();
            let verdict = tell(&settings, crates, *form, *require_fips, &mut text)?;
            terminal::print(&String::from_utf8_lossy(&text))?;
            Ok(ExitCode::from(verdict.exit_code()))
        }
    }
}

fn start(
    config: &UpConfig,
    variable: &dyn Fn(&str) -> Option<String>,
    crates: Crates,
) -> anyhow::Result<ExitCode> {
    let settings = crypto::Settings::from_env(variable)?;
    let report = crypto::start(&settings, crates).context("start the crypto module")?;
    kit_telemetry::log_crypto(&report);
    up::up(config)
}
