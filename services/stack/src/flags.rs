//! The command line of `stack` as data. What the values mean is [`config`](crate::config)'s.

use clap::{Arg, ArgAction, Command};

/// One option: its name, the variable that stands in for it, its default, and its help.
struct Row {
    name: &'static str,
    placeholder: &'static str,
    variable: &'static str,
    default: Option<&'static str>,
    is_repeatable: bool,
    help: &'static str,
}

/// Options of every command.
const EVERYWHERE: &[Row] = &[Row {
    name: DATA_DIR,
    placeholder: "DIR",
    variable: "STACK_DATA_DIR",
    default: Some("./casemate-data"),
    is_repeatable: false,
    help: "Where data, logs and state lie",
}];

/// Options of `up`.
const UP: &[Row] = &[
    Row {
        name: LISTEN,
        placeholder: "HOST:PORT",
        variable: "STACK_LISTEN",
        default: Some("127.0.0.1:9000"),
        is_repeatable: false,
        help: "Where the status page listens; it has no password",
    },
    Row {
        name: SERVICE_ADDRESS,
        placeholder: "NAME=HOST:PORT",
        variable: "STACK_SERVICE_ADDRESS",
        default: None,
        is_repeatable: true,
        help: "Where a service listens instead of its usual place; may be given once for each service",
    },
    Row {
        name: ONLY,
        placeholder: "NAME",
        variable: "STACK_ONLY",
        default: None,
        is_repeatable: true,
        help: "Start this service and no other; may be given more than once",
    },
    Row {
        name: BIN_DIR,
        placeholder: "DIR",
        variable: "STACK_BIN_DIR",
        default: None,
        is_repeatable: false,
        help: "Where the programs of the services are [default: beside this program]",
    },
];

pub(crate) const DATA_DIR: &str = "data-dir";
pub(crate) const LISTEN: &str = "listen";
pub(crate) const SERVICE_ADDRESS: &str = "service-address";
pub(crate) const ONLY: &str = "only";
pub(crate) const BIN_DIR: &str = "bin-dir";
pub(crate) const DETACH: &str = "detach";
/// Set by `up --detach` on the copy of itself that stays: it reports on stdout instead of greeting.
pub(crate) const DETACHED: &str = "detached";
pub(crate) const NAME: &str = "name";
pub(crate) const FOLLOW: &str = "follow";
pub(crate) const LINES: &str = "lines";
pub(crate) const JSON: &str = "json";
pub(crate) const REQUIRE_FIPS: &str = "require-fips";

/// Returns the command line of the program.
#[must_use]
pub fn command() -> Command {
    Command::new("stack")
        .about("Runs the services of the kit side by side, supervised, with one status page")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(EVERYWHERE.iter().map(|row| argument(row).global(true)))
        .subcommand(up())
        .subcommand(
            Command::new("status")
                .about("Shows what runs; ends with 1 unless every service is healthy")
                .arg(switch(JSON, "Print JSON")),
        )
        .subcommand(Command::new("down").about("Stops the services and their supervisor"))
        .subcommand(logs())
        .subcommand(crypto_report())
}

fn up() -> Command {
    Command::new("up")
        .about("Starts the services and watches over them")
        .args(UP.iter().map(argument))
        .arg(switch(
            DETACH,
            "Return as soon as all is ready, and leave the supervisor running",
        ))
        .arg(
            switch(DETACHED, "Only used by --detach")
                .hide(true)
                .conflicts_with(DETACH),
        )
}

fn logs() -> Command {
    Command::new("logs")
        .about("Shows the log of a service, or of the detached supervisor (stack)")
        .arg(
            Arg::new(NAME)
                .required(true)
                .value_name("NAME")
                .help("Name of the service"),
        )
        .arg(switch(FOLLOW, "Keep showing what is added").short('f'))
        .arg(
            Arg::new(LINES)
                .long(LINES)
                .short('n')
                .value_name("N")
                .value_parser(clap::value_parser!(usize))
                .default_value("50")
                .help("Show this many lines from the end"),
        )
}

fn crypto_report() -> Command {
    Command::new("crypto-report")
        .about(
            "Shows which crypto this build of the kit carries; ends with 2 when a self-test failed",
        )
        .arg(switch(JSON, "Print JSON"))
        .arg(switch(
            REQUIRE_FIPS,
            "End with 1 unless this is a FIPS build",
        ))
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}

/// The default is only told here: which of flag, variable and default counts is decided in one place, [`setting`].
fn argument(row: &Row) -> Arg {
    let default = row
        .default
        .map(|value| format!(" [default: {value}]"))
        .unwrap_or_default();
    Arg::new(row.name)
        .long(row.name)
        .value_name(row.placeholder)
        .action(if row.is_repeatable {
            ArgAction::Append
        } else {
            ArgAction::Set
        })
        .help(format!("{}{default} [env: {}]", row.help, row.variable))
}

/// Returns the values of an option: those of the flag, else that of its variable, else its default.
pub(crate) fn setting(
    matches: &clap::ArgMatches,
    env: &dyn kit_cli::EnvSource,
    name: &'static str,
) -> Vec<String> {
    let row = EVERYWHERE
        .iter()
        .chain(UP)
        .find(|row| row.name == name)
        .expect("a row of the tables");
    if let Some(values) = matches.get_many::<String>(name) {
        return values.cloned().collect();
    }
    let variable = env.get(row.variable).filter(|value| !value.is_empty());
    let split = |value: String| match row.is_repeatable {
        true => value
            .split(',')
            .map(|part| part.trim().to_owned())
            .collect(),
        false => vec![value],
    };
    variable
        .map(split)
        .unwrap_or_else(|| row.default.map(str::to_owned).into_iter().collect())
}
