//! The judgement: the file must hold exactly what it claims, and what was expected of it.

use crate::certified;
use crate::claim::Claim;
use crate::crates;
use crate::evidence::Evidence;
use crate::family::Family;
use crate::mismatch::Mismatch;
use crate::provider::Provider;

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
        .crypto_libraries()
        .cloned()
        .map(Mismatch::Library)
        .collect();
    if evidence.broken_notes > 0 {
        found.push(Mismatch::BrokenNotes(evidence.broken_notes));
    }
    let claim = match evidence.claims.as_slice() {
        [claim] => Some(claim),
        [] => {
            found.push(Mismatch::NoReport);
            None
        }
        several => {
            found.push(Mismatch::SeveralReports(several.len()));
            None
        }
    };
    if let Some(claim) = claim {
        judge_claim(evidence, claim, expected, &mut found);
        judge_crates(evidence, claim, &mut found);
    }
    let provider = expected.or_else(|| claim.map(|claim| claim.provider));
    judge_foreign(evidence, provider, &mut found);
    match (evidence.has_symbols, symbols, provider) {
        (false, Symbols::Needed, _) => found.push(Mismatch::NoSymbols),
        (true, _, Some(provider)) => judge_own(evidence, provider, claim, &mut found),
        _ => {}
    }
    found
}

/// The report against what was expected, against itself, and against the bytes.
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
    let features = &claim.build.features;
    if *features != [claim.provider.to_string()] {
        found.push(Mismatch::Features {
            provider: claim.provider,
            features: features.clone(),
        });
    }
    let module = &claim.module;
    let certificate = certified::find(&module.version).map(|known| known.certificate);
    let is_validated = module.status == "validated";
    if (is_validated || module.certificate.is_some())
        && module
            .certificate
            .as_deref()
            .is_none_or(|claimed| certificate != Some(claimed))
    {
        found.push(Mismatch::Certificate {
            version: module.version.clone(),
            certificate: module.certificate.clone(),
        });
    }
}

/// The list of linked crates against the rules of its provider, against the report, and against the code that is there.
fn judge_crates(evidence: &Evidence, claim: &Claim, found: &mut Vec<Mismatch>) {
    let list = match evidence.lists.as_slice() {
        [list] => list,
        [] => return found.push(Mismatch::NoList),
        several => return found.push(Mismatch::SeveralLists(several.len())),
    };
    let provider = claim.provider;
    let rules = crates::rules_of(provider);
    let forbidden = list
        .iter()
        .filter(|each| crates::is_forbidden(rules, &each.name));
    found.extend(forbidden.map(|each| Mismatch::ForbiddenCrate {
        name: each.name.clone(),
        version: each.version.clone(),
        provider,
    }));
    for name in rules.required {
        match list.iter().find(|each| each.name == *name) {
            None => found.push(Mismatch::MissingCrate(name)),
            // The last one required holds the module.
            Some(each)
                if rules.required.last() == Some(name)
                    && each.version != version_of_crate(claim) =>
            {
                found.push(Mismatch::ListedVersion {
                    name,
                    listed: each.version.clone(),
                    claimed: version_of_crate(claim).to_owned(),
                });
            }
            Some(_) => {}
        }
    }
    let hidden = evidence
        .unlisted_code()
        .filter(|code| crates::is_cryptography(code));
    found.extend(hidden.cloned().map(Mismatch::UnlistedCode));
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

/// Symbols that every program with `provider` has, in the one version its report's module has.
fn judge_own(
    evidence: &Evidence,
    provider: Provider,
    claim: Option<&Claim>,
    found: &mut Vec<Mismatch>,
) {
    let Some(count) = evidence.families.get(&Family::Of(provider)) else {
        found.push(Mismatch::Missing(provider));
        return;
    };
    if let Some(claim) = claim.filter(|claim| claim.provider == provider) {
        let claimed = version_of_crate(claim);
        let versions: Vec<_> = count.versions.iter().cloned().collect();
        if versions != [claimed] {
            found.push(Mismatch::Version {
                claimed: claimed.to_owned(),
                found: versions,
            });
        }
    }
    if provider == Provider::Fips && !evidence.defines_fips_version {
        found.push(Mismatch::NoFipsVersion);
    }
}

/// The version of the crate that holds the claimed module; its symbols carry the same.
fn version_of_crate(claim: &Claim) -> &str {
    let version = claim.module.version.as_str();
    certified::find(version).map_or(version, |module| module.crate_version)
}

#[cfg(test)]
mod tests;
