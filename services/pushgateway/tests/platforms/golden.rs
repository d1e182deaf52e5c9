//! The golden rule: with no `GUARD_*` variable the program says and ends as it would without a guard, except for the one
//! line that explains a failure.

use std::path::{Path, PathBuf};

use crate::place::{Ended, Place, can_use};

/// Cargo builds examples beside the tests' folder `deps`.
fn unguarded() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap();
    let example = folder.join("examples/unguarded");
    assert!(
        example.exists(),
        "run `cargo test -p pushgateway` without --test, which builds the example {}",
        example.display()
    );
    example
}

/// Ways to start, each with how often the guard explains.
const STARTS: [(&str, usize); 14] = [
    ("$PROGRAM --version", 0),
    ("$PROGRAM --help", 0),
    ("$PROGRAM --no-such-flag", 0),
    (
        "$PROGRAM --web.listen-address=:http --web.config.file=/nonexistent/web.yml",
        0,
    ),
    ("$PROGRAM --web.listen-address=127.0.0.1:99999", 0),
    ("$PROGRAM --web.listen-address=203.0.113.7:9091", 1),
    ("$AS_USER $PROGRAM --web.listen-address=:80", 1),
    ("$PROGRAM --web.systemd-socket", 0),
    ("LISTEN_PID=1 LISTEN_FDS=1 $PROGRAM --web.systemd-socket", 1),
    (
        "$PROGRAM & ask 9091 >/dev/null; $PROGRAM; kill %1; wait %1",
        1,
    ),
    (
        "$PROGRAM --persistence.file=/proc/no/snap & ask 9091; kill %1; wait %1",
        1,
    ),
    ("$PROGRAM <&- >&- & ask 9091; kill %1; wait %1", 0),
    (
        "ulimit -n 256; $PROGRAM & ask 9091; curl -s http://127.0.0.1:9091/metrics | grep ^process | cut -d' ' -f1; kill -INT %1; wait %1",
        0,
    ),
    (
        "$PROGRAM --web.enable-lifecycle & ask 9091; curl -s -X PUT http://127.0.0.1:9091/-/quit; wait %1",
        0,
    ),
];

/// Takes out of a log what two runs of one program differ in, and counts and takes out explanations.
fn comparable(text: &str) -> (String, usize) {
    let words = |line: &str| {
        let words = line
            .split(' ')
            .filter(|word| !word.starts_with("ts=") && !word.starts_with("caller="));
        words.map(without_random_end).collect::<Vec<_>>().join(" ")
    };
    let (explained, other): (Vec<String>, Vec<String>) = text
        .lines()
        .map(words)
        .partition(|line| line.contains("GRD-"));
    (other.join("\n"), explained.len())
}

/// The name of an unfinished snapshot ends in a number that differs each time.
fn without_random_end(word: &str) -> &str {
    word.find(".in_progress.").map_or(word, |at| &word[..at])
}

fn run(place: &Place, start: &str) -> (Ended, usize) {
    let ended = place.run(
        &["unshare", "-n"],
        &format!("ip link set lo up; {start}; exit $?"),
    );
    let (stderr, explained) = comparable(&ended.stderr);
    (Ended { stderr, ..ended }, explained)
}

#[test]
fn without_settings_the_guard_shows_in_one_line_after_a_failure_and_nowhere_else() {
    if !can_use(&["unshare", "setpriv", "curl", "ip"]) {
        return;
    }
    let (guarded, unguarded) = (Place::new(), Place::with(&unguarded()));
    for (start, explanations) in STARTS {
        let ((ours, explained), (bare, _)) = (run(&guarded, start), run(&unguarded, start));
        assert_eq!(ours, bare, "{start}");
        assert_eq!(explained, explanations, "{start}: {ours:?}");
    }
}
