//! The program itself: its exit codes are what scripts and CI look at.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

fn suite(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_conformance-suite"))
        .args(arguments)
        .output()
        .expect("cargo has built it")
}

#[test]
fn wrong_usage_is_2_and_a_missing_program_is_1() {
    let usage = suite(&["run"]);
    assert_eq!(usage.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&usage.stderr).contains("usage: conformance-suite run|clients")
    );
    let missing = suite(&["run", "--ours", "/nowhere/pushgateway"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("/nowhere/pushgateway"));
}

#[test]
fn a_program_that_differs_is_3_and_is_told_apart_from_a_wrong_case() {
    let folder = tempfile::tempdir().unwrap();
    let impostor = folder.path().join("pushgateway");
    std::fs::write(&impostor, "#!/bin/sh\necho 'pushgateway, version 9.9.9'\n").unwrap();
    std::fs::set_permissions(&impostor, PermissionsExt::from_mode(0o755)).unwrap();
    let impostor = impostor.to_str().unwrap();
    for (side, blamed) in [
        ("--ours", "FAILED on OURS"),
        ("--upstream", "FAILED on UPSTREAM"),
    ] {
        let output = suite(&[
            "run",
            side,
            impostor,
            "--filter",
            "PUT replaces the whole group",
        ]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(
            said.contains(blamed) && said.contains("(write.md:"),
            "{said}"
        );
        assert!(said.ends_with("0 passed, 1 failed, 0 skipped\n"), "{said}");
    }
}

#[test]
fn a_program_that_answers_as_the_case_says_is_0() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("pushgateway");
    std::fs::write(
        &program,
        "#!/bin/sh\nprintf 'pushgateway, version 9.9.9 (branch: b, revision: r)\\n'\n",
    )
    .unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let output = suite(&[
        "run",
        "--ours",
        program.to_str().unwrap(),
        "--filter",
        "the version wins over what follows",
    ]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}
