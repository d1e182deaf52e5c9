//! etcdctl of etcd 3.7, drop-in.
//!
//! [`APP`] is what can be typed, [`run`] what happens then: the words become a [`Ctl`], one file of `command/` asks the
//! cluster through `etcd-client`, and `print/` shows the answer. Exit codes are upstream's (`failure.rs`).
//!
//! Source: etcd v3.7 etcdctl.

pub mod command;
mod commands;
mod context;
mod failure;
mod flags;
mod log;
mod print;
mod progress;
mod settings;
mod terminal;
#[doc(hidden)]
pub mod words;

use std::process::ExitCode;

use kit_cli::{ProcessEnv, dialect::cobra::Line};

pub use crate::{commands::APP, context::Ctl, failure::Failure, flags::GLOBAL};

/// The version that is replaced, as `etcdctl version` prints it.
pub const VERSION: &str = "3.7.3";

/// Runs the command of a line and returns the exit code, having told on stderr what went wrong.
pub fn run(line: Line, env: ProcessEnv, prove_crypto: fn() -> Result<(), Failure>) -> ExitCode {
    log::init();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(command::run(Ctl::new(line, env, prove_crypto)));
            // A read of the terminal may still hang in a thread of its own.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(Failure::error(format!("start runtime: {error}"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}
