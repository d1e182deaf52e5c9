//! The part of a service's crypto report that is shown. The service wrote it where `CRYPTO_REPORT` said.
//!
//! Source: crypto specification, report.

use std::{fs::File, io::Read, path::Path};

use serde::{Deserialize, Serialize};

/// What a service says about its crypto.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CryptoReport {
    /// `ring`, `aws-lc` or `fips`.
    pub provider: String,
    /// `standard`, `fips` or `fips-strict`.
    #[serde(default)]
    pub mode: String,
    /// The module.
    #[serde(default)]
    pub module: Module,
}

/// The cryptographic module.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Module {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// `validated`, `unvalidated`, `none` and so on.
    #[serde(default)]
    pub status: String,
    /// Its certificate, when it has one.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// Longest report that is read.
const BYTES_MAX: u64 = 256 << 10;

/// Reads a report; `None` when there is none yet, or when it is not one.
#[must_use]
pub fn read(path: &Path) -> Option<CryptoReport> {
    let mut text = Vec::new();
    File::open(path)
        .ok()?
        .take(BYTES_MAX)
        .read_to_end(&mut text)
        .ok()?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, report: Option<&CryptoReport>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.json");
        std::fs::write(&path, text).unwrap();
        assert_eq!(read(&path).as_ref(), report);
    }

    #[test]
    fn the_shown_part_is_taken_from_a_whole_report() {
        let module = Module {
            name: "AWS-LC FIPS".into(),
            version: "3.1.0".into(),
            status: "validated".into(),
            certificate: Some("#5314".into()),
        };
        let report = CryptoReport {
            provider: "fips".into(),
            mode: "fips".into(),
            module,
        };
        check(
            r##"{"provider":"fips","mode":"fips","module":{"name":"AWS-LC FIPS","version":"3.1.0",
            "status":"validated","certificate":"#5314","linkage":"static"},"tls":{"versions":["1.3"]}}"##,
            Some(&report),
        );
    }

    #[test]
    fn half_a_report_is_none() {
        check("{\"provider\":", None);
        check("", None);
        assert_eq!(read(Path::new("/nonexistent")), None);
    }
}
