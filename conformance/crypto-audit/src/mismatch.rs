//! Every way in which a program can be something else than it should be.

use crate::family::Family;
use crate::provider::Provider;

/// One reason why a program does not pass.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Mismatch {
    /// The program carries no readable report; holds why.
    #[error("no static report: {0}")]
    NoReport(String),
    /// It carries several reports that differ.
    #[error("{0} static reports that differ")]
    SeveralReports(usize),
    /// The report names another provider than expected.
    #[error("expected {expected}, the report says {claimed}")]
    Provider {
        /// What was asked for.
        expected: Provider,
        /// What the report says.
        claimed: Provider,
    },
    /// The report names one provider and was built with the features of another.
    #[error("the report says {provider}, and was built with the features {features:?}")]
    Features {
        /// What the report says.
        provider: Provider,
        /// How it was built.
        features: Vec<String>,
    },
    /// The report claims a certificate that is not known for its module.
    #[error("the report claims {version:?} with certificate {certificate:?}, which is on no list")]
    Certificate {
        /// The module.
        version: String,
        /// Its certificate.
        certificate: Option<String>,
    },
    /// The report claims the FIPS module but its bytes are not there.
    #[error("the report claims the FIPS module, whose bytes are not there")]
    NoFipsModule,
    /// The bytes of the FIPS module are there although the report does not claim it.
    #[error("the bytes of the FIPS module are there, and the report does not claim it")]
    UnclaimedFipsModule,
    /// Nothing can be said about symbols, and that was not allowed for.
    #[error("no symbols to judge by: audit before strip, or pass --stripped")]
    NoSymbols,
    /// Symbols of a crypto library that has no business here.
    #[error("{symbols} symbols of another crypto library: {family}")]
    Foreign {
        /// Whose.
        family: Family,
        /// How many.
        symbols: usize,
    },
    /// No symbol of the claimed provider.
    #[error("no symbols of {0}")]
    Missing(Provider),
    /// The symbols carry other versions than the one claimed module has.
    #[error("symbols of version {}, the report's module has {claimed}", .found.join(" and "))]
    Version {
        /// The version the symbols of the claimed module carry.
        claimed: String,
        /// The versions they do carry.
        found: Vec<String>,
    },
    /// The FIPS module's version function is not defined as code.
    #[error("aws_lc_fips_*_awslc_version_string is not defined as code")]
    NoFipsVersion,
    /// A shared library of another crypto stack.
    #[error("wants the shared library {0}")]
    Library(String),
}
