//! From flags and variables to the settings of a client.
//!
//! Source: etcd v3.7 etcdctl/ctlv3/command/global.go.

use etcd_client::{Config, Credentials, TlsFiles, discover};
use jiff::Zoned;
use kit_cli::{
    EnvSource, ProcessEnv,
    dialect::cobra::{EnvFinding, Line, variable_name},
    value::quote,
};

use crate::{
    context::{duration, tell_line},
    failure::Failure,
    terminal,
};

/// What the variables of the flags begin with.
const PREFIX: &str = "ETCDCTL";

/// Variables of `watch` that belong to no flag.
const WATCH_VARIABLES: [&str; 2] = ["ETCDCTL_WATCH_KEY", "ETCDCTL_WATCH_RANGE_END"];

/// The log of a client that a command uses.
pub(crate) const LOGGER: &str = "etcd-client";

/// Sets flags from the variables and tells what is odd about them.
pub(crate) fn take_variables(line: &mut Line, env: &dyn EnvSource) -> Result<(), Failure> {
    let is_watch = line.command.first() == Some(&"watch");
    let also_known: &[&str] = if is_watch { &WATCH_VARIABLES } else { &[] };
    for finding in line.set_from_env(PREFIX, also_known, env) {
        match finding {
            // Upstream's texts: pkg/flags/flag.go.
            EnvFinding::Shadowed { variable } => {
                tell(
                    "fatal",
                    "flags/flag.go:86",
                    "conflicting environment variable is shadowed by corresponding command-line flag (either unset \
                     environment variable or disable flag))",
                    &variable,
                );
                return Err(Failure::told(Failure::ERROR));
            }
            EnvFinding::Unknown { assignment } => tell(
                "warn",
                "flags/flag.go:94",
                "unrecognized environment variable",
                &assignment,
            ),
            // Ours: upstream says nothing and goes on without the value.
            EnvFinding::Refused {
                variable,
                value,
                cause,
            } => tell(
                "warn",
                "flags/flag.go:64",
                &format!("invalid value {} for {variable}: {cause}", quote(value)),
                &variable,
            ),
        }
    }
    if line.matches.switch("debug") {
        tell_values(line, is_watch);
    }
    Ok(())
}

fn tell(level: &str, caller: &str, message: &str, variable: &str) {
    crate::log::write(
        level,
        &Zoned::now(),
        caller,
        message,
        &[("environment-variable", variable)],
    );
}

/// Prints every flag as its variable, as `--debug` does.
fn tell_values(line: &Line, is_watch: bool) {
    let mut values: Vec<(String, String)> = line
        .inherited_values()
        .into_iter()
        .map(|(flag, value)| (variable_name(PREFIX, flag), value))
        .collect();
    if is_watch {
        values.extend(WATCH_VARIABLES.map(|name| (name.to_owned(), String::new())));
        values.sort();
    }
    for (variable, value) in values {
        tell_line(&format!("{variable}={value}"));
    }
}

/// Refuses paths that were given and are empty.
pub(crate) fn check_files(line: &Line) -> Result<(), Failure> {
    for flag in ["cert", "key", "cacert"] {
        if line.matches.is_set(flag) && line.matches.text(flag).is_empty() {
            return Err(Failure::arguments(format!(
                "empty string is passed to --{flag} option" // upstream's text
            )));
        }
    }
    Ok(())
}

/// Returns the settings of the cluster that the flags name.
pub(crate) async fn config(line: &Line, env: &ProcessEnv) -> Result<Config, Failure> {
    let endpoints = endpoints(line).await?;
    let text = |flag: &str| line.matches.text(flag).to_owned();
    let files = TlsFiles {
        certificate: text("cert"),
        key: text("key"),
        authorities: text("cacert"),
        server_name: if line.matches.switch("insecure-discovery") {
            String::new()
        } else {
            text("discovery-srv")
        },
        plain: line.matches.switch("insecure-transport"),
        skip_verify: line.matches.switch("insecure-skip-tls-verify"),
    };
    let credentials = credentials(line)?;
    with_tls(line, env, endpoints, &files, credentials)
}

