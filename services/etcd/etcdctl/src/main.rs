//! etcdctl, drop-in. Reads the line, runs the command, exits.

use std::process::ExitCode;

use crypto::{Settings, StartError};
use etcdctl::Failure;
use kit_cli::{EnvSource, ProcessEnv};

fn main() -> ExitCode {
    kit_cli::run(etcdctl::APP, |invocation| {
        Ok(etcdctl::run(
            invocation.matches,
            invocation.env,
            prove_crypto,
        ))
    })
}

/// Tests the crypto module and makes it the process' provider. Called before the first connection: what asks no server
/// needs none of it.
fn prove_crypto() -> Result<(), Failure> {
    let variable = |name: &str| ProcessEnv.get(name);
    Settings::from_env(&variable)
        .and_then(|settings| crypto::start(&settings, crypto::linked_crates!()))
        .map(drop)
        .map_err(|error| Failure::new(StartError::EXIT_CODE, kit_telemetry::chain(&error)))
}
