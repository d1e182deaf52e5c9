//! Starts that end at once: what is printed where, and the exit code. No socket is opened in any of them.

use std::process::{Command, Output};

/// Runs the program with nothing in its environment but `variables`.
fn run(words: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pushgateway"));
    command
        .args(words)
        .env_clear()
        .envs(variables.iter().copied());
    command.output().expect("the program starts")
}

#[track_caller]
fn check(output: &Output, exit_code: i32, stdout: &str, stderr: &str) {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(exit_code), "{out}{err}");
    assert!(
        out.contains(stdout) && (out.is_empty() == stdout.is_empty()),
        "stdout: {out}"
    );
    assert!(
        err.contains(stderr) && (err.is_empty() == stderr.is_empty()),
        "stderr: {err}"
    );
}

#[test]
fn help_and_version_go_to_stdout() {
    check(
        &run(&["--help"], &[]),
        0,
        "usage: pushgateway [<flags>]\n\nThe Pushgateway\n",
        "",
    );
    check(
        &run(&["--version"], &[]),
        0,
        "pushgateway, version 1.11.3+casemate.",
        "",
    );
}

#[test]
fn wrong_usage_goes_to_stderr_and_ends_with_1() {
    let error = "pushgateway: error: unknown long flag '--foo', try --help\n";
    check(&run(&["--foo"], &[]), 1, "", error);
}

#[test]
fn a_value_that_makes_no_sense_ends_with_1() {
    let error = "pushgateway: error: --push.group-ttl: -5s is negative\n";
    check(&run(&["--push.group-ttl=-5s"], &[]), 1, "", error);
}

#[test]
fn a_crypto_setting_that_cannot_be_honoured_ends_with_78_before_any_socket() {
    let output = run(&[], &[("CRYPTO_PQ", "maybe")]);
    check(&output, 78, "", r#"level=error caller=main.rs:"#);
    check(
        &output,
        78,
        "",
        r#"msg="crypto module refused" err="CRYPTO_PQ: \"maybe\" is not one of"#,
    );
}

#[cfg(not(feature = "fips"))]
#[test]
fn a_build_without_a_validated_module_refuses_when_fips_is_required() {
    let output = run(&["--log.format=json"], &[("CRYPTO_REQUIRE_FIPS", "1")]);
    check(
        &output,
        78,
        "",
        r#""msg":"crypto module refused","err":"CRYPTO_REQUIRE_FIPS=1, but"#,
    );
}

#[test]
fn a_guard_setting_that_cannot_be_honoured_ends_with_78_before_the_flags_are_read() {
    let error = "pushgateway: error: GUARD_PORTS: unknown value \"xx\"";
    check(&run(&["--help"], &[("GUARD_PORTS", "xx")]), 78, "", error);
}

#[test]
fn environment_variables_are_no_flags() {
    let variables = [
        ("PUSHGATEWAY_LOG_LEVEL", "nonsense"),
        ("LOG_LEVEL", "nonsense"),
    ];
    check(
        &run(&["--version"], &variables),
        0,
        "pushgateway, version",
        "",
    );
}
