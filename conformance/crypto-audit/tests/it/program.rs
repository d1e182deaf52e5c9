//! Runs the built program and looks at what it prints and how it exits.

use std::fs;
use std::process::{Command, Output};

use crate::elf;

const FIPS_SYMBOL: &str = "aws_lc_fips_0_13_11_awslc_version_string";
const FIPS_TEXT: &str = "FIPS module doesn't span expected symbol (%s).";

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crypto-audit"))
        .args(arguments)
        .output()
        .expect("the program is built beside its tests")
}

/// Audits `bytes` with `options` and compares the exit code; returns the page.
#[track_caller]
fn audit(bytes: &[u8], options: &[&str], code: i32) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("program");
    fs::write(&path, bytes).expect("room for a small file");
    let path = path.to_str().expect("a temporary path is UTF-8");
    let output = run(&[options, &[path]].concat());
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        output.status.code(),
        Some(code),
        "{page}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    page
}

#[test]
fn an_honest_fips_program_passes_and_its_page_says_what_it_carries() {
    let bytes = elf::file(&[FIPS_SYMBOL, "main"], &[FIPS_TEXT], Some("aws-lc-fips"));
    let page = audit(&bytes, &["--expect", "fips"], 0);
    assert!(page.contains("report          provider=fips module=\"m\" version=\"AWS-LC FIPS 3.1.0\" status=validated certificate=#5314\n"), "{page}");
    assert!(page.contains("ring            0 symbols\n"), "{page}");
    assert!(
        page.contains("fips            1 symbols, version 0.13.11\n"),
        "{page}"
    );
    assert!(page.ends_with("verdict         ok\n"), "{page}");
}

#[test]
fn an_honest_ring_program_passes_and_is_refused_as_fips() {
    let bytes = elf::file(&["ring_core_0_17_14__aes"], &[], Some("ring"));
    audit(&bytes, &["--expect", "ring"], 0);
    let page = audit(&bytes, &["--expect", "fips"], 1);
    assert!(
        page.contains("MISMATCH: expected fips, the report says ring"),
        "{page}"
    );
    assert!(page.contains("MISMATCH: no symbols of fips"), "{page}");
}

#[test]
fn a_report_that_claims_fips_over_the_bytes_of_ring_is_found_out() {
    let bytes = elf::file(&["ring_core_0_17_14__aes"], &[], Some("aws-lc-fips"));
    let page = audit(&bytes, &[], 1);
    assert!(
        page.contains("MISMATCH: the report claims the FIPS module, whose bytes are not there"),
        "{page}"
    );
    assert!(
        page.contains("MISMATCH: 1 symbols of another crypto library: ring"),
        "{page}"
    );
}

#[test]
fn a_second_stack_beside_the_module_is_found() {
    let bytes = elf::file(
        &[FIPS_SYMBOL, "EVP_sha256"],
        &[FIPS_TEXT],
        Some("aws-lc-fips"),
    );
    let page = audit(&bytes, &["--expect", "fips"], 1);
    assert!(
        page.contains("MISMATCH: 1 symbols of another crypto library: unprefixed"),
        "{page}"
    );
}

#[test]
fn a_program_without_a_report_is_refused() {
    let page = audit(
        &elf::file(&["ring_core_0_17_14__aes"], &[], None),
        &["--expect", "ring"],
        1,
    );
    assert!(page.contains("MISMATCH: no static report"), "{page}");
}

#[test]
fn a_stripped_program_is_judged_by_report_and_bytes_when_asked() {
    let bytes = elf::file(&[], &[FIPS_TEXT], Some("aws-lc-fips"));
    assert!(audit(&bytes, &["--expect", "fips"], 1).contains("no symbols to judge by"));
    assert!(audit(&bytes, &["--expect", "fips", "--stripped"], 0).contains("unknown (stripped)"));
}

#[test]
fn the_auditor_itself_carries_no_crypto() {
    let output = run(&[env!("CARGO_BIN_EXE_crypto-audit")]);
    let page = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    for family in ["ring", "aws-lc", "fips", "unprefixed"] {
        assert!(page.contains(&format!("{family:<16}0 symbols\n")), "{page}");
    }
}

#[test]
fn what_is_no_elf_file_is_refused_with_a_reason() {
    let output = run(&[concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not a readable ELF file"));
}

#[test]
fn wrong_usage_exits_with_two() {
    for words in [&[][..], &["--expect", "openssl", "a"], &["--no"]] {
        let output = run(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("usage: crypto-audit"));
    }
}

#[test]
fn help_goes_to_standard_output() {
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("usage: crypto-audit"));
}

#[test]
fn two_reports_in_two_places_are_found_out() {
    let reports = [elf::report("ring"), elf::report("aws-lc-fips")];
    let notes = reports.iter().map(|report| (1, report.as_str()));
    let bytes = elf::file_with_notes(
        &["ring_core_0_17_14__aes"],
        &[],
        notes.chain([(2, "ring 0.17.14\n")]),
    );
    let page = audit(&bytes, &[], 1);
    assert!(
        page.contains("MISMATCH: 2 static reports that differ"),
        "{page}"
    );
}

#[test]
fn code_of_a_crate_that_the_list_hides_is_found() {
    let hidden = "_ZN4sha28Sha256Vt6update17h0123456789abcdefE";
    let bytes = elf::file(&[FIPS_SYMBOL, hidden], &[FIPS_TEXT], Some("aws-lc-fips"));
    let page = audit(&bytes, &["--expect", "fips"], 1);
    let expected = "MISMATCH: code of sha2, which the list of linked crates does not name";
    assert!(page.contains(expected), "{page}");
}

#[test]
fn a_report_cannot_write_to_the_terminal() {
    let report = elf::report("ring").replace("\"m\"", "\"\\u001b[2J\\nverdict ok\"");
    let bytes = elf::file_with_notes(&[], &[], [(1, report.as_str())]);
    let page = audit(&bytes, &[], 1);
    assert!(
        !page.contains('\u{1b}') && !page.contains("\nverdict ok"),
        "{page}"
    );
}

#[test]
fn json_says_the_same_as_the_page() {
    let bytes = elf::file(&[FIPS_SYMBOL, "main"], &[FIPS_TEXT], Some("aws-lc-fips"));
    let json = audit(&bytes, &["--json", "--expect", "ring"], 1);
    let found: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(found["report"]["provider"], "aws-lc-fips");
    assert_eq!(found["crates"][0]["name"], "aws-lc-fips-sys");
    assert_eq!(found["families"]["fips"]["versions"][0], "0.13.11");
    assert_eq!(found["verdict"], "mismatch");
    assert_eq!(
        found["mismatches"][0],
        "expected ring, the report says fips"
    );
}
