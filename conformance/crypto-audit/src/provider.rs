//! The three crypto providers a program can be built with: by the feature that chooses them, and as reports name them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A crypto provider, named as the cargo feature that chooses it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// ring.
    Ring,
    /// AWS-LC, not validated.
    AwsLc,
    /// The validated AWS-LC module; reports call it `aws-lc-fips`.
    #[serde(rename = "aws-lc-fips")]
    Fips,
}

/// A name that is none of the three.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown provider {0:?} (must be one of: ring, aws-lc, fips)")]
pub struct UnknownProvider(String);

impl Provider {
    /// All providers.
    pub const ALL: [Self; 3] = [Self::Ring, Self::AwsLc, Self::Fips];
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ring => "ring",
            Self::AwsLc => "aws-lc",
            Self::Fips => "fips",
        })
    }
}

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|provider| provider.to_string() == name)
            .ok_or_else(|| UnknownProvider(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_is_read_back_from_its_name() {
        for provider in Provider::ALL {
            assert_eq!(provider.to_string().parse(), Ok(provider));
        }
    }

    #[test]
    fn other_names_are_refused_with_the_choices() {
        let refused = "openssl".parse::<Provider>().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "unknown provider \"openssl\" (must be one of: ring, aws-lc, fips)"
        );
    }
}
