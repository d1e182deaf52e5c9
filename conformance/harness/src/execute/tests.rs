//! Whole cases without a server: what holds, what does not, and for whom. Servers are met by the suite itself.

use std::path::Path;

use super::{Failure, Program, run};
use crate::case::{Version, parse};
use crate::normalize::Values;
use crate::service::Service;

/// Puts a case to `/bin/echo`, which answers everything.
fn put(text: &str, is_ours: bool) -> Result<(), Failure> {
    let case = parse(Path::new("x.md"), &format!("## t\n{text}"))
        .unwrap()
        .remove(0);
    let program = Program {
        path: "/bin/echo".into(),
        version: Version::default(),
        is_ours,
        own_flags: Vec::new(),
    };
    let given = Values::from([("given".to_owned(), "yes".to_owned())]);
    run(&Service::EMPTY, &case, &program, None, &given)
}

#[track_caller]
fn fails(text: &str, line: usize, reason: &str) {
    let failure = put(text, true).unwrap_err();
    assert!(
        failure.line == line && failure.text.contains(reason),
        "{failure:?}"
    );
}

#[test]
fn files_commands_and_placeholders_work_together() {
    put("file f\n    ${given} ${port}\nsh\n    grep -q '^yes [0-9]*$' f\n    echo \"${name}\"\n=> 0, exactly\n    echo\n", true).unwrap();
    put(
        "run a ${given} 'c d'\n=> 0, exactly\n    a yes c d\nand stderr empty\n",
        true,
    )
    .unwrap();
    put(
        "run abc => 0, matches\n    ^a\ncapture REST ^a(.*)\nrun ${REST} => 0, exactly\n    bc\n",
        true,
    )
    .unwrap();
}

#[test]
fn what_does_not_hold_fails_with_its_line() {
    fails(
        "run a => 1\n",
        2,
        "expected Some(Number(1)), got Some(Number(0))",
    );
    fails("run a => 0, exactly\n    b\n", 2, "- b\n+ a\n");
    fails("sh\n    false\n", 2, "got Some(Number(1))");
    fails("run a => 0\nrun a => 0, lacks\n    a\n", 3, "it holds");
    fails("run a => 0\ncapture X (z)\n", 2, "nothing to capture");
    fails("swap\n", 2, "the server ended at once");
}

#[test]
fn ours_is_judged_by_its_own_expectation() {
    let text = "run a => 0, exactly\n    b\nours => 0, exactly\n    a\n";
    put(text, true).unwrap();
    put(text, false).unwrap_err();
}
