//! All cases of etcdctl against the program of this tree, on a member of upstream's etcd.

use conformance_harness::normalize::Values;
use conformance_suite::run::{self, Sides};
use conformance_suite::{peers, services};

use crate::cases::built;

/// Cases at a time; a member of its own stands beside each.
const JOBS: usize = 4;

#[test]
fn etcdctl_answers_as_every_case_says() {
    let service = &services::ETCDCTL;
    let Some(server) = peers::beside(service) else {
        skip("upstream's etcd was not built: run conformance/peers/etcd/build.sh");
        return;
    };
    let ours = peers::program(service, &built("etcdctl"), true).expect("it tells its version");
    let sides = Sides {
        ours: Some(ours),
        upstream: None,
    };
    let given = Values::from([("server".to_owned(), server.display().to_string())]);
    let cases = run::cases(service, "").expect("the cases can be read");
    let report = run::run(service, &cases, &sides, given, JOBS).expect("they can be run");
    assert!(report.all_hold(), "{report}");
    assert!(report.passed() >= 40, "{report}");
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skip(reason: &str) {
    eprintln!("SKIPPED: {reason}");
}
