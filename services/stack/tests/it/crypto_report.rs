//! `stack crypto-report`: what it prints, and how it ends.

use crate::workbench::{Workbench, told};

/// Whether these tests run with the validated module.
const IS_FIPS: bool = cfg!(feature = "fips");

#[test]
fn the_report_is_told_to_people_and_to_machines() {
    let bench = Workbench::new();
    let (code, text, err) = told(&bench.run(&["crypto-report"]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let provider = crypto::provider().name();
    let line = text.lines().find(|line| line.starts_with("provider "));
    assert_eq!(
        line.unwrap().split_whitespace().nth(1),
        Some(provider),
        "{text}"
    );
    let (code, json, err) = told(&bench.run(&["crypto-report", "--json"]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["provider"], provider);
    assert_eq!(report["self_test"]["linked_crates"], true);
}

#[test]
fn a_build_that_is_not_fips_ends_with_1_when_fips_is_required() {
    let bench = Workbench::new();
    let expected = Some(if IS_FIPS { 0 } else { 1 });
    let (code, text, _) = told(&bench.run(&["crypto-report", "--require-fips"]));
    assert_eq!(code, expected);
    assert!(
        text.contains("module.status"),
        "the report is told all the same: {text}"
    );
    let mut command = bench.command(&["crypto-report"]);
    command.env("CRYPTO_REQUIRE_FIPS", "1");
    assert_eq!(told(&command.output().unwrap()).0, expected);
}

#[test]
fn a_variable_that_means_nothing_ends_with_78() {
    let bench = Workbench::new();
    let mut command = bench.command(&["crypto-report"]);
    command.env("CRYPTO_FIPS_POLICY", "strcit");
    let (code, out, err) = told(&command.output().unwrap());
    assert_eq!((code, out.as_str()), (Some(78), ""));
    assert!(
        err.contains("CRYPTO_FIPS_POLICY: \"strcit\" is not one of"),
        "{err}"
    );
}
