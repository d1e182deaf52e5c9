//! Prints the crypto report of this build: the log line, then the JSON.
#![expect(clippy::print_stdout, reason = "printing is what it does")]

use std::process::ExitCode;

fn main() -> ExitCode {
    match crypto::install(&crypto::Settings::default()) {
        Ok(report) => {
            println!("{}\n{}", report.log_line(), report.to_json());
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}");
            ExitCode::from(crypto::StartError::EXIT_CODE)
        }
    }
}
