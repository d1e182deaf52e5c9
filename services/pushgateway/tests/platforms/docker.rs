//! Containers of a real Docker Engine: hardened as guides say, wrong as guides say, and the ways out in between.
//!
//! One test, because an engine takes longer to start than all of its containers.

use crate::{
    engine::Engine,
    fixes::{of, of_refused_port, one, report_in},
};

/// What guides for hardened images ask for.
const HARDENED: [&str; 5] = [
    "--cap-drop",
    "ALL",
    "--read-only",
    "--security-opt",
    "no-new-privileges",
];
/// A platform without Docker's low-port courtesy, as containerd 1.x, CRI-O and hostNetwork pods are.
const NO_LOW_PORTS: [&str; 2] = ["--sysctl", "net.ipv4.ip_unprivileged_port_start=1024"];
const REPORT: [&str; 2] = ["--env", "GUARD_REPORT=stderr"];
const REPORTED: &str = "\"ports\":";

fn words<'a>(parts: &[&[&'a str]]) -> Vec<&'a str> {
    parts.concat()
}

#[test]
fn a_real_engine_runs_it_hardened_and_every_wrong_port_is_explained() {
    let Some(engine) = Engine::start() else {
        return;
    };
    hardened_on_a_high_port(&engine);
    strict_in_its_own_sandbox_too(&engine);
    low_port_where_docker_allows_it(&engine);
    low_port_where_nobody_allows_it(&engine);
    network_of_the_host(&engine);
    port_that_nobody_listens_on(&engine);
}

fn hardened_on_a_high_port(engine: &Engine) {
    let options = words(&[&HARDENED, &NO_LOW_PORTS, &REPORT, &["--publish", "80:8080"]]);
    let log = engine.serve(
        "hardened",
        &options,
        &["--web.listen-address=:8080"],
        REPORTED,
    );
    assert_eq!(engine.ask(80).stdout, "OK");
    let report = report_in(&log);
    assert_eq!(report["platform"], "docker");
    assert_eq!(report["identity"]["uid"]["effective"], 65_532);
    assert_eq!(report["caps"]["bounding"], serde_json::json!([]));
    assert_eq!(report["no_new_privs"], true);
    assert_eq!(report["root_fs_readonly"], true);
    assert_eq!(report["ports"][0]["verdict"], "ok");
    assert_eq!(report["ports"][0]["start"], 1024);
    assert!(
        !log.contains("level=error") && !log.contains("level=warn"),
        "{log}"
    );
}

fn strict_in_its_own_sandbox_too(engine: &Engine) {
    let strict = [
        "--env",
        "GUARD_DROP=strict",
        "--volume",
        "/data",
        "--publish",
        "81:8080",
    ];
    let flags = [
        "--web.listen-address=:8080",
        "--persistence.file=/data/snap",
        "--persistence.interval=0s",
    ];
    let options = words(&[&HARDENED, &NO_LOW_PORTS, &REPORT, &strict]);
    let log = engine.serve("strict", &options, &flags, REPORTED);
    assert_eq!(engine.ask(81).stdout, "OK");
    let report = report_in(&log);
    assert_eq!(report["landlock"]["level"], "full", "{report}");
    assert_eq!(report["seccomp_profile"], "strict");
    let stopped = engine.docker(&["stop", "strict"]);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    let state = engine.docker(&["inspect", "--format", "{{.State.ExitCode}}", "strict"]);
    assert_eq!(state.stdout, "0\n");
    let log = engine.docker(&["logs", "strict"]).stderr;
    assert!(
        !log.contains("level=error"),
        "the last snapshot was written: {log}"
    );
}

/// The guides' wrong example, `-p 80:81`: a program on :81 works where the engine opens every port.
fn low_port_where_docker_allows_it(engine: &Engine) {
    let options = words(&[&HARDENED, &REPORT, &["--publish", "82:81"]]);
    let log = engine.serve("low", &options, &["--web.listen-address=:81"], REPORTED);
    assert_eq!(engine.ask(82).stdout, "OK");
    let report = report_in(&log);
    assert_eq!(report["ports"][0]["verdict"], "works-here");
    of(&report, "GRD-P02");
    assert!(
        !log.contains("level=warn") && !log.contains("level=error"),
        "reported, not logged: {log}"
    );
}

/// The same where it does not: GRD-P01, and both ways out that it names for Docker.
fn low_port_where_nobody_allows_it(engine: &Engine) {
    let flags = ["--web.listen-address=:81"];
    let refused = engine.run(
        &words(&[&HARDENED, &NO_LOW_PORTS, &REPORT, &["--publish", "83:81"]]),
        &flags,
    );
    let fixes = of_refused_port(&refused, 81);
    assert!(
        fixes[1].starts_with("Docker: "),
        "its own platform first: {fixes:?}"
    );

    let publish = one(&fixes, "Docker: -p ");
    let (outside, inside) = publish.split_once(':').unwrap();
    let options = words(&[&HARDENED, &NO_LOW_PORTS, &["--publish", publish]]);
    engine.serve(
        "published",
        &options,
        &[&format!("--web.listen-address=:{inside}")],
        "Listening on",
    );
    assert_eq!(engine.ask(outside.parse().unwrap()).stdout, "OK");

    let sysctl: Vec<&str> = one(&fixes, "Docker: --sysctl ").split(' ').collect();
    let options = words(&[&HARDENED, &["--sysctl"], &sysctl, &["--publish", "83:81"]]);
    engine.serve("opened", &options, &flags, "Listening on");
    assert_eq!(engine.ask(83).stdout, "OK");
}

/// In the host's network Docker leaves the host's setting alone.
fn network_of_the_host(engine: &Engine) {
    let options = words(&[&HARDENED, &REPORT, &["--network", "host"]]);
    of_refused_port(&engine.run(&options, &["--web.listen-address=:81"]), 81);
}

/// A program on 8080 behind `-p 84:81`: it works, nobody reaches it, and the report says where it listens.
fn port_that_nobody_listens_on(engine: &Engine) {
    let options = words(&[&HARDENED, &REPORT, &["--publish", "84:81"]]);
    let log = engine.serve(
        "unreached",
        &options,
        &["--web.listen-address=:8080"],
        REPORTED,
    );
    assert_ne!(engine.ask(84).code, Some(0), "nobody listens behind it");
    let report = report_in(&log);
    assert_eq!(report["ports"].as_array().unwrap().len(), 1);
    assert_eq!(report["ports"][0]["addr"], ":8080");
}
