//! All cases against the program of this tree. The both-sides run, upstream first, is `make conformance`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use conformance_harness::normalize::Values;
use conformance_suite::run::{self, Sides};
use conformance_suite::{peers, services};

/// Cases at a time; they mostly wait.
const JOBS: usize = 4;

#[test]
fn there_are_at_least_300_cases_each_with_a_title_of_its_own() {
    let cases = run::cases(&services::PUSHGATEWAY, "").unwrap();
    assert!(cases.len() >= 300, "only {} cases", cases.len());
    let mut titles: Vec<_> = cases.iter().map(|case| (&case.file, &case.title)).collect();
    titles.sort();
    titles.dedup();
    assert_eq!(
        titles.len(),
        cases.len(),
        "a title stands twice in one file"
    );
}

#[test]
fn a_case_whose_answer_differs_says_which_deviation_it_is() {
    for case in run::cases(&services::PUSHGATEWAY, "").unwrap() {
        let differs = case.steps.iter().any(|step| step.ours.is_some());
        assert_eq!(
            differs,
            case.marks.deviation.is_some() && case.marks.only_ours.is_none(),
            "{}: `ours =>` and `deviation:` belong together",
            case.title
        );
    }
}

#[test]
fn the_pushgateway_answers_as_every_case_says() {
    every_case_holds(&built("pushgateway"));
}

#[test]
fn the_pushgateway_answers_the_same_in_its_sandbox() {
    let folder = tempfile::tempdir().unwrap();
    let wrapped = folder.path().join("pushgateway");
    let program = built("pushgateway");
    let script = format!(
        "#!/bin/sh\nGUARD_SANDBOX=all exec {} \"$@\"\n",
        program.display()
    );
    // By a child: a file this process had open for writing could not be executed.
    let install = format!("cat > {0} && chmod 755 {0}", wrapped.display());
    let mut shell = Command::new("sh")
        .args(["-c", &install])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    shell
        .stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    assert!(shell.wait().unwrap().success());
    every_case_holds(&wrapped);
}

fn every_case_holds(program: &Path) {
    let service = &services::PUSHGATEWAY;
    let ours = peers::program(service, program, true).expect("it tells its version");
    let sides = Sides {
        ours: Some(ours),
        upstream: None,
    };
    let cases = run::cases(service, "").expect("the cases can be read");
    let report = run::run(service, &cases, &sides, Values::new(), JOBS).expect("they can be run");
    assert!(report.all_hold(), "{report}");
    assert!(report.passed() >= 300, "{report}");
}

/// Builds `program` as it stands now, so that no stale one is judged, into the folder of our own, and returns its path.
pub(crate) fn built(program: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_conformance-suite"))
        .parent()
        .expect("a program lies in a folder");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--package", program, "--target-dir"])
        .arg(folder.parent().expect("the target folder is above it"));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(
        cargo
            .status()
            .expect("cargo runs us, so it can be run")
            .success(),
        "cargo build --package {program}"
    );
    let path = folder.join(program);
    assert!(path.exists(), "{} is not there", path.display());
    path
}
