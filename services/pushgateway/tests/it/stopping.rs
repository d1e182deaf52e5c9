//! The end of the program while it is busy: no push that was answered is lost.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use nix::sys::signal::Signal;

use crate::{
    client::Request,
    gateway::{Gateway, PATIENCE, errors},
};

const WORKERS: usize = 8;
/// Pushes a worker has acknowledged before the end may come.
const WARM: usize = 20;

/// Pushes 1, 2, 3 … to a group of its own until the connection ends. Returns the last number answered with 200.
fn push_until_cut(gateway: &Gateway, worker: usize, warm: &AtomicUsize) -> usize {
    let mut client = gateway.connect();
    let mut acknowledged = 0;
    loop {
        let number = acknowledged + 1;
        let target = format!("/metrics/job/load/worker/{worker}");
        let body = format!("sequence {number}\n");
        match client.try_send(&Request::new("PUT", &target).body(body)) {
            Ok(answer) => assert_eq!(answer.status, 200),
            Err(_) => return acknowledged,
        }
        acknowledged = number;
        if number == WARM {
            warm.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[test]
fn no_acknowledged_push_is_lost_when_stopped_under_load() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("snap");
    // Snapshots are written all the while, so that one may be under way when the end comes.
    let mut gateway = Gateway::with_snapshot(&snapshot, &["--persistence.interval=0s"]);
    let warm = AtomicUsize::new(0);
    let acknowledged = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                scope.spawn({
                    let (gateway, warm) = (&gateway, &warm);
                    move || push_until_cut(gateway, worker, warm)
                })
            })
            .collect();
        let begun = std::time::Instant::now();
        while warm.load(Ordering::SeqCst) < WORKERS {
            assert!(begun.elapsed() < PATIENCE, "the workers do not get on");
            thread::yield_now();
        }
        gateway.signal(Signal::SIGTERM);
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect::<Vec<_>>()
    });
    let (status, log) = gateway.ended();
    assert!(status.success(), "{status}");
    assert_eq!(errors(&log), [""; 0]);

    let again = Gateway::with_snapshot(&snapshot, &[]);
    let scrape = again.pushed();
    for (worker, acknowledged) in acknowledged.into_iter().enumerate() {
        let start = format!("sequence{{instance=\"\",job=\"load\",worker=\"{worker}\"}} ");
        let line = scrape.lines().find_map(|line| line.strip_prefix(&*start));
        let stored: f64 = line.unwrap_or("0").parse().unwrap();
        let acknowledged = acknowledged as f64;
        // The last one may have been applied without its answer getting through.
        assert!(
            stored == acknowledged || stored == acknowledged + 1.0,
            "worker {worker} was told {acknowledged}, stored is {stored}"
        );
    }
}

#[test]
fn a_push_under_way_when_the_end_comes_is_finished_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("snap");
    let mut gateway = Gateway::with_snapshot(&snapshot, &[]);
    let request = Request::new("PUT", "/metrics/job/late").body("late 1\n");
    let mut client = gateway.connect();
    client.write(request.head().as_bytes()).unwrap();
    client.write(b"la").unwrap();
    // An answer on another connection shows that the first one is being served.
    gateway.get("/-/ready");
    gateway.signal(Signal::SIGTERM);
    gateway.log.wait_for("exiting gracefully");
    client.write(b"te 1\n").unwrap();
    assert_eq!(client.answer().unwrap().status, 200);
    assert!(gateway.ended().0.success());
    let again = Gateway::with_snapshot(&snapshot, &[]);
    assert!(
        again
            .pushed()
            .contains("late{instance=\"\",job=\"late\"} 1\n")
    );
}

#[test]
fn quitting_by_request_keeps_everything_too() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("snap");
    let mut gateway = Gateway::with_snapshot(&snapshot, &["--web.enable-lifecycle"]);
    gateway.put("job/a", "kept 1\n").text(200);
    let before = gateway.pushed();
    gateway.send(&Request::new("PUT", "/-/quit")).text(200);
    assert!(gateway.ended().0.success());
    assert_eq!(Gateway::with_snapshot(&snapshot, &[]).pushed(), before);
}
