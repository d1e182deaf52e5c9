//! Modules that stand on a certificate, and the crate release whose bytes they are. A newer release of the crate carries
//! other bytes, whatever its module says about itself.

/// A module on a certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Certified {
    /// The module's name for itself.
    pub version: &'static str,
    /// The certificate of its static form.
    pub certificate: &'static str,
    /// The release of aws-lc-fips-sys that holds its bytes; symbols carry this version.
    pub crate_version: &'static str,
}

/// Every module a program of the kit may claim to be validated. Source: certificate #5314 of the Cryptographic Module
/// Validation Program; aws-lc-fips-sys 0.13.11 is the tag AWS-LC-FIPS-3.1.0.
pub const LIST: [Certified; 1] = [Certified {
    version: "AWS-LC FIPS 3.1.0",
    certificate: "#5314",
    crate_version: "0.13.11",
}];

/// Finds the module that calls itself `version`.
pub fn find(version: &str) -> Option<Certified> {
    LIST.into_iter().find(|module| module.version == version)
}
