//! The static report: what a program says about its own crypto. `crypto` writes it as JSON into an ELF note of the owner
//! `casemate`, in the section `.note.casemate.crypto`, which survives strip.

use serde::Deserialize;
use serde_json::Value;

use crate::provider::Provider;

/// What the report says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Claim {
    /// The provider it was built with.
    pub provider: Provider,
    /// The module of that provider.
    pub module: Module,
    /// How it was built.
    pub build: Build,
    /// All of it.
    #[serde(skip)]
    pub whole: Value,
}

/// The build part of the report.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Build {
    /// The cargo features that chose the provider.
    pub features: Vec<String>,
}

/// The module part of the report.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Its version: that of the crate, or the module's own name for it, `AWS-LC FIPS 3.1.0`.
    pub version: String,
    /// `validated`, `update-of-validated`, `in-process`, `unvalidated` or `none`.
    pub status: String,
    /// The certificate, as `#5314`; absent without one.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// Reads a report.
///
/// # Errors
/// When the text is not the JSON of one.
pub fn read(text: &[u8]) -> Result<Claim, serde_json::Error> {
    let whole: Value = serde_json::from_slice(text)?;
    let claim = Claim::deserialize(&whole)?;
    Ok(Claim { whole, ..claim })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_and_kept_whole() {
        let text = r##"{"format":1,"provider":"aws-lc-fips","module":{"name":"AWS-LC 3 Cryptographic Module",
            "version":"AWS-LC FIPS 3.1.0","status":"validated","certificate":"#5314"},"build":{"features":["fips"]}}"##;
        let claim = read(text.as_bytes()).unwrap();
        assert_eq!(claim.provider, Provider::Fips);
        assert_eq!(claim.module.certificate.as_deref(), Some("#5314"));
        assert_eq!(claim.whole["format"], 1);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "{}", "[]", r#"{"provider":"openssl"}"#, "\u{0}"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
