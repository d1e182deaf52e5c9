//! The program `stack`: reads the command line, runs, exits.

use std::process::ExitCode;

use kit_cli::{EnvSource, ProcessEnv};
use kit_telemetry::{Level, LogConfig, LogFormat};
use stack::Config;

/// The command line means nothing.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let variable = |name: &str| ProcessEnv.get(name);
    let entered =
        kit_guard::enter(&variable).and_then(|guard| guard.stay_unconfined().map(|()| guard));
    let _guard = match entered {
        Ok(guard) => guard,
        Err(refusal) => {
            let code = refusal.exit_code();
            return kit_cli::fail(&refusal.into(), code);
        }
    };
    kit_cli::run(stack::command(), |invocation| {
        let config = match Config::read(&invocation.matches, &invocation.env) {
            Ok(config) => config,
            Err(error) => return Ok(kit_cli::fail(&error.into(), WRONG_USAGE)),
        };
        kit_telemetry::init(&LogConfig {
            level: Level::Info,
            format: LogFormat::Logfmt,
        })?;
        match stack::run(&config, &variable, crypto::linked_crates!()) {
            Err(error) if error.is::<crypto::StartError>() => {
                Ok(kit_cli::fail(&error, crypto::StartError::EXIT_CODE))
            }
            other => other,
        }
    })
}
