//! The three crypto providers, named as the cargo features that choose them.

use std::fmt;

/// A crypto provider: the cargo feature that chooses it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Provider {
    /// ring.
    Ring,
    /// AWS-LC, not validated.
    AwsLc,
    /// The validated AWS-LC module.
    Fips,
}

impl Provider {
    /// All providers.
    pub const ALL: [Self; 3] = [Self::Ring, Self::AwsLc, Self::Fips];

    /// The name of the cargo feature.
    pub fn feature(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::AwsLc => "aws-lc",
            Self::Fips => "fips",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.feature())
    }
}
