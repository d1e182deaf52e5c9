//! `stack up --detach` and the commands of a second terminal.

use std::{fs, process::Stdio};

use nix::sys::signal::Signal;
use stack::process::ProcessId;

use crate::workbench::{Workbench, eventually, is_free, signal, told};

#[test]
fn detach_returns_when_all_is_ready_and_down_stops_everything() {
    let bench = Workbench::new();
    let (code, out, err) = told(&bench.up(&["--detach"]).output().unwrap());
    assert_eq!(code, Some(0), "{err}");
    let record = bench.record().unwrap();
    assert!(
        out.contains(&format!("status page  http://{}", record.page)),
        "{out}"
    );
    assert!(
        out.contains(&format!(
            "curl --data-binary @- http://{}/metrics/job/first",
            bench.address
        )),
        "{out}"
    );
    let supervisor = record.supervisor;
    assert!(supervisor.is_alive());
    assert_eq!(
        session_of(supervisor),
        supervisor.pid,
        "it leads a session of its own"
    );
    assert_eq!(told(&bench.run(&["status"])).0, Some(0));
    let (code, log, _) = told(&bench.run(&["logs", "stack"]));
    assert!(
        code == Some(0) && log.contains("msg=\"service started\" name=pushgateway"),
        "{log}"
    );

    let (code, out, err) = told(&bench.run(&["down"]));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(
        out,
        format!("stopped what ran on {}\n", bench.data_dir().display())
    );
    assert!(!supervisor.is_alive() && !record.services[0].process.is_alive());
    assert!(is_free(&bench.address) && is_free(&record.page));
    assert_eq!(
        told(&bench.run(&["down"])).0,
        Some(0),
        "stopping what does not run is fine"
    );
}

fn session_of(process: ProcessId) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.pid)).unwrap();
    stat.rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .nth(3)
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn a_second_up_is_refused_and_told_who_runs() {
    let bench = Workbench::new();
    assert_eq!(told(&bench.up(&["--detach"]).output().unwrap()).0, Some(0));
    let record = bench.record().unwrap();
    for words in [&["--detach"][..], &[]] {
        let (code, out, err) = told(&bench.up(words).output().unwrap());
        assert_eq!((code, out.as_str()), (Some(1), ""));
        let who = format!(
            "pid {}, status page http://{}",
            record.supervisor.pid, record.page
        );
        assert!(
            err.contains("already running on") && err.contains(&who),
            "{err}"
        );
    }
    assert_eq!(
        bench.record().unwrap(),
        record,
        "the first one is left alone"
    );
}

#[test]
fn a_start_nobody_waits_for_any_more_leaves_nothing_running() {
    let bench = Workbench::new();
    bench.set_mode("unready");
    let mut waiting = bench
        .up(&["--detach"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let service = eventually(|| bench.record()?.services.first().map(|first| first.process));
    waiting.kill().unwrap();
    waiting.wait().unwrap();
    bench.set_mode("serve");
    // The next run is ready, and there is nobody to tell.
    signal(service.pid, Signal::SIGKILL);
    eventually(|| bench.record().is_none().then_some(()));
    assert!(is_free(&bench.address));
}

#[test]
fn a_start_that_fails_shows_the_last_log_lines_and_leaves_nothing_running() {
    let bench = Workbench::new();
    bench.set_mode("crash");
    let (code, out, err) = told(&bench.up(&["--detach"]).output().unwrap());
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(
        err.contains("pushgateway ended with code 3 before it was ready (3 starts)"),
        "{err}"
    );
    assert!(err.contains("it is too hot here"), "{err}");
    assert!(bench.record().is_none());
    assert!(is_free(&bench.address));
    let (code, _, err) = told(&bench.run(&["status"]));
    assert!(code == Some(1) && err.contains("nothing runs on"), "{err}");
}
