//! Go's own answers, recorded by `testdata/go_verify`: the same chains must have the same outcome in the same words.

mod limbo;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::path::{Search, Usage};
use crate::{pki::certificate::Certificate, provider::verify::SUPPORTED, settings::Mode};

/// Go does not take SAN-less hosts like `""`: it checks no name then, and neither do we.
fn host(case: &Value) -> Option<&str> {
    case["host"].as_str().filter(|host| !host.is_empty())
}

fn pick(certificates: &[Certificate], indices: &Value) -> Vec<Certificate> {
    let certificates: Vec<_> = certificates.iter().cloned().map(Some).collect();
    pick_some(&certificates, indices)
}

/// The certificates at these places, without those that do not parse, as in a trust store.
fn pick_some(certificates: &[Option<Certificate>], indices: &Value) -> Vec<Certificate> {
    let indices = indices.as_array().unwrap().iter();
    indices
        .filter_map(|index| certificates[usize::try_from(index.as_u64().unwrap()).unwrap()].clone())
        .collect()
}

fn our_answer(certificates: &[Certificate], case: &Value) -> String {
    let leaf = &certificates[usize::try_from(case["leaf"].as_u64().unwrap()).unwrap()];
    let roots = pick(certificates, &case["roots"]);
    let intermediates = pick(certificates, &case["intermediates"]);
    our_answer_to(leaf, &roots, &intermediates, case)
}

fn our_answer_to(
    leaf: &Certificate,
    roots: &[Certificate],
    intermediates: &[Certificate],
    case: &Value,
) -> String {
    let search = Search {
        roots,
        intermediates,
        now: case["now"].as_u64().unwrap(),
        usage: if case["client"].as_bool().unwrap() {
            Usage::ClientAuth
        } else {
            Usage::ServerAuth
        },
        algorithms: SUPPORTED,
        mode: Mode::Standard,
    };
    search
        .verify(leaf, host(case))
        .err()
        .map_or_else(String::new, |error| error.to_string())
}

#[test]
fn every_chain_has_the_outcome_and_the_words_it_has_in_go() {
    let recorded: Value =
        serde_json::from_str(include_str!("../../../testdata/go_verify/cases.json")).unwrap();
    let texts = recorded["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap());
    let certificates: Vec<_> = texts
        .map(|text| Certificate::parse(&STANDARD.decode(text).unwrap()).unwrap())
        .collect();
    let cases = recorded["cases"].as_array().unwrap();
    let differences: Vec<_> = cases
        .iter()
        .map(|case| {
            (
                case["name"].as_str().unwrap(),
                case["error"].as_str().unwrap(),
                our_answer(&certificates, case),
            )
        })
        .filter(|(_, go, ours)| go != ours)
        .map(|(name, go, ours)| format!("{name}\n  go:   {go}\n  ours: {ours}"))
        .collect();
    assert!(cases.len() > 400);
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences.join("\n")
    );
}
