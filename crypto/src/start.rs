//! What every program does once, before any socket: prove the module, make its provider the default of rustls, and
//! say which one it is.

use std::{io, path::PathBuf};

use crate::{
    linked::Crates,
    policy::PolicyError,
    provider::{self, provider},
    report::{Report, report},
    self_test,
    settings::{ReportTarget, Settings},
};

/// Why a program must not start. Its exit code is [`StartError::EXIT_CODE`].
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A variable holds a value that means nothing.
    #[error("{name}: {value:?} is not one of {allowed}")]
    Setting {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it may hold.
        allowed: String,
    },
    /// The module failed its tests or is not the one this build stands for, or the program links what may not stand
    /// beside it (POL-011, POL-012, POL-013).
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// `CRYPTO_REQUIRE_FIPS=1`, and this is no fips build.
    #[error(
        "CRYPTO_REQUIRE_FIPS=1, but this program is built with provider {0}; run the fips build"
    )]
    NotFips(&'static str),
    /// The process was started twice with different settings, or another provider was installed first.
    #[error("another crypto provider or other settings were installed in this process before")]
    AlreadyInstalled,
    /// The report could not be written where `CRYPTO_REPORT` says.
    #[error("write crypto report {}", .path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
}

impl StartError {
    /// The exit code of a program that must not start (`EX_CONFIG`).
    pub const EXIT_CODE: u8 = 78;
}

/// Proves the module and that it is alone in the program, installs the provider as the default of rustls and returns the
/// report. What every program calls once, before any socket, with `crypto::linked_crates!()`.
///
/// A FIPS module with damaged code does not get here: it ends the process (SIGABRT) before `main`.
///
/// # Errors
/// [`StartError`], each of which must end the program with [`StartError::EXIT_CODE`].
pub fn start(settings: &Settings, crates: Crates) -> Result<Report, StartError> {
    if !crates.set() {
        return Err(StartError::AlreadyInstalled);
    }
    install(settings)
}

/// Does what [`start`] does for a program that embeds no list of its crates: tests, examples. A second call with the same
/// settings is harmless.
///
/// # Errors
/// [`StartError`], each of which must end the program with [`StartError::EXIT_CODE`].
pub fn install(settings: &Settings) -> Result<Report, StartError> {
    if settings.require_fips && !cfg!(feature = "fips") {
        return Err(StartError::NotFips(provider().name()));
    }
    if !settings.set_current() {
        return Err(StartError::AlreadyInstalled);
    }
    let self_test = self_test::at_start(settings.mode())?;
    provider::install_as_default(settings)?;
    let report = Report::new(settings.clone(), self_test);
    deliver(&report, &settings.report)?;
    Ok(report)
}

/// Writes the report again where `CRYPTO_REPORT` says, for programs whose configuration adds to it (bcrypt users).
///
/// # Errors
/// [`StartError::Report`] when it cannot be written.
pub fn deliver_report() -> Result<(), StartError> {
    deliver(&report(), &Settings::current().report)
}

fn deliver(report: &Report, target: &ReportTarget) -> Result<(), StartError> {
    match target {
        ReportTarget::None => Ok(()),
        ReportTarget::Stderr => {
            write_line(&mut io::stderr(), report).map_err(|source| StartError::Report {
                path: "/dev/stderr".into(),
                source,
            })
        }
        ReportTarget::File(path) => std::fs::File::create(path)
            .and_then(|mut file| write_line(&mut file, report))
            .map_err(|source| StartError::Report {
                path: path.clone(),
                source,
            }),
    }
}

fn write_line(out: &mut dyn io::Write, report: &Report) -> io::Result<()> {
    writeln!(out, "{}", report.to_json())
}

#[cfg(test)]
mod tests {
    use super::deliver;
    use crate::{report::report, settings::ReportTarget};

    #[test]
    fn the_report_is_written_where_the_setting_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        std::fs::write(&path, "an older and much longer report ".repeat(1000)).unwrap();
        deliver(&report(), &ReportTarget::File(path.clone())).unwrap();
        let written: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(written["provider"], crate::provider().name());
    }

    #[test]
    fn a_report_that_cannot_be_written_is_an_error() {
        let path = std::path::PathBuf::from("/nonexistent/report.json");
        let error = deliver(&report(), &ReportTarget::File(path)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "write crypto report /nonexistent/report.json"
        );
    }
}
