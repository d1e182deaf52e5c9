//! The checks a broken or wrong module does not pass.
//!
//! A FIPS module also tests itself when it is loaded, and ends the process (SIGABRT) when its bytes are not its own.

#[cfg(feature = "fips")]
mod indicator;

use std::{collections::BTreeMap, sync::OnceLock};

use crate::{
    digest,
    policy::{self, PolicyCode, PolicyError},
    settings::Mode,
};

/// What the tests found. `None` where this build has no such test.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SelfTest {
    /// The module's bytes are the ones that were built.
    pub integrity: Option<bool>,
    /// Known inputs give the known outputs.
    pub known_answers: Option<bool>,
}

impl SelfTest {
    /// `ok`, `failed`, or `n/a` without a module that tests itself; the word of the log line.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match (self.integrity, self.known_answers) {
            (None, None) => "n/a",
            (Some(false), _) | (_, Some(false)) => "failed",
            _ => "ok",
        }
    }
}

/// Runs the module's own tests now.
#[cfg(feature = "fips")]
#[must_use]
pub fn run() -> SelfTest {
    use crate::sys::module;

    SelfTest {
        integrity: Some(module::is_intact()),
        known_answers: Some(module::known_answers_hold()),
    }
}

/// This build has no module that tests itself.
#[cfg(not(feature = "fips"))]
#[must_use]
pub fn run() -> SelfTest {
    SelfTest::default()
}

/// Says which operations the module counts as approved services, by name. Empty without a FIPS module. Makes keys, so
/// it takes a good part of a second.
#[must_use]
pub fn service_indicator() -> BTreeMap<&'static str, bool> {
    #[cfg(feature = "fips")]
    return indicator::probe();
    #[cfg(not(feature = "fips"))]
    BTreeMap::new()
}

/// What the start check found, so that a report does not repeat it; before that, the result of [`run`].
pub(crate) fn at_start_or_now() -> SelfTest {
    AT_START.get().copied().unwrap_or_else(run)
}

static AT_START: OnceLock<SelfTest> = OnceLock::new();

/// The checks of a starting program: the module is the one this build stands for, and it works.
pub(crate) fn at_start(mode: Mode) -> Result<SelfTest, PolicyError> {
    let broken = |why| {
        policy::refuse(
            mode,
            PolicyCode::SelfTest,
            "this crypto module",
            why,
            "an undamaged program",
        )
    };
    #[cfg(feature = "fips")]
    {
        use crate::sys::module;

        if !module::is_in_fips_mode() {
            return Err(broken("it does not run in FIPS mode"));
        }
        check_version(mode, &module::version())?;
    }
    if digest::hex(&digest::sha256(b"abc")) != ABC_SHA256 {
        return Err(broken("SHA-256 gives a wrong digest"));
    }
    let result = run();
    match result.summary() {
        "failed" => Err(broken(
            "its integrity test or its known-answer tests failed",
        )),
        _ => Ok(*AT_START.get_or_init(|| result)),
    }
}

/// The module must be one whose bytes are on a certificate.
#[cfg_attr(not(feature = "fips"), cfg(test))]
fn check_version(mode: Mode, version: &str) -> Result<(), PolicyError> {
    if VALIDATED_VERSIONS.contains(&version) {
        return Ok(());
    }
    let what = format!("module version {version:?}");
    let why = "its bytes are on no certificate";
    Err(policy::refuse(
        mode,
        PolicyCode::ModuleVersion,
        what,
        why,
        "AWS-LC FIPS 3.1.0",
    ))
}

/// Modules whose bytes are on a certificate (#5314 static, #5298 shared).
#[cfg_attr(not(feature = "fips"), cfg(test))]
const VALIDATED_VERSIONS: &[&str] = &["AWS-LC FIPS 3.1.0"];

/// FIPS 180-4, example "abc".
const ABC_SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[cfg(test)]
mod tests {
    use super::{SelfTest, at_start, check_version};
    use crate::settings::Mode;

    #[test]
    fn the_linked_module_passes() {
        let mode = if cfg!(feature = "fips") {
            Mode::Fips
        } else {
            Mode::Standard
        };
        let result = at_start(mode).unwrap();
        assert_eq!(
            result.summary(),
            if cfg!(feature = "fips") { "ok" } else { "n/a" }
        );
    }

    #[test]
    fn one_failed_test_is_a_failure() {
        let failed = SelfTest {
            integrity: Some(true),
            known_answers: Some(false),
        };
        assert_eq!(failed.summary(), "failed");
    }

    #[test]
    fn a_module_that_is_on_no_certificate_is_refused() {
        assert!(check_version(Mode::Fips, "AWS-LC FIPS 3.1.0").is_ok());
        let error = check_version(Mode::Fips, "AWS-LC FIPS 3.2.0")
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("crypto policy POL-012 (fips): module version \"AWS-LC FIPS 3.2.0\""),
            "{error}"
        );
    }

    #[cfg(feature = "fips")]
    #[test]
    fn the_service_indicator_tells_approved_from_other_operations() {
        let probes = super::service_indicator();
        let refused: Vec<_> = probes
            .iter()
            .filter(|(_, approved)| !**approved)
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(
            refused,
            [
                "md5",
                "p256k1_sign",
                "pbkdf2_short_password",
                "rsa1024_sign"
            ]
        );
        assert_eq!(probes.len(), 17);
    }
}
