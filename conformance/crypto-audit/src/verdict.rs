//! The judgement: the file must hold exactly what it claims, and what was expected of it.

use std::fmt;

use crate::claim::Claim;
use crate::evidence::Evidence;
use crate::family::Family;
use crate::provider::Provider;

/// One reason why a program is not what it should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Mismatch {
    /// The program carries no readable report; holds why.
    NoReport(String),
    /// It carries several reports that differ.
    SeveralReports(usize),
    /// The report names another provider than expected.
    Provider {
        /// What was asked for.
        expected: Provider,
        /// What the report says.
        claimed: Provider,
    },
    /// Nothing can be said about symbols, and that was not allowed for.
    NoSymbols,
    /// Symbols of a crypto library that has no business here.
    Foreign {
        /// Whose.
        family: Family,
        /// How many.
        symbols: usize,
    },
    /// No symbol of the claimed provider.
    Missing(Provider),
    /// The provider is linked twice, in different versions.
    Versions(Vec<String>),
    /// The FIPS module's version function is not defined as code.
    NoFipsVersion,
    /// The report claims the FIPS module but its bytes are not there.
    NoFipsModule,
    /// The bytes of the FIPS module are there although the report does not claim it.
    UnclaimedFipsModule,
    /// The report claims a validated module but names no certificate.
    NoCertificate,
    /// A shared library of another crypto stack.
    Library(String),
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoReport(why) => write!(f, "no static report: {why}"),
            Self::SeveralReports(count) => write!(f, "{count} static reports that differ"),
            Self::Provider { expected, claimed } => {
                write!(f, "expected {expected}, the report says {claimed}")
            }
            Self::NoSymbols => write!(
                f,
                "no symbols to judge by: audit before strip, or pass --stripped"
            ),
            Self::Foreign {
                family: Family::Unprefixed,
                symbols,
            } => {
                write!(
                    f,
                    "{symbols} unprefixed symbols of a second crypto stack (SSL_CTX_*, EVP_*)"
                )
            }
            Self::Foreign {
                family: Family::Of(provider),
                symbols,
            } => write!(f, "{symbols} symbols of {provider}"),
            Self::Missing(provider) => write!(f, "no symbols of {provider}"),
            Self::Versions(versions) => write!(
                f,
                "one provider in several versions: {}",
                versions.join(", ")
            ),
            Self::NoFipsVersion => write!(
                f,
                "aws_lc_fips_*_awslc_version_string is not defined as code"
            ),
            Self::NoFipsModule => write!(
                f,
                "the report claims the FIPS module, whose bytes are not there"
            ),
            Self::UnclaimedFipsModule => write!(
                f,
                "the bytes of the FIPS module are there, and the report does not claim it"
            ),
            Self::NoCertificate => write!(f, "the report says validated and names no certificate"),
            Self::Library(name) => write!(f, "wants the shared library {name}"),
        }
    }
}

/// Whether a program without symbols may pass on its report and bytes alone.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Symbols {
    /// Gate 3: symbols are needed.
    #[default]
    Needed,
    /// For programs as they are shipped.
    MayBeStripped,
}

/// Compares what a program holds with what it claims and with `expected`. An empty list is a pass.
pub fn judge(evidence: &Evidence, expected: Option<Provider>, symbols: Symbols) -> Vec<Mismatch> {
    let mut found: Vec<_> = evidence
        .foreign_libraries
        .iter()
        .cloned()
        .map(Mismatch::Library)
        .collect();
    let claim = match evidence.claims.as_deref() {
        Ok([claim]) => Some(claim),
        Ok(several) => {
            found.push(Mismatch::SeveralReports(several.len()));
            None
        }
        Err(error) => {
            found.push(Mismatch::NoReport(error.to_string()));
            None
        }
    };
    if let Some(claim) = claim {
        judge_claim(evidence, claim, expected, &mut found);
    }
    let provider = expected.or_else(|| claim.map(|claim| claim.provider));
    judge_foreign(evidence, provider, &mut found);
    match (evidence.has_symbols, symbols, provider) {
        (false, Symbols::Needed, _) => found.push(Mismatch::NoSymbols),
        (true, _, Some(provider)) => judge_own(evidence, provider, &mut found),
        _ => {}
    }
    found
}

fn judge_claim(
    evidence: &Evidence,
    claim: &Claim,
    expected: Option<Provider>,
    found: &mut Vec<Mismatch>,
) {
    if let Some(expected) = expected.filter(|expected| *expected != claim.provider) {
        found.push(Mismatch::Provider {
            expected,
            claimed: claim.provider,
        });
    }
    match (claim.provider == Provider::Fips, evidence.has_fips_mark) {
        (true, false) => found.push(Mismatch::NoFipsModule),
        (false, true) => found.push(Mismatch::UnclaimedFipsModule),
        _ => {}
    }
    if claim.module.status == "validated" && claim.module.certificate.is_none() {
        found.push(Mismatch::NoCertificate);
    }
}

/// Symbols that no program with `provider` has. Names for shared libraries survive strip, so this is asked of every file.
fn judge_foreign(evidence: &Evidence, provider: Option<Provider>, found: &mut Vec<Mismatch>) {
    let own = provider.map(Family::Of);
    let foreign = evidence
        .families
        .iter()
        .filter(|(family, _)| own.as_ref() != Some(*family));
    found.extend(foreign.map(|(family, count)| Mismatch::Foreign {
        family: family.clone(),
        symbols: count.symbols,
    }));
}

/// Symbols that every program with `provider` has.
fn judge_own(evidence: &Evidence, provider: Provider, found: &mut Vec<Mismatch>) {
    match evidence.families.get(&Family::Of(provider)) {
        None => found.push(Mismatch::Missing(provider)),
        Some(count) if count.versions.len() > 1 => {
            found.push(Mismatch::Versions(count.versions.iter().cloned().collect()));
        }
        Some(_) => {}
    }
    if provider == Provider::Fips && !evidence.defines_fips_version {
        found.push(Mismatch::NoFipsVersion);
    }
}

#[cfg(test)]
mod tests;
