//! What this process says about its crypto: one log line at start, and the JSON report.
//!
//! The static half (provider, module, build) is written by `build.rs` and also stands in the program file as an ELF
//! note; the rest is found out here.

pub mod attestation;
mod environment;
pub mod tell;

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};

use crate::{
    linked::Crates,
    password, provider,
    self_test::{self, SelfTest},
    settings::Settings,
    sys,
    tls::{names, selection},
};

/// The static report, JSON.
pub(crate) const STATIC: &str = include_str!(concat!(env!("OUT_DIR"), "/static_report.json"));

/// The report of this process. See [`report`].
#[derive(Clone, Debug)]
pub struct Report {
    known: Value,
    settings: Settings,
    self_test: SelfTest,
}

/// Returns the report of this process, with what the start check found. Before [`crate::install`] it runs the module's
/// self-test; see [`Report::to_json`] for what costs more.
#[must_use]
pub fn report() -> Report {
    Report::new(Settings::current(), self_test::at_start_or_now())
}

/// Adds an algorithm that is not approved, but in use, to the report: `md5-identifier`.
pub fn declare_non_approved(name: &'static str) {
    lock(&NON_APPROVED).insert(name);
}

/// Adds an implementation outside the module to the report: `sha2 (applet sha256sum)`.
pub fn declare_other_crypto(name: &'static str) {
    lock(&OTHER_CRYPTO).insert(name);
}

type Names = BTreeSet<&'static str>;

static NON_APPROVED: Mutex<Names> = Mutex::new(BTreeSet::new());
static OTHER_CRYPTO: Mutex<Names> = Mutex::new(BTreeSet::new());

fn lock(names: &Mutex<Names>) -> MutexGuard<'_, Names> {
    names.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Report {
    pub(crate) fn new(settings: Settings, self_test: SelfTest) -> Self {
        let known = serde_json::from_str(sys::static_report())
            .expect("build.rs wrote JSON, and the section is whole");
        Self {
            known,
            settings,
            self_test,
        }
    }

    /// The provider: `ring`, `aws-lc`, `aws-lc-fips`.
    #[must_use]
    pub fn provider(&self) -> &'static str {
        provider().name()
    }

    /// The mode: `standard`, `fips`, `fips-strict`.
    #[must_use]
    pub fn mode(&self) -> &'static str {
        self.settings.mode().name()
    }

    /// The version of the module, such as `AWS-LC FIPS 3.1.0` or `0.17.14`.
    #[must_use]
    pub fn module_version(&self) -> &str {
        self.known["module"]["version"].as_str().unwrap_or_default()
    }

    /// `validated`, or `none` outside a fips build.
    #[must_use]
    pub fn module_status(&self) -> &str {
        self.known["module"]["status"].as_str().unwrap_or_default()
    }

    /// The number of the module's certificate, such as `#5314`.
    #[must_use]
    pub fn certificate(&self) -> Option<&str> {
        self.known["module"]["certificate"].as_str()
    }

    /// What the self-test found.
    #[must_use]
    pub fn self_test(&self) -> SelfTest {
        self.self_test
    }

    /// The fields of the line every program logs once at its start, in their order.
    #[must_use]
    pub fn log_fields(&self) -> [(&'static str, String); 5] {
        [
            ("provider", self.provider().to_owned()),
            ("mode", self.mode().to_owned()),
            ("module", self.module_version().to_owned()),
            (
                "certificate",
                self.certificate().unwrap_or("none").to_owned(),
            ),
            ("self_test", self.self_test.summary().to_owned()),
        ]
    }

    /// The fields as one line: `crypto provider=ring mode=standard module="0.17.14" certificate=none self_test=n/a`.
    #[must_use]
    pub fn log_line(&self) -> String {
        let [
            (_, provider),
            (_, mode),
            (_, module),
            (_, certificate),
            (_, self_test),
        ] = self.log_fields();
        format!(
            "crypto provider={provider} mode={mode} module={module:?} certificate={certificate} self_test={self_test}"
        )
    }

    /// The whole report as one line of JSON. In a fips build this probes the service indicator, which makes keys and
    /// takes a good part of a second.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.to_value().to_string()
    }

    fn to_value(&self) -> Value {
        let known = &self.known;
        json!({
            "provider": known["provider"],
            "provider_version": known["provider_version"],
            "mode": self.mode(),
            "module": known["module"],
            "environment": environment::describe(),
            "self_test": {
                "integrity": self.self_test.integrity,
                "kats": self.self_test.known_answers,
                "linked_crates": self.self_test.linked_crates,
                "service_indicator": self_test::service_indicator(),
            },
            "kernel_fips": environment::kernel_fips(),
            "entropy": known["entropy"],
            "tls": self.tls(),
            "non_approved_in_use": self.non_approved(),
            "other_crypto": other_crypto(),
            "build": known["build"],
        })
    }

    /// What a configuration without lists offers.
    fn tls(&self) -> Value {
        let offer = selection::full_provider(&self.settings);
        let schemes = offer.signature_verification_algorithms.mapping.iter();
        json!({
            "versions": ["TLS1.2", "TLS1.3"],
            "suites": offer.cipher_suites.iter().map(|suite| names::suite_name(suite.suite())).collect::<Vec<_>>(),
            "groups": offer.kx_groups.iter().map(|group| names::group_name(group.name())).collect::<Vec<_>>(),
            "schemes": schemes.map(|(scheme, _)| names::scheme_name(*scheme)).collect::<Vec<_>>(),
            "ems_required": self.settings.mode().is_fips(),
        })
    }

    fn non_approved(&self) -> BTreeSet<&'static str> {
        let mut names = lock(&NON_APPROVED).clone();
        if password::bcrypt_was_used() {
            names.insert("bcrypt");
        }
        names
    }
}

/// What the program declared, and what it links of other cryptography.
fn other_crypto() -> BTreeSet<String> {
    let declared = lock(&OTHER_CRYPTO)
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    let linked = Crates::of_this_program().map(Crates::outside_the_provider);
    linked
        .unwrap_or_default()
        .into_iter()
        .chain::<BTreeSet<_>>(declared)
        .collect()
}

#[cfg(test)]
mod tests;
