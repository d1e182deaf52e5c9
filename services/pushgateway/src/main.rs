//! Prometheus Pushgateway, drop-in. Reads the flags, proves the crypto module, runs, exits.

use std::process::ExitCode;

use crypto::{Settings, StartError};
use kit_cli::{EnvSource, ProcessEnv};
use kit_guard::Guard;
use kit_http::listen::ListenError;
use kit_telemetry::chain;
use pushgateway::{Config, Error, flags};
use tracing::error;

fn main() -> ExitCode {
    // First of all: while there is one thread, and before a file named on the command line is read.
    let guard = match kit_guard::enter(&variable) {
        Ok(guard) => guard,
        Err(refusal) => {
            let exit_code = refusal.exit_code();
            return kit_cli::fail(&refusal.into(), exit_code);
        }
    };
    let exit_code = kit_cli::run(flags::command(), |invocation| {
        let config = match Config::from_matches(&invocation.matches) {
            Ok(config) => config,
            Err(error) => {
                let exit_code = error.exit_code();
                return Ok(kit_cli::fail(&error.into(), exit_code));
            }
        };
        kit_telemetry::init(&config.log)?;
        let refused = prove_crypto().or_else(|| confine(&guard, &config));
        Ok(refused.unwrap_or_else(|| serve(config)))
    });
    drop(guard); // reports a start that failed
    exit_code
}

/// Reads one variable, for the crates that have settings of their own there: `CRYPTO_*`, `GUARD_*`, `LISTEN_*`. The
/// program itself has flags only.
fn variable(name: &str) -> Option<String> {
    ProcessEnv.get(name)
}

/// Tests the crypto module and makes it the process' provider, before any socket is opened. Returns the exit code when
/// the program must not start.
fn prove_crypto() -> Option<ExitCode> {
    match Settings::from_env(&variable)
        .and_then(|settings| crypto::start(&settings, crypto::linked_crates!()))
    {
        Ok(report) => {
            kit_telemetry::log_crypto(&report);
            None
        }
        Err(error) => {
            error!(err = chain(&error), "crypto module refused");
            Some(ExitCode::from(StartError::EXIT_CODE))
        }
    }
}

/// Gives up what serving does not need, while there is one thread. Returns the exit code when the program must not start.
fn confine(guard: &Guard, config: &Config) -> Option<ExitCode> {
    let refusal = guard.confine(&pushgateway::rights(config)).err()?;
    error!("{refusal}");
    Some(ExitCode::from(refusal.exit_code()))
}

fn serve(config: Config) -> ExitCode {
    match kit_http::run(|stop| pushgateway::run(config, stop)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Error::Listen(ListenError::Bind(error))) => {
            ExitCode::from(error.exit_code().unwrap_or(1))
        }
        Err(Error::Runtime(error)) => {
            error!(err = chain(&error), "runtime not started");
            ExitCode::FAILURE
        }
        // Upstream ends with 0 here (deviation D3).
        Err(_) => ExitCode::FAILURE,
    }
}
