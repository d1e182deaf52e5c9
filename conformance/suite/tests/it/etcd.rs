//! All cases of etcd against the program of this tree.

use conformance_harness::normalize::Values;
use conformance_suite::run::{self, Sides};
use conformance_suite::{peers, services};

use crate::cases::built;

/// Cases at a time; most have a member of their own.
const JOBS: usize = 4;

#[test]
fn etcd_answers_as_every_case_says() {
    let service = &services::ETCD;
    let ours = peers::program(service, &built("etcd"), true).expect("it tells its version");
    let sides = Sides {
        ours: Some(ours),
        upstream: None,
    };
    let cases = run::cases(service, "").expect("the cases can be read");
    let report = run::run(service, &cases, &sides, Values::new(), JOBS).expect("they can be run");
    assert!(report.all_hold(), "{report}");
    assert!(report.passed() >= 160, "{report}");
}
