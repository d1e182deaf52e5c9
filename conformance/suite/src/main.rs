//! `conformance-suite`: puts the cases, or real clients, to ours and to upstream. Exit code 0 all hold, 3 differences
//! found, 2 wrong usage, 1 the run itself failed.

use std::process::ExitCode;

use conformance_harness::normalize::Values;
use conformance_suite::arguments::{self, Arguments};
use conformance_suite::run::{self, Sides};
use conformance_suite::{clients, peers, services};

fn main() -> ExitCode {
    let arguments = match arguments::parse(&arguments::of_process()) {
        Ok(arguments) => arguments,
        Err(error) => return fail(2, &format!("{error}\n{}", arguments::USAGE)),
    };
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(3),
        Err(error) => fail(1, &error),
    }
}

/// Returns whether all held.
fn run(arguments: &Arguments) -> Result<bool, String> {
    let service = services::by_name(&arguments.service)
        .ok_or_else(|| format!("no service {}", arguments.service))?;
    let upstream = arguments
        .upstream
        .as_deref()
        .map(|path| peers::upstream(service, path))
        .transpose()?;
    let sides = Sides {
        ours: arguments
            .ours
            .as_deref()
            .map(|path| peers::program(service, path, true))
            .transpose()?,
        upstream: upstream
            .map(|path| peers::program(service, &path, false))
            .transpose()?,
    };
    let (cases, mut given) = match arguments.command.as_str() {
        "clients" => (
            clients::cases(service, &arguments.filter)?,
            clients::prepare()?,
        ),
        _ => (run::cases(service, &arguments.filter)?, Values::new()),
    };
    if service.beside.is_some() {
        let server = arguments.server.clone().or_else(|| peers::beside(service));
        let server =
            server.ok_or("the server that the cases need was not built: conformance/peers")?;
        given.insert("server".to_owned(), server.display().to_string());
    }
    let report = run::run(service, &cases, &sides, given, arguments.jobs)?;
    say(&report.to_string());
    Ok(report.all_hold())
}

#[expect(clippy::print_stdout, reason = "the report is this program's output")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "diagnostics of a command-line program")]
fn fail(code: u8, text: &str) -> ExitCode {
    eprintln!("conformance-suite: {text}");
    ExitCode::from(code)
}
