//! Logging of a whole process. Each test starts this binary again, because a process turns logging on once.

use std::process::{Command, Stdio};

use kit_telemetry::{InitError, Level, LogConfig, LogFormat, init};

const CONFIG: LogConfig = LogConfig {
    level: Level::Info,
    format: LogFormat::Logfmt,
};

/// Runs the ignored test `name` in a process of its own and returns what it wrote to stderr.
#[track_caller]
fn stderr_of(name: &str) -> String {
    let program = std::env::current_exe().expect("this test has a program");
    let output = Command::new(program)
        .args(["--ignored", "--exact", "--nocapture", name])
        .stdout(Stdio::null())
        .output()
        .expect("the program starts");
    String::from_utf8(output.stderr).expect("lines are UTF-8")
}

#[test]
fn events_go_to_stderr() {
    let stderr = stderr_of("child_logs");
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(lines.len(), 1, "{stderr}");
    assert!(lines[0].contains(" level=info caller=main.rs:"), "{stderr}");
    assert!(
        lines[0].ends_with(" msg=\"Listening on\" address=[::]:9091"),
        "{stderr}"
    );
}

#[test]
fn a_panic_is_one_line_of_the_log() {
    let stderr = stderr_of("child_panics");
    let line = stderr.lines().next().unwrap();
    assert!(line.starts_with("ts="), "{stderr}");
    assert!(line.contains(" level=error caller=main.rs:"), "{stderr}");
    assert!(
        line.ends_with(" msg=\"a bug ended a thread\" panic=\"two\\nlines\" thread=broken"),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[test]
#[ignore = "started by events_go_to_stderr"]
fn child_logs() {
    init(&CONFIG).unwrap();
    assert!(matches!(init(&CONFIG), Err(InitError::Again)));
    tracing::debug!("not written");
    tracing::info!(address = "[::]:9091", "Listening on");
}

#[test]
#[ignore = "started by a_panic_is_one_line_of_the_log"]
fn child_panics() {
    init(&CONFIG).unwrap();
    let thread = std::thread::Builder::new().name("broken".to_owned());
    thread
        .spawn(|| panic!("two\nlines"))
        .unwrap()
        .join()
        .unwrap_err();
}
