//! The testcases of x509-limbo with Go's answers to them, recorded by `testdata/limbo`: ours must be Go's, which is not
//! always limbo's. Where it is not, the list below says why.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{our_answer_to, pick_some};
use crate::pki::certificate::Certificate;

/// Testcases whose verdict is not Go's, each with the reason.
const DEVIATIONS: &[(&str, &str)] = &[
    (
        "pathological::nc-dos-1",
        "Go gave up its limit on comparisons when they became cheap there; limbo wants a refusal, as we do",
    ),
    ("pathological::nc-dos-2", "as nc-dos-1"),
    (
        "rfc5280::validity::notafter-fractional",
        "the clock rustls gives a verifier counts whole seconds",
    ),
    (
        "webpki::forbidden-weak-rsa-key-in-root",
        "POL-003: RSA below 2048 bits, wherever it stands",
    ),
    ("webpki::forbidden-weak-rsa-in-leaf", "as the root's"),
];

/// Words for what does not parse at all; Go has one text per field.
const UNREADABLE: &str = "x509: malformed certificate";

#[test]
fn every_testcase_of_limbo_has_the_verdict_it_has_in_go() {
    let recorded: Value =
        serde_json::from_str(include_str!("../../../../testdata/limbo/cases.json")).unwrap();
    let certificates: Vec<_> = recorded["certificates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| Certificate::parse(&STANDARD.decode(text.as_str().unwrap()).unwrap()).ok())
        .collect();
    let cases = recorded["cases"].as_array().unwrap();
    let (mut differences, mut same_words) = (Vec::new(), 0);
    for case in cases {
        let (name, go) = (
            case["name"].as_str().unwrap(),
            case["error"].as_str().unwrap(),
        );
        let leaf = &certificates[usize::try_from(case["leaf"].as_u64().unwrap()).unwrap()];
        let ours = leaf.as_ref().map_or_else(
            || UNREADABLE.to_owned(),
            |leaf| {
                let roots = pick_some(&certificates, &case["roots"]);
                let intermediates = pick_some(&certificates, &case["intermediates"]);
                our_answer_to(leaf, &roots, &intermediates, case)
            },
        );
        same_words += usize::from(ours == go);
        let is_known = DEVIATIONS.iter().any(|(known, _)| *known == name);
        if (ours.is_empty() != go.is_empty()) != is_known {
            differences.push(format!("{name}\n  go:   {go}\n  ours: {ours}"));
        }
    }
    let report = differences.join("\n");
    assert!(
        differences.is_empty(),
        "{} differences\n{report}",
        differences.len()
    );
    assert!(cases.len() > 190);
    eprintln!(
        "limbo: {} cases, {same_words} of them in Go's words",
        cases.len()
    );
}
