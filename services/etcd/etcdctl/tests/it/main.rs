//! The program from outside, as far as no server is needed. What it says to a member is judged by
//! `conformance/suite/cases/etcdctl`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::process::{Command, Output, Stdio};

fn etcdctl(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_etcdctl"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An endpoint where nobody answers, and little patience.
const NOBODY: [&str; 2] = ["--endpoints=127.0.0.1:1", "--command-timeout=100ms"];

#[test]
fn the_version_is_the_one_it_replaces() {
    let output = etcdctl(&["version"], &[]);
    assert_eq!(
        text(&output.stdout),
        "etcdctl version: 3.7.3\nAPI version: 3.7\n"
    );
    assert!(output.status.success());
}

#[test]
fn exit_codes_tell_what_kind_of_failure_it_was() {
    let code = |arguments: &[&str]| etcdctl(arguments, &[]).status.code();
    assert_eq!(code(&["get"]), Some(128));
    assert_eq!(code(&["get", "a", "-w", "bad"]), Some(4));
    assert_eq!(code(&["nosuch"]), Some(1));
    assert_eq!(code(&[NOBODY[0], NOBODY[1], "get", "a"]), Some(1));
    let login = ["--dial-timeout=100ms", "--user=a:b", "get", "a"];
    assert_eq!(code(&[&NOBODY[..], &login].concat()), Some(2));
}

#[test]
fn a_server_that_is_not_there_is_told_in_one_line_and_a_log_line() {
    let output = etcdctl(&[NOBODY[0], NOBODY[1], "put", "a", "b"], &[]);
    let stderr = text(&output.stderr);
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{stderr}");
    assert!(lines[0].starts_with("{\"level\":\"warn\",\"ts\":\""));
    assert!(lines[0].contains("connect: connection refused"));
    assert_eq!(lines[1], "Error: context deadline exceeded");
}

#[test]
fn the_crypto_report_goes_where_the_variable_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let report = [("CRYPTO_REPORT", path.to_str().unwrap())];
    etcdctl(&["version"], &report);
    assert!(!path.exists(), "what asks no server needs no crypto");
    etcdctl(&[NOBODY[0], NOBODY[1], "get", "a"], &report);
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.contains("\"provider\""), "{written}");
}

#[test]
fn a_crypto_setting_that_means_nothing_ends_it() {
    let output = etcdctl(
        &[NOBODY[0], "get", "a"],
        &[("CRYPTO_REQUIRE_FIPS", "maybe")],
    );
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).starts_with("Error: CRYPTO_REQUIRE_FIPS"));
}

#[test]
fn a_variable_whose_flag_refuses_it_is_told_and_left_out() {
    let output = etcdctl(
        &[NOBODY[0], NOBODY[1], "get", "a"],
        &[("ETCDCTL_DIAL_TIMEOUT", "soon")],
    );
    let stderr = text(&output.stderr);
    let told = "invalid value \\\"soon\\\" for ETCDCTL_DIAL_TIMEOUT: time: invalid duration";
    assert!(stderr.contains(told), "{stderr}");
}

#[test]
fn bash_completes_with_the_script() {
    let script = text(&etcdctl(&["completion", "bash"], &[]).stdout);
    let program = env!("CARGO_BIN_EXE_etcdctl");
    let ask = format!(
        "{script}\nCOMP_LINE='{program} lease gr'; COMP_POINT=${{#COMP_LINE}}; compopt() {{ :; }}; _etcdctl_complete; \
         echo \"${{COMPREPLY[@]}}\"; COMP_LINE='{program} get --order=A'; COMP_POINT=${{#COMP_LINE}}; _etcdctl_complete; \
         echo \"${{COMPREPLY[@]}}\""
    );
    let output = Command::new("bash").args(["-c", &ask]).output().unwrap();
    assert_eq!(
        text(&output.stdout),
        "grant\nASCEND\n",
        "{}",
        text(&output.stderr)
    );
}
