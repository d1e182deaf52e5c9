use super::*;
use crate::MapEnv;

const FLAGS: &[Flag] = &[
    Flag::text("name", "").default("default").repeatable(),
    Flag::new("on", Kind::Bool, "").default("true").repeatable(),
    Flag::new("count", Kind::Checked(values::uint), "")
        .default("5")
        .repeatable(),
    Flag::new("wait", Kind::Checked(values::duration), "")
        .default("1s")
        .repeatable(),
    Flag::new("urls", Kind::Checked(values::urls), "")
        .default("")
        .repeatable(),
    Flag::new("old", Kind::Ignored, "").repeatable(),
];

fn interpret(words: &[&str]) -> Outcome<GoMatches> {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let app = App::new(FLAGS.to_vec(), "usage\n", "help".to_owned());
    app.interpret("etcd", &words, &MapEnv::default())
}

#[track_caller]
fn run(words: &[&str]) -> GoMatches {
    match interpret(words) {
        Outcome::Run(matches) => matches,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn refused(words: &[&str], text: &str) {
    match interpret(words) {
        Outcome::Refused { stderr, exit_code } => {
            assert_eq!(stderr, format!("{text}\nusage\n"));
            assert_eq!(exit_code, 2);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_dash_and_two_are_the_same_and_the_last_value_counts() {
    for words in [
        &["-name", "a"][..],
        &["--name", "a"],
        &["-name=a"],
        &["--name=b", "--name=a"],
    ] {
        let matches = run(words);
        assert_eq!(matches.flags.text("name"), "a");
        assert!(matches.flags.is_set("name"));
    }
    assert_eq!(run(&[]).flags.text("name"), "default");
    assert_eq!(run(&["--name", "--on"]).flags.text("name"), "--on");
    assert_eq!(run(&["--name="]).flags.text("name"), "");
}

#[test]
fn a_truth_value_takes_its_value_behind_a_sign_only() {
    assert!(run(&["--on"]).flags.is_set("on"));
    assert_eq!(run(&["--on=F"]).flags.text("on"), "F");
    let matches = run(&["--on", "false", "--name=a"]);
    assert_eq!(matches.flags.text("on"), "true");
    assert_eq!(matches.rest, ["false", "--name=a"]);
    refused(
        &["--on=yes"],
        "invalid boolean value \"yes\" for -on: parse error",
    );
}

#[test]
fn the_first_word_that_is_no_flag_ends_the_flags() {
    assert_eq!(run(&["x", "--name", "a"]).rest, ["x", "--name", "a"]);
    assert_eq!(run(&["--on", "--", "--name"]).rest, ["--name"]);
    assert_eq!(run(&["-"]).rest, ["-"]);
    assert_eq!(run(&[""]).rest, [""]);
}

#[test]
fn mistakes_are_told_in_gos_words() {
    refused(&["--nope"], "flag provided but not defined: -nope");
    refused(&["--nope=1"], "flag provided but not defined: -nope");
    refused(&["--name"], "flag needs an argument: -name");
    refused(&["---name"], "bad flag syntax: ---name");
    refused(&["--=x"], "bad flag syntax: --=x");
    refused(
        &["--count", "-1"],
        "invalid value \"-1\" for flag -count: parse error",
    );
    refused(
        &["--count", "18446744073709551616"],
        "invalid value \"18446744073709551616\" for flag -count: value out of range",
    );
    refused(
        &["--wait=1d"],
        "invalid value \"1d\" for flag -wait: parse error",
    );
    refused(
        &["--urls=a:1"],
        "invalid value \"a:1\" for flag -urls: URL scheme must be http, https, unix, or unixs: a:1",
    );
}

#[test]
fn what_does_nothing_any_more_takes_anything() {
    assert!(run(&["--old"]).flags.is_set("old"));
    assert!(run(&["--old=whatever"]).flags.is_set("old"));
}

#[test]
fn help_comes_before_later_mistakes_and_after_earlier_ones() {
    for words in [&["-h"][..], &["--help"], &["--on", "--help", "--nope"]] {
        assert!(
            matches!(interpret(words), Outcome::Explained { stdout, stderr } if stdout == "help" && stderr == "usage\n")
        );
    }
    refused(
        &["--nope", "--help"],
        "flag provided but not defined: -nope",
    );
}
