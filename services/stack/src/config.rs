//! What a command line means: the flags with their variables and defaults applied, checked, nothing opened yet.

use std::{
    io,
    path::{Path, PathBuf, absolute},
};

use clap::ArgMatches;
use crypto::report::tell::Form;
use kit_cli::EnvSource;

use crate::{
    catalog::CATALOG,
    data_dir::{DataDir, OWN_LOG},
    flags::{self, setting},
};

/// What the program shall do.
#[derive(Clone, Debug)]
pub enum Config {
    /// `stack up`.
    Up(UpConfig),
    /// `stack status`.
    Status {
        /// Whose status.
        data_dir: DataDir,
        /// As JSON.
        is_json: bool,
    },
    /// `stack down`.
    Down {
        /// Whose end.
        data_dir: DataDir,
    },
    /// `stack logs`.
    Logs {
        /// The log file.
        path: PathBuf,
        /// How many lines from the end.
        lines: usize,
        /// Whether to go on.
        is_following: bool,
    },
    /// `stack crypto-report`.
    CryptoReport {
        /// For people or as JSON.
        form: Form,
        /// Whether another build than FIPS is a failure.
        require_fips: bool,
    },
}

/// What `stack up` starts, and how.
#[derive(Clone, Debug)]
pub struct UpConfig {
    /// Where everything lies.
    pub data_dir: DataDir,
    /// Where the status page listens, `host:port`.
    pub listen: String,
    /// Services that listen elsewhere: name and `host:port`.
    pub addresses: Vec<(&'static str, String)>,
    /// The services that are started; all when empty.
    pub only: Vec<&'static str>,
    /// Where the programs are, when not beside this one.
    pub bin_dir: Option<PathBuf>,
    /// The environment of every service.
    pub environment: Vec<(String, String)>,
    /// Who waits.
    pub attachment: Attachment,
}

/// How the supervisor is tied to the terminal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Attachment {
    /// It stays in the foreground.
    Foreground,
    /// It shall be started in a session of its own, and waited for until it is ready.
    Detach,
    /// This is the process started so.
    Detached,
}

/// Why a command line means nothing. Its exit code is 2.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// An address without the name of its service.
    #[error("--service-address: {0:?} is not NAME=HOST:PORT")]
    ServiceAddress(String),
    /// No row of the catalog has this name.
    #[error("no service {name:?}, want one of {}", known())]
    UnknownService {
        /// What was written.
        name: String,
    },
    /// The current directory is gone, and a path is relative to it.
    #[error("{} has no absolute path", .path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
}

/// Variables a service is given when they are set. Everything else of our environment stays with us, so that a service
/// behaves the same whoever starts it.
const PASSED_ON: [&str; 8] = [
    "PATH",
    "HOME",
    "TZ",
    "RUST_BACKTRACE",
    "CRYPTO_FIPS_POLICY",
    "CRYPTO_REQUIRE_FIPS",
    "GUARD_PORTS",
    "GUARD_ROOT",
];

impl Config {
    /// Reads what was typed.
    ///
    /// # Errors
    /// [`ConfigError`], which names the flag.
    pub fn read(matches: &ArgMatches, env: &dyn EnvSource) -> Result<Self, ConfigError> {
        let (command, matches) = matches.subcommand().expect("clap demands a command");
        let typed = one(matches, env, flags::DATA_DIR).expect("the data directory has a default");
        let data_dir = DataDir::new(absolute_path(Path::new(&typed))?);
        Ok(match command {
            "up" => Self::Up(UpConfig::read(matches, env, data_dir)?),
            "status" => Self::Status {
                data_dir,
                is_json: matches.get_flag(flags::JSON),
            },
            "down" => Self::Down { data_dir },
            "logs" => Self::Logs {
                path: data_dir.log(known_log(matches)?),
                lines: matches
                    .get_one(flags::LINES)
                    .copied()
                    .expect("the number of lines has a default"),
                is_following: matches.get_flag(flags::FOLLOW),
            },
            "crypto-report" => Self::CryptoReport {
                form: match matches.get_flag(flags::JSON) {
                    true => Form::Json,
                    false => Form::Text,
                },
                require_fips: matches.get_flag(flags::REQUIRE_FIPS),
            },
            other => unreachable!("clap let the unknown command {other} pass"),
        })
    }
}

impl UpConfig {
    fn read(
        matches: &ArgMatches,
        env: &dyn EnvSource,
        data_dir: DataDir,
    ) -> Result<Self, ConfigError> {
        let bin_dir = one(matches, env, flags::BIN_DIR);
        Ok(Self {
            data_dir,
            listen: one(matches, env, flags::LISTEN).expect("the page's address has a default"),
            addresses: setting(matches, env, flags::SERVICE_ADDRESS)
                .into_iter()
                .map(service_address)
                .collect::<Result<_, _>>()?,
            only: setting(matches, env, flags::ONLY)
                .iter()
                .map(|name| known_service(name))
                .collect::<Result<_, _>>()?,
            bin_dir: bin_dir
                .map(|path| absolute_path(Path::new(&path)))
                .transpose()?,
            environment: PASSED_ON
                .iter()
                .filter_map(|name| env.get(name).map(|value| ((*name).to_owned(), value)))
                .collect(),
            attachment: match (
                matches.get_flag(flags::DETACH),
                matches.get_flag(flags::DETACHED),
            ) {
                (true, _) => Attachment::Detach,
                (_, true) => Attachment::Detached,
                _ => Attachment::Foreground,
            },
        })
    }

    /// Returns the words that start the same again, as the process that stays.
    #[must_use]
    pub fn detached_arguments(&self) -> Vec<String> {
        let option = |name: &str, value: &str| format!("--{name}={value}");
        let path = |name: &str, path: &Path| option(name, &path.display().to_string());
        let mut words = vec!["up".to_owned(), option(flags::LISTEN, &self.listen)];
        words.push(path(flags::DATA_DIR, self.data_dir.path()));
        words.extend(self.bin_dir.iter().map(|dir| path(flags::BIN_DIR, dir)));
        words.extend(self.only.iter().map(|name| option(flags::ONLY, name)));
        let addresses = self.addresses.iter();
        words.extend(
            addresses.map(|(name, at)| option(flags::SERVICE_ADDRESS, &format!("{name}={at}"))),
        );
        words.push(format!("--{}", flags::DETACHED));
        words
    }
}

fn one(matches: &ArgMatches, env: &dyn EnvSource, name: &'static str) -> Option<String> {
    setting(matches, env, name).pop()
}

fn absolute_path(path: &Path) -> Result<PathBuf, ConfigError> {
    absolute(path).map_err(|source| ConfigError::Path {
        path: path.to_owned(),
        source,
    })
}

fn service_address(text: String) -> Result<(&'static str, String), ConfigError> {
    match text.split_once('=') {
        Some((name, address)) if address.contains(':') => {
            Ok((known_service(name)?, address.to_owned()))
        }
        _ => Err(ConfigError::ServiceAddress(text)),
    }
}

fn known_service(name: &str) -> Result<&'static str, ConfigError> {
    let row = CATALOG.iter().find(|service| service.name == name);
    row.map(|service| service.name)
        .ok_or_else(|| ConfigError::UnknownService {
            name: name.to_owned(),
        })
}

fn known_log(matches: &ArgMatches) -> Result<&'static str, ConfigError> {
    let name: &String = matches.get_one(flags::NAME).expect("clap demands a name");
    if name == OWN_LOG {
        Ok(OWN_LOG)
    } else {
        known_service(name)
    }
}

fn known() -> String {
    CATALOG
        .iter()
        .map(|service| service.name)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests;
