//! The checks a broken or wrong module does not pass.
//!
//! A FIPS module also tests itself when it is loaded, and ends the process (SIGABRT) when its bytes are not its own.

#[cfg(feature = "fips")]
mod indicator;

use std::{collections::BTreeMap, sync::OnceLock};

use crate::{
    digest,
    linked::Crates,
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
    /// No crate is linked that may not stand beside the provider. `None` when the program embeds no list of its crates.
    pub linked_crates: Option<bool>,
}

impl SelfTest {
    /// `ok`, `failed`, or `n/a` without a module that tests itself; the word of the log line.
    #[must_use]
    pub fn summary(self) -> &'static str {
        if self.has_failed() {
            "failed"
        } else if self.integrity.is_none() && self.known_answers.is_none() {
            "n/a"
        } else {
            "ok"
        }
    }

    /// True when any test failed.
    #[must_use]
    pub fn has_failed(self) -> bool {
        [self.integrity, self.known_answers, self.linked_crates].contains(&Some(false))
    }
}

/// Runs every test now: those of the module, where it has them, and the comparison of the linked crates.
#[must_use]
pub fn run() -> SelfTest {
    let crates = Crates::of_this_program();
    let linked_crates = crates.map(|crates| crates.check(Mode::current()).is_ok());
    #[cfg(feature = "fips")]
    {
        use crate::sys::module;

        SelfTest {
            integrity: Some(module::is_intact()),
            known_answers: Some(module::known_answers_hold()),
            linked_crates,
        }
    }
    #[cfg(not(feature = "fips"))]
    SelfTest {
        linked_crates,
        ..SelfTest::default()
    }
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

/// Operations that the module has and does not count as approved services.
const NOT_APPROVED: [&str; 4] = [
    "md5",
    "p256k1_sign",
    "pbkdf2_short_password",
    "rsa1024_sign",
];

/// Whether the answers of [`service_indicator`], as JSON, are those of the module's security policy.
pub(crate) fn indicator_is_sound(probes: &serde_json::Value) -> bool {
    let mut answers = probes.as_object().into_iter().flatten();
    answers.all(|(name, approved)| *approved != NOT_APPROVED.contains(&name.as_str()))
}

/// What the start check found, so that a report does not repeat it; before that, the result of [`run`].
pub(crate) fn at_start_or_now() -> SelfTest {
    AT_START.get().copied().unwrap_or_else(run)
}

static AT_START: OnceLock<SelfTest> = OnceLock::new();

/// The checks of a starting program: the module is the one this build stands for, it works, and it is alone.
pub(crate) fn at_start(mode: Mode) -> Result<SelfTest, PolicyError> {
    if let Some(crates) = Crates::of_this_program() {
        crates.check(mode)?;
    }
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
        check_version(mode, &module::version(), &claimed_version())?;
    }
    if digest::hex(&digest::sha256(b"abc")) != ABC_SHA256 {
        return Err(broken("SHA-256 gives a wrong digest"));
    }
    let result = run();
    if result.has_failed() {
        return Err(broken(
            "its integrity test or its known-answer tests failed",
        ));
    }
    Ok(*AT_START.get_or_init(|| result))
}

/// The module must be one whose bytes are on a certificate, and the one that the program file claims.
#[cfg_attr(not(feature = "fips"), cfg(test))]
fn check_version(mode: Mode, version: &str, claimed: &str) -> Result<(), PolicyError> {
    let (what, why) = if !VALIDATED_VERSIONS.contains(&version) {
        let what = format!("module version {version:?}");
        (what, "its bytes are on no certificate")
    } else if version != claimed {
        let what = format!("module version {version:?} under the name {claimed:?}");
        (what, "the report in the program file is not true")
    } else {
        return Ok(());
    };
    Err(policy::refuse(
        mode,
        PolicyCode::ModuleVersion,
        what,
        why,
        "AWS-LC FIPS 3.1.0",
    ))
}

/// The version that the report in the program file gives the module.
#[cfg(feature = "fips")]
fn claimed_version() -> String {
    use crate::{report::Report, settings::Settings};

    let report = Report::new(Settings::current(), SelfTest::default());
    report.module_version().to_owned()
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
            linked_crates: None,
        };
        assert_eq!(failed.summary(), "failed");
    }

    #[test]
    fn a_module_that_is_on_no_certificate_is_refused() {
        #[track_caller]
        fn check(version: &str, claimed: &str, expected: &str) {
            let error = check_version(Mode::Fips, version, claimed).unwrap_err();
            let expected = format!("crypto policy POL-012 (fips): module version {expected}");
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
        let (validated, other) = ("AWS-LC FIPS 3.1.0", "AWS-LC FIPS 3.2.0");
        assert!(check_version(Mode::Fips, validated, validated).is_ok());
        check(other, other, r#""AWS-LC FIPS 3.2.0" is not allowed"#);
        check(other, validated, r#""AWS-LC FIPS 3.2.0" is not allowed"#);
        check(
            validated,
            other,
            r#""AWS-LC FIPS 3.1.0" under the name "AWS-LC FIPS 3.2.0" is not allowed"#,
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
        assert_eq!(refused, super::NOT_APPROVED);
        assert_eq!(probes.len(), 17);
    }
}
