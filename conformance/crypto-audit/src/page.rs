//! The page the program prints: what is claimed, what was counted, the verdict.

use std::fmt::Write;

use crate::evidence::Evidence;
use crate::family::Family;
use crate::mismatch::Mismatch;
use crate::provider::Provider;

/// Writes the findings about a program as text for people.
pub fn write(path: &str, evidence: &Evidence, mismatches: &[Mismatch]) -> String {
    let mut page = format!("program     {path}\n");
    let mut line = |label: &str, text: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "{label:<12}{text}");
    };
    for claim in evidence.claims.iter().flatten() {
        let module = &claim.module;
        let certificate = module.certificate.as_deref().unwrap_or("none");
        let text = format!(
            "provider={} module=\"{}\" version=\"{}\" status={} certificate={certificate}",
            claim.provider, module.name, module.version, module.status
        );
        line("report", &text);
    }
    let families = Provider::ALL
        .into_iter()
        .map(Family::Of)
        .chain([Family::Unprefixed]);
    for family in families {
        line(&family.to_string(), &counted(evidence, &family));
    }
    match mismatches {
        [] => line("verdict", "ok"),
        _ => mismatches
            .iter()
            .for_each(|mismatch| line("verdict", &format!("MISMATCH: {mismatch}"))),
    }
    page
}

fn counted(evidence: &Evidence, family: &Family) -> String {
    match evidence.families.get(family) {
        None if !evidence.has_symbols => "unknown (stripped)".to_owned(),
        None => "0 symbols".to_owned(),
        Some(count) if count.versions.is_empty() => format!("{} symbols", count.symbols),
        Some(count) => {
            let versions: Vec<_> = count.versions.iter().map(String::as_str).collect();
            format!(
                "{} symbols, version {}",
                count.symbols,
                versions.join(" and ")
            )
        }
    }
}
