//! Killed at any moment: a whole snapshot, the one before or the new one, is always there to start from.

use std::{
    fs,
    net::TcpStream,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;

use crate::{
    client::{Client, Request},
    gateway::{Gateway, PATIENCE, errors},
};

/// Series that make a snapshot take a while to write.
const BULK: usize = 20_000;
const ROUNDS: u64 = 24;

fn bulk() -> String {
    (0..BULK)
        .map(|n| format!("bulk{{n=\"{n}\"}} {n}\n"))
        .collect()
}

fn start(snapshot: &Path) -> Gateway {
    Gateway::with_snapshot(snapshot, &["--persistence.interval=0s"])
}

/// Returns the number that the group `job/generation` holds.
fn generation(gateway: &Gateway) -> u64 {
    let scrape = gateway.pushed();
    assert_eq!(scrape.matches("\nbulk{").count(), BULK, "the rest is whole");
    let line = scrape
        .lines()
        .find_map(|line| line.strip_prefix("generation{instance=\"\",job=\"generation\"} "));
    line.unwrap().parse().unwrap()
}

fn push_generation(gateway: &Gateway, generation: u64) -> bool {
    let push =
        Request::new("PUT", "/metrics/job/generation").body(format!("generation {generation}\n"));
    // The kill may come before the connection as well as after it.
    TcpStream::connect(gateway.address)
        .and_then(|stream| Client::over(stream).try_send(&push))
        .is_ok_and(|answer| answer.status == 200)
}

fn unfinished(directory: &Path) -> usize {
    let entries = fs::read_dir(directory).unwrap().flatten();
    entries
        .filter(|entry| {
            entry
                .file_name()
                .to_string_lossy()
                .contains(".in_progress.")
        })
        .count()
}

/// Makes a snapshot of the bulk and generation 0.
fn prepare(snapshot: &Path) {
    let gateway = start(snapshot);
    gateway.put("job/bulk", bulk()).text(200);
    assert!(push_generation(&gateway, 0));
    assert!(gateway.stop().0.success());
}

#[test]
fn whatever_the_moment_of_a_kill_a_whole_snapshot_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("snap");
    prepare(&snapshot);
    let mut oldest = 0;
    for round in 0..ROUNDS {
        let gateway = start(&snapshot);
        let log = gateway.log.so_far();
        assert_eq!(errors(&log), [""; 0], "round {round}");
        assert_eq!(
            unfinished(directory.path()),
            0,
            "leftovers are removed at start"
        );
        let found = generation(&gateway);
        assert!(
            found >= oldest,
            "round {round}: {found} is older than {oldest}"
        );
        oldest = found;

        let killed = AtomicBool::new(false);
        let newest = thread::scope(|scope| {
            let pushing = scope.spawn(|| {
                let mut newest = found;
                while !killed.load(Ordering::SeqCst) && push_generation(&gateway, newest + 1) {
                    newest += 1;
                }
                newest
            });
            // Kills spread over the first writes; which one is hit differs from run to run, the claim does not.
            thread::sleep(Duration::from_millis(round * 7));
            gateway.signal(Signal::SIGKILL);
            killed.store(true, Ordering::SeqCst);
            pushing.join().unwrap()
        });
        drop(gateway);
        let again = start(&snapshot);
        assert!(
            generation(&again) <= newest + 1,
            "round {round}: nothing from the future"
        );
    }
}

#[test]
fn what_a_kill_leaves_half_written_is_removed_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("snap");
    prepare(&snapshot);
    let whole = fs::read(&snapshot).unwrap();
    let gateway = start(&snapshot);
    let begun = Instant::now();
    let mut number = 0;
    // Stopped first, so that the file seen is still there when the kill comes.
    let seen = loop {
        number += 1;
        assert!(push_generation(&gateway, number));
        while unfinished(directory.path()) == 0 && begun.elapsed() < PATIENCE / 4 * 3 {
            std::hint::spin_loop();
        }
        gateway.signal(Signal::SIGSTOP);
        if unfinished(directory.path()) == 1 {
            break fs::read(&snapshot).unwrap();
        }
        gateway.signal(Signal::SIGCONT);
        assert!(
            begun.elapsed() < PATIENCE,
            "no snapshot was caught half written"
        );
    };
    assert!(
        number > 1 || seen == whole,
        "the snapshot before is still in place"
    );
    drop(gateway); // kills
    assert_eq!(unfinished(directory.path()), 1);
    let again = start(&snapshot);
    again.log.wait_for("msg=\"removed unfinished snapshot\"");
    assert_eq!(unfinished(directory.path()), 0);
    assert!(generation(&again) < number + 1);
    assert_eq!(errors(&again.log.so_far()), [""; 0]);
}
