//! Every way in which a program can be something else than it should be.

use crate::family::Family;
use crate::provider::Provider;

/// One reason why a program does not pass.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Mismatch {
    /// The program carries no report.
    #[error("no static report: it is no program of the kit")]
    NoReport,
    /// A note of the kit holds neither a report nor a list of crates.
    #[error("{0} notes of the kit that cannot be read")]
    BrokenNotes(usize),
    /// The program carries no list of the crates it links.
    #[error("no list of linked crates")]
    NoList,
    /// It carries several lists that differ.
    #[error("{0} lists of linked crates that differ")]
    SeveralLists(usize),
    /// It says itself that it links what may not stand beside its provider.
    #[error("links {name} {version}, which may not stand beside {provider}")]
    ForbiddenCrate {
        /// The crate.
        name: String,
        /// Its version.
        version: String,
        /// The provider.
        provider: Provider,
    },
    /// Its list lacks a crate that every program with its provider links.
    #[error("the list of linked crates lacks {0}")]
    MissingCrate(&'static str),
    /// There is code of a cryptographic crate that its list does not name.
    #[error("code of {0}, which the list of linked crates does not name")]
    UnlistedCode(String),
    /// The list has the provider's crate in another version than the report.
    #[error("the list of linked crates has {name} {listed}, the report's module has {claimed}")]
    ListedVersion {
        /// The crate that holds the module.
        name: &'static str,
        /// Its version in the list.
        listed: String,
        /// Its version by the report.
        claimed: String,
    },
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
