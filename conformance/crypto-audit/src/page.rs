//! What the program prints: for people a page, for machines JSON. The file may be hostile, so its texts are escaped.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::evidence::Evidence;
use crate::family::Family;
use crate::mismatch::Mismatch;
use crate::provider::Provider;

/// How the findings are printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Form {
    /// For people.
    #[default]
    Page,
    /// For machines: one line of JSON.
    Json,
}

/// Writes the findings about a program.
pub fn write(form: Form, path: &str, evidence: &Evidence, mismatches: &[Mismatch]) -> String {
    match form {
        Form::Page => page(path, evidence, mismatches),
        Form::Json => format!("{}\n", value(path, evidence, mismatches)),
    }
}

/// The findings as JSON: `program`, `report` (as it stands in the file, `null` without one), `crates`,
/// `unlisted_code`, `families`, `libraries`, `crypto_libraries`, `marks`, `is_stripped`, `verdict` (`ok` or `mismatch`) and `mismatches`.
pub fn value(path: &str, evidence: &Evidence, mismatches: &[Mismatch]) -> Value {
    let crates = evidence.lists.first().into_iter().flatten();
    let families = evidence.families.iter().map(|(family, count)| {
        let found = json!({ "symbols": count.symbols, "versions": count.versions });
        (family.to_string(), found)
    });
    json!({
        "program": path,
        "report": evidence.claims.first().map(|claim| &claim.whole),
        "unlisted_code": evidence.unlisted_code().collect::<Vec<_>>(),
        "crates": crates.map(|each| json!({ "name": each.name, "version": each.version })).collect::<Vec<_>>(),
        "families": families.collect::<serde_json::Map<_, _>>(),
        "libraries": evidence.libraries,
        "crypto_libraries": evidence.crypto_libraries().collect::<Vec<_>>(),
        "marks": evidence.marks,
        "is_stripped": !evidence.has_symbols,
        "verdict": if mismatches.is_empty() { "ok" } else { "mismatch" },
        "mismatches": mismatches.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn page(path: &str, evidence: &Evidence, mismatches: &[Mismatch]) -> String {
    let mut page = String::new();
    let mut line = |label: &str, text: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "{label:<16}{}",
            text.escape_debug().to_string().replace("\\\"", "\"")
        );
    };
    line("program", path);
    for claim in &evidence.claims {
        let module = &claim.module;
        let certificate = module.certificate.as_deref().unwrap_or("none");
        let text = format!(
            "provider={} module=\"{}\" version=\"{}\" status={} certificate={certificate}",
            claim.provider, module.name, module.version, module.status
        );
        line("report", &text);
    }
    for list in &evidence.lists {
        let text = format!(
            "{} listed, code of {} seen",
            list.len(),
            evidence.code.len()
        );
        line("crates", &text);
        let unlisted: Vec<_> = evidence.unlisted_code().map(String::as_str).collect();
        line("not listed", &or_none(&unlisted));
    }
    let own = Provider::ALL
        .into_iter()
        .map(Family::Of)
        .chain([Family::Unprefixed]);
    let foreign = evidence
        .families
        .keys()
        .filter(|family| matches!(family, Family::Foreign(_)));
    for family in own.chain(foreign.cloned()) {
        line(&family.to_string(), &counted(evidence, &family));
    }
    let libraries: Vec<_> = evidence.crypto_libraries().map(String::as_str).collect();
    line("libraries", &or_none(&libraries));
    line(
        "marks",
        &or_none(&evidence.marks.iter().copied().collect::<Vec<_>>()),
    );
    if mismatches.is_empty() {
        line("verdict", "ok");
    }
    for mismatch in mismatches {
        line("verdict", &format!("MISMATCH: {mismatch}"));
    }
    page
}

fn or_none(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
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
