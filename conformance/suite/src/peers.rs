//! Finds the upstream programs: built by `conformance/peers` into a cache outside the tree, or packaged by Debian.

use std::path::{Path, PathBuf};
use std::time::Duration;

use conformance_harness::case::Version;
use conformance_harness::command;
use conformance_harness::execute::Program;
use conformance_harness::service::Service;

use crate::arguments::variable;

/// Building upstream fetches modules and compiles them.
const BUILD_WITHIN: Duration = Duration::from_secs(900);
const VERSION_WITHIN: Duration = Duration::from_secs(20);

/// Returns the folder where peers and their tools are kept: `PEER_CACHE`, by default `~/.cache/casemate-peers`.
#[must_use]
pub fn cache() -> PathBuf {
    match variable("PEER_CACHE") {
        Some(folder) => folder.into(),
        None => Path::new(&variable("HOME").unwrap_or_default()).join(".cache/casemate-peers"),
    }
}

/// Returns the folder `conformance/peers` of the tree this program was built from.
#[must_use]
pub fn recipes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers")
}

/// Finds what `--upstream` names: `peer` is built when it is not there yet and falls back to Debian's package without a
/// recent Go; `debian` is the package; anything else is a path.
///
/// # Errors
/// Why there is no such program.
pub fn upstream(service: &Service, wanted: &Path) -> Result<PathBuf, String> {
    let debian = debian(service);
    match wanted.to_str() {
        Some("peer") => built(service).or_else(|reason| {
            if debian.exists() {
                Ok(debian)
            } else {
                Err(format!("{reason}; nor is {} there", debian.display()))
            }
        }),
        Some("debian") => Ok(debian),
        _ => Ok(wanted.to_owned()),
    }
}

fn built(service: &Service) -> Result<PathBuf, String> {
    let program = cache().join(service.peer);
    if program.exists() {
        return Ok(program);
    }
    let script = recipes().join(service.recipe);
    let finished = command::run(&script, &[], &recipes(), &[], BUILD_WITHIN)?;
    match finished.code {
        0 => Ok(program),
        _ => Err(format!(
            "{}: {}",
            script.display(),
            String::from_utf8_lossy(&finished.stderr)
        )),
    }
}

/// Returns the server that stands beside a service which is a client, when it was built.
#[must_use]
pub fn beside(service: &Service) -> Option<PathBuf> {
    let server = cache().join(service.beside?.peer);
    server.exists().then_some(server)
}

/// Asks a program for its version.
///
/// # Errors
/// When it cannot be run or says no version.
pub fn program(service: &Service, path: &Path, is_ours: bool) -> Result<Program, String> {
    let path =
        std::fs::canonicalize(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let finished = command::run(
        &path,
        &[service.version_flag.to_owned()],
        Path::new("/"),
        &[],
        VERSION_WITHIN,
    )?;
    let said = String::from_utf8_lossy(&[finished.stdout, finished.stderr].concat()).into_owned();
    let version = said
        .to_lowercase()
        .split_once("version")
        .map(|(_, rest)| Version::parse(rest.trim_start_matches([':', ' '])));
    let version = version.ok_or_else(|| format!("{} says no version: {said}", path.display()))?;
    let own_flags = if is_debian(service, &path) {
        debian_flags(service)
    } else {
        Vec::new()
    };
    Ok(Program {
        path,
        version,
        is_ours,
        own_flags,
    })
}

fn debian(service: &Service) -> PathBuf {
    Path::new("/usr/bin").join(format!("prometheus-{}", service.name))
}

fn is_debian(service: &Service, path: &Path) -> bool {
    path == debian(service)
}

/// Debian changes the default of the snapshot file, so that without a flag all servers would share one.
fn debian_flags(service: &Service) -> Vec<String> {
    if service.name == "pushgateway" {
        vec!["--persistence.file=".to_owned()]
    } else {
        Vec::new()
    }
}
