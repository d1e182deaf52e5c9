//! The written form of cases, piece by piece.

use std::path::Path;
use std::time::Duration;

use super::{Action, Case, HeaderRule, Mode, Outcome, Stream, Version, parse};

fn one(text: &str) -> Case {
    let mut cases = parse(Path::new("x.md"), text).unwrap();
    assert_eq!(cases.len(), 1);
    cases.remove(0)
}

#[track_caller]
fn refused(text: &str, reason: &str) {
    let error = parse(Path::new("x.md"), text).unwrap_err().to_string();
    assert!(error.contains(reason), "{error}");
}

#[test]
fn a_case_as_the_house_shows_it() {
    let case = one(concat!(
        "# Prose\n\n## PUT replaces the whole group\nPUT /metrics/job/a/instance/b\n    some_metric 3.14\n=> 200\n",
        "GET /metrics => 200, contains\n    some_metric{instance=\"b\",job=\"a\"} 3.14\n"
    ));
    assert_eq!(
        (case.title.as_str(), case.line, case.steps.len()),
        ("PUT replaces the whole group", 3, 2)
    );
    let Action::Request(put) = &case.steps[0].action else {
        panic!("no request")
    };
    assert_eq!(
        (put.method.as_str(), put.target.as_str()),
        ("PUT", "/metrics/job/a/instance/b")
    );
    assert_eq!(put.body.as_ref().unwrap().block, ["some_metric 3.14"]);
    assert_eq!(case.steps[0].expect.outcome, Some(Outcome::Number(200)));
    let check = &case.steps[1].expect.checks[0];
    assert_eq!((check.mode, check.block.len()), (Mode::Contains, 1));
}

#[test]
fn marks_stand_before_the_first_step() {
    let case = one(
        "## t\nflags: --a='x y' --b\nsince: 1.11\ndeviation: D3 exit codes\nneeds: both\nonly if: test -e /x\n\n> remark\nrun --c => 0\nours => 1\n",
    );
    assert_eq!(case.marks.flags, ["--a=x y", "--b"]);
    assert_eq!(case.marks.since, Some(Version(vec![1, 11])));
    assert_eq!(case.marks.only_if.as_deref(), Some("test -e /x"));
    assert!(case.marks.needs_both && case.marks.deviation.is_some());
    assert_eq!(
        case.steps[0].ours.as_ref().unwrap().outcome,
        Some(Outcome::Number(1))
    );
}

#[test]
fn headers_belong_to_the_side_of_the_arrow_they_stand_on() {
    let case = one(
        "## t\nPUT /a\nX-A: b: c\nbody: escaped gzip\n    q\n\n    r\n=> 400, exactly bare\nAllow: absent\nX: /y/\n    no\nand matches\n    z\n",
    );
    let Action::Request(put) = &case.steps[0].action else {
        panic!("no request")
    };
    assert_eq!(put.headers, [("X-A".to_owned(), "b: c".to_owned())]);
    let body = put.body.as_ref().unwrap();
    assert_eq!(
        (body.words.clone(), body.block.clone()),
        (
            vec!["escaped".into(), "gzip".into()],
            vec!["q".into(), String::new(), "r".to_owned()]
        )
    );
    let expect = &case.steps[0].expect;
    assert_eq!(expect.headers[0].1, HeaderRule::Absent);
    assert_eq!(expect.headers[1].1, HeaderRule::Matches("y".into()));
    assert_eq!(
        expect
            .checks
            .iter()
            .map(|check| check.mode)
            .collect::<Vec<_>>(),
        [Mode::ExactlyBare, Mode::Matches]
    );
}

#[test]
fn steps_of_every_kind_are_understood() {
    let case = one(concat!(
        "## t\nRAW\n    GET / HTTP/1.1\n=> closed\nwait 3s until GET /m => 200\nsh\n    true\n=> 0, stderr empty\n",
        "file a/b.yml\n    x: 1\nstart --x\nrestart\nswap\nstop => 0\nsignal INT\nexit => 0\nlog contains\n    hello\n",
        "GET /a => any\ncapture T ^(x)\n"
    ));
    assert_eq!(case.steps.len(), 12);
    assert_eq!(case.steps[0].expect.outcome, Some(Outcome::Closed));
    assert!(
        matches!(&case.steps[1].action, Action::Wait { within, .. } if *within == Duration::from_secs(3))
    );
    assert_eq!(case.steps[2].expect.checks[0].stream, Stream::Stderr);
    assert!(matches!(&case.steps[3].action, Action::File { name, .. } if name == "a/b.yml"));
    assert_eq!(
        case.steps[11].expect.captures,
        [("T".to_owned(), "^(x)".to_owned())]
    );
}

#[test]
fn what_is_no_case_is_refused_with_its_line() {
    refused("## t\nwhatever\n", "x.md:2: no step begins with `whatever`");
    refused("## t\nGET / => 2oo\n", "no outcome `2oo`");
    refused(
        "## t\nGET / => 200, equals\n    x\n",
        "no way to compare is called `equals`",
    );
    refused("## t\nGET / => 200, contains\n", "needs indented lines");
    refused("## t\n\n## u\nGET / => 200\n", "has no step");
    refused("## t\nrun \"--x => 0\n", "a quote is left open");
    refused("## t\nGET /\nGET / => 200\n", "this step needs a `=>`");
    refused("## t\nGET / => 200\n    stray\n", "no step begins with");
}

#[test]
fn versions_are_compared_by_number() {
    assert!(Version::parse("1.11.3") > Version::parse("1.5.1+ds-1"));
    assert!(Version::parse("1.11.3") > Version::parse("1.11"));
    assert_eq!(Version::parse("1.5.1+ds"), Version(vec![1, 5, 1]));
    assert!(Version::parse("unknown") < Version::parse("0.1"));
}