/// Returns the settings of a cluster with the flags' times and limits.
pub(crate) fn with_tls(
    line: &Line,
    env: &dyn EnvSource,
    endpoints: Vec<String>,
    files: &TlsFiles,
    credentials: Credentials,
) -> Result<Config, Failure> {
    let first = endpoints.first().map_or("", String::as_str);
    let tls = files
        .load(first, &|name| env.get(name))
        .map_err(|error| Failure::arguments(go_words(&kit_telemetry::chain(&error))))?;
    let limit = |flag: &str, default: usize| match line.matches.number::<i64>(flag) {
        size @ 1.. => usize::try_from(size).unwrap_or(usize::MAX),
        _ => default,
    };
    Ok(Config {
        endpoints,
        tls,
        credentials,
        dial_timeout: duration(line, "dial-timeout"),
        keepalive_time: duration(line, "keepalive-time"),
        keepalive_timeout: duration(line, "keepalive-timeout"),
        request_bytes_max: limit("max-request-bytes", Config::REQUEST_BYTES_MAX),
        response_bytes_max: limit("max-recv-bytes", Config::RESPONSE_BYTES_MAX),
        logger: LOGGER,
    })
}

/// Returns an error of the system in Go's words: lower case, without the number.
fn go_words(text: &str) -> String {
    let Some((before, _)) = text.split_once(" (os error") else {
        return text.to_owned();
    };
    match before.rsplit_once(": ") {
        Some((path, cause)) => format!("{path}: {}", cause.to_lowercase()),
        None => before.to_lowercase(),
    }
}

/// Returns the endpoints that a domain has, or else those that the flag names.
async fn endpoints(line: &Line) -> Result<Vec<String>, Failure> {
    let domain = line.matches.text("discovery-srv");
    if !domain.is_empty() {
        let found = discover(domain, line.matches.text("discovery-srv-name")).await;
        let mut found = found.map_err(|error| Failure::error(error.to_string()))?;
        if !line.matches.switch("insecure-discovery") {
            found.retain(|endpoint| is_secure(endpoint));
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let trimmed = |text: &String| text.trim().to_owned();
    Ok(line
        .matches
        .texts("endpoints")
        .iter()
        .map(trimmed)
        .collect())
}

/// Returns whether an endpoint from DNS has TLS, and tells when it has not.
fn is_secure(endpoint: &str) -> bool {
    let plain = endpoint.starts_with("http://");
    if plain {
        // Upstream's text.
        tell_line(&format!(
            "ignoring discovered insecure endpoint {}",
            quote(endpoint)
        ));
    }
    !plain
}

/// Returns who the flags say the user is, asking for the password when none is given.
pub(crate) fn credentials(line: &Line) -> Result<Credentials, Failure> {
    let token = line.matches.text("auth-jwt-token");
    if !token.is_empty() {
        return Ok(Credentials::Token(token.to_owned()));
    }
    user_and_password(
        line.matches.text("user"),
        line.matches.text("password"),
        "Password: ",
    )
}

/// Returns a user whose password is the flag's, stands behind a colon, or is asked for.
pub(crate) fn user_and_password(
    user: &str,
    password: &str,
    prompt: &str,
) -> Result<Credentials, Failure> {
    if user.is_empty() {
        return Ok(Credentials::None);
    }
    let (user, password) = if !password.is_empty() {
        (user, password.to_owned())
    } else if let Some((user, password)) = user.split_once(':') {
        (user, password.to_owned())
    } else {
        let asked = terminal::ask_password(prompt);
        (
            user,
            asked.map_err(|error| Failure::error(error.to_string()))?,
        )
    };
    Ok(Credentials::Password {
        user: user.to_owned(),
        password,
    })
}
