//! The JSON report, and what systemd hears.

use std::{fs, os::unix::net::UnixDatagram, time::Duration};

use serde_json::{Value, json};

use crate::guarded::{AS_USER, Guarded, OWN_NETWORK, is_root};

fn report_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_successful_start_is_reported_in_full() {
    let guarded = Guarded::new();
    let file = guarded.folder().join("report.json");
    let variables = [
        ("GUARD_REPORT", file.to_str().unwrap()),
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
        ("HOME", "/h"),
    ];
    let ended = guarded.run(&["env"], &variables, &["bind", "127.0.0.1:0"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let report = report_of(&fs::read_to_string(&file).unwrap());
    assert_eq!(report["platform"], "kubernetes");
    assert_eq!(
        report["identity"]["uid"]["effective"],
        nix::unistd::geteuid().as_raw()
    );
    assert_eq!(report["identity"]["home"], "/h");
    let port =
        json!({ "addr": "127.0.0.1:0", "origin": "--web.listen-address", "verdict": "ephemeral" });
    for (key, value) in port.as_object().unwrap() {
        assert_eq!(&report["ports"][0][key], value);
    }
    assert_eq!(
        report["rlimits"]["nofile"]["soft"],
        report["rlimits"]["nofile"]["hard"]
    );
    for set in [
        "effective",
        "permitted",
        "inheritable",
        "bounding",
        "ambient",
    ] {
        assert!(report["caps"][set].is_array(), "{set}");
    }
    for key in [
        "no_new_privs",
        "seccomp",
        "landlock",
        "paths",
        "root_fs_readonly",
        "findings",
    ] {
        assert!(!report[key].is_null(), "{key}");
    }
}

#[test]
fn a_failed_start_is_reported_with_its_findings() {
    if !is_root() {
        return;
    }
    let wrapper = [&OWN_NETWORK[..], &AS_USER].concat();
    let ended = Guarded::new().run(&wrapper, &[("GUARD_REPORT", "stderr")], &["bind", ":80"]);
    assert_eq!(ended.code, Some(1));
    let line = ended
        .lines()
        .into_iter()
        .find(|line| line.starts_with('{'))
        .unwrap();
    let report = report_of(line);
    assert_eq!(report["ports"][0]["verdict"], "failed");
    assert_eq!(report["ports"][0]["start"], 1024);
    assert_eq!(report["caps"]["effective"], json!([]));
    let findings = report["findings"].as_array().unwrap();
    let port = findings
        .iter()
        .find(|finding| finding["id"] == "GRD-P01")
        .unwrap();
    assert_eq!(port["severity"], "error");
    assert!(
        port["fix"].as_array().unwrap().len() > 4,
        "the report lists every platform"
    );
}

#[test]
fn paths_are_reported_with_their_mount_and_space() {
    let guarded = Guarded::new();
    let file = guarded.folder().join("report.json");
    let words = ["path", "replace-file", "/proc/no/store"];
    guarded.run(
        &["env"],
        &[("GUARD_REPORT", file.to_str().unwrap())],
        &words,
    );
    let report = report_of(&fs::read_to_string(&file).unwrap());
    let path = &report["paths"][0];
    assert_eq!(
        (&path["need"], &path["origin"]),
        (&json!("replace-file"), &json!("--file"))
    );
    assert_eq!(
        (&path["verdict"], &path["errno"]),
        (&json!("failed"), &json!("ENOENT"))
    );
    assert_eq!(
        (&path["mount"]["point"], &path["mount"]["filesystem"]),
        (&json!("/proc"), &json!("proc"))
    );
    assert!(path["space"]["bytes"].is_u64());
}

#[test]
fn a_report_that_cannot_be_written_is_said_and_the_service_runs() {
    let ended = Guarded::new().run(
        &["env"],
        &[("GUARD_REPORT", "/nonexistent/r")],
        &["bind", "127.0.0.1:0"],
    );
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stderr.contains("guard report not written"),
        "{ended:?}"
    );
}

#[test]
fn systemd_hears_of_readiness_and_of_the_end() {
    let guarded = Guarded::new();
    let path = guarded.folder().join("notify");
    let receiver = UnixDatagram::bind(&path).unwrap();
    receiver
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    guarded.run(
        &["env"],
        &[("NOTIFY_SOCKET", path.to_str().unwrap())],
        &["bind", "127.0.0.1:0"],
    );
    let mut buffer = [0; 64];
    for expected in ["READY=1", "STOPPING=1"] {
        let length = receiver.recv(&mut buffer).unwrap();
        assert_eq!(std::str::from_utf8(&buffer[..length]), Ok(expected));
    }
}

#[test]
fn a_watchdog_of_systemd_is_told_how_often_and_hears_that_the_service_lives() {
    let guarded = Guarded::new();
    let path = guarded.folder().join("notify");
    let receiver = UnixDatagram::bind(&path).unwrap();
    receiver
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let variables = [
        ("NOTIFY_SOCKET", path.to_str().unwrap()),
        ("WATCHDOG_USEC", "3000000"),
    ];
    let ended = guarded.run(&["env"], &variables, &["watchdog"]);
    assert_eq!(
        ended.stdout, "Some(1.5s)\n",
        "twice in each period: {ended:?}"
    );
    let mut buffer = [0; 64];
    let length = receiver.recv(&mut buffer).unwrap();
    assert_eq!(std::str::from_utf8(&buffer[..length]), Ok("WATCHDOG=1"));
    let others = [variables[0], variables[1], ("WATCHDOG_PID", "1")];
    assert_eq!(
        guarded.run(&["env"], &others, &["watchdog"]).stdout,
        "None\n"
    );
}

#[test]
fn a_report_is_written_although_its_place_is_out_of_reach_by_then() {
    if !is_root() {
        return;
    }
    let guarded = Guarded::new();
    let file = guarded.folder().join("report.json");
    let variables = [
        ("GUARD_REPORT", file.to_str().unwrap()),
        ("GUARD_USER", "65532"),
        ("GUARD_SANDBOX", "all"),
    ];
    let ended = guarded.run(
        &["env"],
        &variables,
        &["rights", "listen=127.0.0.1:0", "--", "bind", "127.0.0.1:0"],
    );
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "{ended:?}"
    );
    let report = report_of(&fs::read_to_string(&file).unwrap());
    assert_eq!(report["identity"]["uid"]["effective"], 65_532);
    assert_eq!(report["caps"]["bounding"], json!([]));
    assert_eq!(report["seccomp_profile"], "baseline");
    assert_eq!(report["no_new_privs"], true);
    assert_eq!(report["ports"][0]["addr"], "127.0.0.1:0");
}
