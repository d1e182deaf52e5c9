//! What goes wrong while it runs: services that die, crash again and again, or outlive their supervisor.

use nix::sys::signal::Signal;
use stack::status::Health;

use crate::workbench::{Workbench, eventually, is_free, signal, told};

#[test]
fn a_killed_service_is_started_again() {
    let bench = Workbench::new();
    let running = bench.start();
    let before = running.service();
    signal(before.pid, Signal::SIGKILL);
    let service = bench.until(|service| service.health == Health::Healthy && service.restarts == 1);
    assert_ne!(service.pid, Some(before.pid));
    assert_eq!(service.last_end.as_deref(), Some("was ended by SIGKILL"));
    assert_ne!(
        running.service(),
        before,
        "the record names the new process"
    );
}

#[test]
fn a_crash_loop_waits_longer_and_longer_visibly_and_recovers() {
    let bench = Workbench::new();
    let running = bench.start();
    bench.set_mode("crash");
    signal(running.service().pid, Signal::SIGKILL);
    let service = bench.until(|service| service.health == Health::Waiting && service.restarts >= 2);
    assert!(
        service
            .detail
            .starts_with("ended with code 3; next start in "),
        "{}",
        service.detail
    );
    assert!(service.log_lines.contains(&"it is too hot here".to_owned()));
    assert_eq!((service.pid, service.uptime_seconds), (None, None));
    assert_eq!(bench.record().unwrap().services, []);
    let (code, out, _) = told(&bench.run(&["status"]));
    assert!(
        code == Some(1) && out.contains("pushgateway: ended with code 3; next start in "),
        "{out}"
    );
    bench.set_mode("serve");
    bench.until(|service| service.health == Health::Healthy);
}

#[test]
fn a_stack_that_is_stopped_during_a_crash_loop_ends_at_once() {
    let bench = Workbench::new();
    let mut running = bench.start();
    bench.set_mode("crash");
    signal(running.service().pid, Signal::SIGKILL);
    bench.until(|service| service.health == Health::Waiting && service.restarts >= 3);
    assert_eq!(running.end(Signal::SIGTERM), Some(0));
    assert!(is_free(&bench.address));
}

#[test]
fn a_service_that_outlived_a_killed_supervisor_is_stopped_by_down() {
    let bench = Workbench::new();
    let mut running = bench.start();
    let service = running.service();
    running.end(Signal::SIGKILL);
    assert!(service.is_alive());
    let (code, out, _) = told(&bench.run(&["down"]));
    assert_eq!(
        (code, out.as_str()),
        (
            Some(0),
            "stopped pushgateway, left by a supervisor that was killed\n"
        )
    );
    assert!(!service.is_alive());
    assert!(bench.record().is_none());
}

#[test]
fn the_next_up_stops_what_a_killed_supervisor_left_and_takes_its_place() {
    let bench = Workbench::new();
    let mut first = bench.start();
    let service = first.service();
    first.end(Signal::SIGKILL);
    let second = bench.start();
    assert!(!service.is_alive());
    assert_ne!(second.service(), service);
}

#[test]
fn a_service_that_hangs_is_shown_as_unhealthy_until_it_answers_again() {
    let bench = Workbench::new();
    let running = bench.start();
    let service = running.service();
    signal(service.pid, Signal::SIGSTOP);
    let shown = bench.until(|service| service.health == Health::Unhealthy);
    assert_eq!(shown.detail, "/-/ready gives no answer within 2 s");
    signal(service.pid, Signal::SIGCONT);
    let shown = bench.until(|service| service.health == Health::Healthy);
    assert_eq!(
        (shown.pid, shown.restarts),
        (Some(service.pid), 0),
        "it is not started again"
    );
}

#[test]
fn a_service_that_is_not_ready_is_shown_as_starting_with_the_reason() {
    let bench = Workbench::new();
    bench.set_mode("unready");
    let _running = bench.spawn(|up| up);
    eventually(|| bench.record());
    let service = bench.until(|service| service.detail.contains("503"));
    assert_eq!(service.health, Health::Starting);
    assert!(
        service.detail.starts_with("/-/ready answers 503"),
        "{}",
        service.detail
    );
}
