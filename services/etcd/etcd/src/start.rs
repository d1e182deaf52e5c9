//! From the words of the command line to a configuration, told in upstream's words.
//!
//! Source: etcd v3.7 server/etcdmain/etcd.go `startEtcdOrProxyV2`; config.go `parse`.

use std::path::Path;

use kit_cli::{EnvSource, dialect::go_flag::GoMatches};
use kit_telemetry::{BuildInfo, ZapLog, ZapOutputError, json};
use tracing::{info, warn};

use crate::{
    Config,
    config::{ConfigError, NotYet},
    data_dir::{self, DataDirError},
    file::{self, FileError},
    flags::{self, FlagsError, UPSTREAM_VERSION, Written},
    host,
    log::{self, LogError},
};

/// What is to be done.
#[derive(Debug)]
pub enum Start {
    /// Run with this.
    Member(Box<Config>),
    /// Print this and end well.
    Say(String),
    /// End with this exit code; why has been told.
    End(u8),
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Flags(#[from] FlagsError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Output(#[from] ZapOutputError),
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Reads everything, turns the log on as it is asked for, and checks what can be checked before anything is opened.
/// `argv` is the whole command line.
#[must_use]
pub fn configure(argv: &[String], matches: &GoMatches, env: &dyn EnvSource, log: &ZapLog) -> Start {
    if let Some(command @ ("gateway" | "grpc-proxy")) = argv.get(1).map(String::as_str) {
        return Start::Say(format!("this release has no `etcd {command}`\n")).into_failure();
    }
    if matches.rest.is_empty() && flags::wants_version(&matches.flags) {
        return Start::Say(version());
    }
    let read = read(matches, env, log);
    if let Err(refusal) = &read
        && let Some(end) = end_at_once(refusal)
    {
        return end;
    }
    info!(args = ?json(argv), "Running: "); // upstream's text
    let mut config = match read {
        Ok(config) => config,
        Err(refusal) => return tell(&refusal),
    };
    settle_host(&mut config);
    if config.data_dir.as_os_str().is_empty() {
        config.data_dir = format!("{}.etcd", config.name).into();
        warn!("data-dir" = %config.data_dir.display(), "'data-dir' was empty; using default"); // upstream's text
    }
    match check_data(&config) {
        Ok(()) => Start::Member(Box::new(config)),
        Err(end) => end,
    }
}

impl Start {
    /// The same words, on the way out.
    fn into_failure(self) -> Self {
        if let Self::Say(text) = &self {
            say(text);
        }
        Self::End(1)
    }
}

/// What `--version` prints. The first line is read by programs.
fn version() -> String {
    let build = BuildInfo::replacing(UPSTREAM_VERSION);
    format!(
        "etcd Version: {UPSTREAM_VERSION}\nGit SHA: {}\nGo Version: {}\nGo OS/Arch: {}\n",
        build.revision, build.toolchain, build.platform
    )
}

fn read(matches: &GoMatches, env: &dyn EnvSource, log: &ZapLog) -> Result<Config, Refusal> {
    if let Some(word) = matches.rest.first() {
        return Err(FlagsError::Word(word.clone()).into());
    }
    let path = flags::config_file(&matches.flags, env);
    let written = match &path {
        Some(path) => file::read(Path::new(path))?,
        None => flags::read(&matches.flags, env)?,
    };
    let settings = log::settings(&written.values)?;
    log.apply(&settings)?;
    let config = Config::of(&written.values, settings);
    if let (Some(path), Ok(_)) = (&path, &config) {
        info!(
            path,
            "loaded server configuration, other configuration command line flags and environment variables will be \
             ignored if provided" // upstream's text
        );
    }
    tell_deprecated(&written);
    let mut config = config?;
    // A switch of Go's library, not of etcd; upstream's tests look at what it shows.
    let debug = env.get("GODEBUG").unwrap_or_default();
    config.http.shows_heads = debug.contains("http2debug=2");
    Ok(config)
}

fn tell_deprecated(written: &Written) {
    if written.names.contains("max-snapshots") {
        warn!("--max-snapshots is deprecated in 3.6 and will be decommissioned in 3.8."); // upstream's text
    }
    if written.names.contains("v2-deprecation") {
        warn!(
            "--v2-deprecation is deprecated and scheduled for removal in v3.8. The default value is enforced, ignoring user \
             input." // upstream's text
        );
    }
}

/// Where upstream ends before it has told what it was called with.
fn end_at_once(refusal: &Refusal) -> Option<Start> {
    let code = match refusal {
        // It has been told.
        Refusal::Flags(FlagsError::Conflict) => return Some(Start::End(1)),
        // Upstream says this beside the log.
        Refusal::File(FileError::Urls { .. }) => 1,
        // Upstream panics, and so ends with 2.
        Refusal::Log(LogError::Level(_)) | Refusal::File(FileError::Origins(_)) => 2,
        _ => return None,
    };
    say(&format!("{refusal}\n"));
    Some(Start::End(code))
}

fn tell(refusal: &Refusal) -> Start {
    let error = refusal.to_string();
    warn!(error, "failed to verify flags"); // upstream's text
    if matches!(refusal, Refusal::Config(ConfigError::NoAdvertised)) {
        warn!(error, "advertise client URLs are not set"); // upstream's text
    }
    Start::End(1)
}

/// Writes to standard error, beside the log.
fn say(text: &str) {
    use std::io::Write as _;
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
}

/// Lets addresses nobody chose follow from the name and the machine.
fn settle_host(config: &mut Config) {
    match host::default_host() {
        Ok(host) => {
            if config.advertise_default_host(Some(&host)) {
                info!(host, "detected default host for advertise"); // upstream's text
            }
        }
        Err(error) => {
            config.advertise_default_host(None);
            info!(error = %error, "failed to detect default host"); // upstream's text
        }
    }
}

fn check_data(config: &Config) -> Result<(), Start> {
    let end = |error: DataDirError| {
        tracing::error!(zap_level = "fatal", "data-dir" = %config.data_dir.display(), "{error}");
        Start::End(1)
    };
    let has_member = data_dir::has_member(&config.data_dir).map_err(end)?;
    let kind = if has_member { "member" } else { "empty" };
    let told = if has_member {
        "server has already been initialized" // upstream's text
    } else {
        "Initialize and start etcd server" // upstream's text
    };
    info!("data-dir" = %config.data_dir.display(), "dir-type" = kind, "{told}");
    let has_log = data_dir::has_log(&config.data_dir, &config.wal_dir).map_err(end)?;
    config.check_release(has_log).map_err(|not_yet: NotYet| {
        tracing::error!(zap_level = "fatal", "{not_yet}");
        Start::End(1)
    })
}
