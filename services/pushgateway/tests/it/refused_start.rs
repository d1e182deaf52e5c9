//! Starts that fail late, and what operators ask of a start through the environment.

use std::{fs, process::Command};

use crate::gateway::{Gateway, PROGRAM};

#[test]
fn a_taken_port_ends_with_1_upstreams_text_and_one_line_that_explains() {
    let holder = Gateway::start(&[]);
    let address = format!("--web.listen-address={}", holder.address);
    let output = Command::new(PROGRAM).arg(address).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let log = String::from_utf8(output.stderr).unwrap();
    let told: Vec<_> = log
        .lines()
        .filter(|line| !line.contains("level=info"))
        .collect();
    let [upstream, explanation] = told[..] else {
        panic!("two lines: {log}")
    };
    let address = holder.address;
    let text = format!(
        "msg=\"HTTP server stopped\" err=\"listen tcp {address}: bind: address already in use\""
    );
    assert!(
        upstream.contains("level=error") && upstream.contains(&text),
        "{log}"
    );
    assert!(
        explanation.contains("level=error") && explanation.contains("GRD-P06"),
        "{log}"
    );
    assert!(
        explanation.contains(&holder.pid().to_string()),
        "names the holder: {log}"
    );
    assert!(
        log.ends_with(&format!("{explanation}\n")),
        "nothing comes after the explanation: {log}"
    );
}

#[test]
fn a_start_that_succeeds_says_nothing_of_the_guard() {
    let (status, log) = Gateway::start(&[]).stop();
    assert!(status.success());
    assert!(!log.iter().any(|line| line.contains("GRD-")), "{log:?}");
}

#[test]
fn a_web_configuration_that_is_not_there_ends_with_1() {
    let output = Command::new(PROGRAM)
        .args([
            "--web.listen-address=127.0.0.1:0",
            "--web.config.file=/nonexistent/web.yml",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let log = String::from_utf8(output.stderr).unwrap();
    let text =
        "msg=\"HTTP server stopped\" err=\"open /nonexistent/web.yml: no such file or directory";
    assert!(log.contains(text), "{log}");
}

#[test]
fn the_crypto_report_is_written_where_the_environment_says() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.json");
    let mut command = Command::new(PROGRAM);
    command
        .arg("--web.listen-address=127.0.0.1:0")
        .env("CRYPTO_REPORT", &file);
    let gateway = Gateway::start_as(command);
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let provider = if cfg!(feature = "fips") {
        "aws-lc-fips"
    } else if cfg!(feature = "aws-lc") {
        "aws-lc"
    } else {
        "ring"
    };
    assert_eq!(report["provider"], provider);
    gateway.log.wait_for("provider=");
}

#[test]
fn a_crypto_report_that_cannot_be_written_ends_with_78_before_any_socket() {
    let output = Command::new(PROGRAM)
        .arg("--web.listen-address=127.0.0.1:0")
        .env("CRYPTO_REPORT", "/nonexistent/report.json")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78));
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(
        log.contains("write crypto report /nonexistent/report.json: "),
        "{log}"
    );
    assert!(!log.contains("Listening on"), "{log}");
}

#[test]
fn the_guards_report_names_what_was_bound() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("guard.json");
    let mut command = Command::new(PROGRAM);
    command
        .arg("--web.listen-address=127.0.0.1:0")
        .env("GUARD_REPORT", &file);
    let gateway = Gateway::start_as(command);
    gateway.get("/-/ready");
    assert!(gateway.stop().0.success());
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert!(report.to_string().contains("127.0.0.1"), "{report}");
}
