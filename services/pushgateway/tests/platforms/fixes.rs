//! The guard's report: what it found, and the ways out it names.

use serde_json::Value;

use crate::place::Ended;

/// Returns the guard's report among the lines a program wrote.
#[track_caller]
pub(crate) fn report_in(text: &str) -> Value {
    let line = text.lines().find(|line| line.starts_with('{'));
    let line = line.unwrap_or_else(|| panic!("no report in:\n{text}"));
    serde_json::from_str(line).unwrap()
}

/// Returns the ways out of a finding, as the report lists them.
#[track_caller]
pub(crate) fn of(report: &Value, id: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["id"] == id);
    let finding = finding.unwrap_or_else(|| panic!("no {id} in {report}"));
    finding["fix"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fix| fix.as_str().unwrap().to_owned())
        .collect()
}

/// Returns the way out that begins so, without its beginning.
#[track_caller]
pub(crate) fn one<'a>(fixes: &'a [String], beginning: &str) -> &'a str {
    let found = fixes.iter().find_map(|fix| fix.strip_prefix(beginning));
    found.unwrap_or_else(|| panic!("no {beginning:?} in {fixes:?}"))
}

/// Checks that a start ended as upstream's does, with one line of explanation; returns the ways out of the report.
#[track_caller]
pub(crate) fn of_refused_port(ended: &Ended, port: u16) -> Vec<String> {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let errors: Vec<&str> = ended
        .stderr
        .lines()
        .filter(|line| line.contains("level=error"))
        .collect();
    let upstream =
        format!("msg=\"HTTP server stopped\" err=\"listen tcp :{port}: bind: permission denied\"");
    let [first, second] = errors[..] else {
        panic!("{ended:?}")
    };
    assert!(first.contains(&upstream), "{first}");
    let explanation = format!("GRD-P01: cannot bind :{port}: port {port} is privileged here");
    assert!(second.contains(&explanation), "{second}");
    of(&report_in(&ended.stderr), "GRD-P01")
}
