//! The Pushgateway's `main` without the guard's part, for the test that the guard changes nothing nobody asked for.

use std::process::ExitCode;

use crypto::Settings;
use pushgateway::{Config, flags};

fn main() -> ExitCode {
    kit_cli::run(flags::command(), |invocation| {
        let config = match Config::from_matches(&invocation.matches) {
            Ok(config) => config,
            Err(error) => {
                let exit_code = error.exit_code();
                return Ok(kit_cli::fail(&error.into(), exit_code));
            }
        };
        kit_telemetry::init(&config.log)?;
        let report = crypto::install(&Settings::default())?;
        kit_telemetry::log_crypto(&report);
        let served = kit_http::run(|stop| pushgateway::run(config, stop));
        Ok(ExitCode::from(u8::from(served.is_err())))
    })
}
