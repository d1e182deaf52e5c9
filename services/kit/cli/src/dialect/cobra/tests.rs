//! Lines, texts and variables as cobra and pflag have them. Expected texts are what upstream's library prints for this tree.

use std::os::unix::ffi::OsStringExt;

use proptest::prelude::*;

use super::*;
use crate::{Kind, MapEnv};

const SHARED: &[Flag] = &[
    Flag::new("endpoints", Kind::List, "where")
        .default("a:1")
        .hidden(),
    Flag::new("wait", Kind::Duration, "how long")
        .default("5s")
        .hidden(),
    Flag::text("out", "format")
        .short('o')
        .default("simple")
        .hints(&["json", "simple"])
        .hidden(),
];

const GET: Command = Command::new("get [options] <key>", "Gets a key")
    .group("Keys")
    .flags(&[
        Flag::new("limit", Kind::Integer, "How many"),
        Flag::switch("prefix", "All that begin so").short('p'),
        Flag::text("order", "Which way").default("up"),
    ]);

const APP: App = App {
    root: Command::new("ctl", "A client.")
        .shared_flags(SHARED)
        .children(&[
            GET,
            Command::new("generate", "Makes things").group("Other"),
            Command::new("lease <subcommand>", "Leases")
                .long("All about leases\n")
                .group("Keys")
                .shared_flags(&[Flag::switch("all", "every one")])
                .children(&[
                    Command::new("grant <ttl>", "Creates leases").example("  ctl lease grant 5")
                ]),
            Command::new("shell [a|b]", "Scripts")
                .group("Other")
                .arguments(Arguments::OneOf(&["a", "b"])),
        ]),
    groups: &["Keys", "Other"],
    help_group: "Other",
    footer: "See also options.",
};

fn interpret(words: &[&str]) -> Outcome<Line> {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    APP.interpret("ctl", &words, &MapEnv::default())
}

fn line(words: &[&str]) -> Line {
    match interpret(words) {
        Outcome::Run(line) => line,
        other => panic!("{words:?}: {other:?}"),
    }
}

#[track_caller]
fn refused(words: &[&str], first_line: &str) {
    match interpret(words) {
        Outcome::Refused { stderr, exit_code } => {
            assert_eq!(stderr.lines().next(), Some(first_line));
            assert_eq!(exit_code, 1);
        }
        other => panic!("{words:?}: {other:?}"),
    }
}

#[track_caller]
fn printed(words: &[&str], text: &str) {
    match interpret(words) {
        Outcome::Finished { stdout } => assert_eq!(stdout, text),
        other => panic!("{words:?}: {other:?}"),
    }
}

#[test]
fn flags_and_arguments_may_be_mixed_and_the_last_value_counts() {
    let line = line(&[
        "--out",
        "x",
        "get",
        "--limit=0x10",
        "a",
        "-p",
        "-ojson",
        "b",
        "--",
        "--limit",
    ]);
    assert_eq!(line.command, ["get"]);
    assert_eq!(
        line.arguments,
        [b"a".to_vec(), b"b".to_vec(), b"--limit".to_vec()]
    );
    assert_eq!(line.matches.number::<i64>("limit"), 16);
    assert!(line.matches.switch("prefix"));
    assert_eq!(line.matches.text("out"), "json");
    assert_eq!(line.matches.text("order"), "up");
}

#[test]
fn lists_grow_and_replace_their_default() {
    assert_eq!(line(&["get"]).matches.texts("endpoints"), ["a:1"]);
    let line = line(&["get", "--endpoints=b,\"c,d\"", "--endpoints", "e"]);
    assert_eq!(line.matches.texts("endpoints"), ["b", "c,d", "e"]);
    let line = self::line(&["get", "--endpoints", ""]);
    assert!(line.matches.is_set("endpoints") && line.matches.texts("endpoints").is_empty());
}

#[test]
fn arguments_are_bytes_and_flags_are_text() {
    let words = |word: &[u8]| vec!["get".into(), OsString::from_vec(word.to_vec())];
    match APP.interpret("ctl", &words(b"\xff"), &MapEnv::default()) {
        Outcome::Run(line) => assert_eq!(line.arguments, [b"\xff".to_vec()]),
        other => panic!("{other:?}"),
    }
    let refusal = APP.interpret("ctl", &words(b"--order=\xff"), &MapEnv::default());
    assert!(matches!(refusal, Outcome::Refused { .. }));
}

#[test]
fn commands_are_known_by_a_beginning_that_is_theirs_alone() {
    assert_eq!(line(&["gen"]).command, ["generate"]);
    assert_eq!(line(&["get"]).command, ["get"]);
    assert_eq!(line(&["l", "g", "5"]).command, ["lease", "grant"]);
    refused(&["ge"], "Error: unknown command \"ge\" for \"ctl\"");
}

#[test]
fn an_unknown_command_is_told_with_what_looks_like_it() {
    match interpret(&["gett"]) {
        Outcome::Refused { stderr, .. } => assert_eq!(
            stderr,
            "Error: unknown command \"gett\" for \"ctl\"\n\nDid you mean this?\n\tget\n\nRun 'ctl --help' for usage.\n"
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn mistakes_are_told_in_pflags_words() {
    refused(&["get", "--foo"], "Error: unknown flag: --foo");
    refused(&["get", "-x"], "Error: unknown shorthand flag: 'x' in -x");
    refused(&["get", "-px"], "Error: unknown shorthand flag: 'x' in -x");
    refused(
        &["get", "--limit"],
        "Error: flag needs an argument: --limit",
    );
    refused(&["get", "-o"], "Error: flag needs an argument: 'o' in -o");
    refused(&["get", "--=3"], "Error: bad flag syntax: --=3");
    refused(
        &["get", "--limit", "x"],
        "Error: invalid argument \"x\" for \"--limit\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
    );
    refused(
        &["get", "--prefix=x"],
        "Error: invalid argument \"x\" for \"-p, --prefix\" flag: strconv.ParseBool: parsing \"x\": invalid syntax",
    );
    refused(
        &["get", "--wait", "1d"],
        "Error: invalid argument \"1d\" for \"--wait\" flag: time: unknown unit \"d\" in duration \"1d\"",
    );
    refused(
        &["get", "--endpoints", "a,\"b"],
        "Error: invalid argument \"a,\\\"b\" for \"--endpoints\" flag: parse error on line 1, column 5: extraneous or \
         missing \" in quoted-field",
    );
    refused(&["shell"], "Error: accepts 1 arg(s), received 0");
    refused(
        &["shell", "c"],
        "Error: invalid argument \"c\" for \"ctl shell\"",
    );
}

#[test]
fn the_usage_follows_a_mistake() {
    match interpret(&["shell"]) {
        Outcome::Refused { stderr, .. } => assert_eq!(
            stderr,
            "Error: accepts 1 arg(s), received 0\nUsage:\n  ctl shell [a|b]\n\nFlags:\n  -h, --help   help for shell\n\n"
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn help_lists_commands_by_group_and_name() {
    let text = "A client.\n\nUsage:\n  ctl [command]\n\nKeys\n  get         Gets a key\n  lease       Leases\n\nOther\n  \
                generate    Makes things\n  help        Help about any command\n  shell       Scripts\n\n\
                Use \"ctl [command] --help\" for more information about a command.\nSee also options.\n";
    printed(&[], text);
    printed(&["--help"], text);
    printed(&["help"], text);
}

#[test]
fn help_of_a_command_tells_its_flags_with_types_and_defaults() {
    printed(
        &["get", "-h"],
        "Gets a key\n\nUsage:\n  ctl get [options] <key> [flags]\n\nFlags:\n  -h, --help           help for get\n      \
         --limit int      How many\n      --order string   Which way (default \"up\")\n  -p, --prefix         All that \
         begin so\nSee also options.\n",
    );
    printed(
        &["help", "lease", "grant"],
        "Creates leases\n\nUsage:\n  ctl lease grant <ttl> [flags]\n\nExamples:\n  ctl lease grant 5\n\nFlags:\n  -h, \
         --help   help for grant\n\nGlobal Flags:\n      --all   every one\nSee also options.\n",
    );
    printed(
        &["lease"],
        "All about leases\n\nUsage:\n  ctl lease [command]\n\nAvailable Commands:\n  grant       Creates leases\n\n\
         Flags:\n      --all    every one\n  -h, --help   help for lease\n\n\
         Use \"ctl lease [command] --help\" for more information about a command.\nSee also options.\n",
    );
}

#[test]
fn hidden_flags_show_their_defaults_when_they_are_asked_for() {
    assert_eq!(
        flag_usages(SHARED),
        "      --endpoints strings   where (default [a:1])\n  -o, --out string          format (default \"simple\")\n      \
         --wait duration       how long (default 5s)\n"
    );
}

#[test]
fn variables_set_inherited_flags_that_were_not_written() {
    let env = MapEnv::from([
        ("CTL_OUT", "json"),
        ("CTL_ENDPOINTS", "x,y"),
        ("CTL_WAIT", "1s"),
        ("CTL_LIMIT", "3"),
        ("CTL_KNOWN", ""),
        ("CTLX", "1"),
    ]);
    let mut line = line(&["get", "--out=simple"]);
    let findings = line.set_from_env("CTL", &["CTL_KNOWN"], &env);
    assert_eq!(line.matches.text("out"), "simple");
    assert_eq!(line.matches.texts("endpoints"), ["x", "y"]);
    assert!(line.matches.is_set("wait"));
    let unknown = EnvFinding::Unknown {
        assignment: "CTL_LIMIT=3".to_owned(),
    };
    let shadowed = EnvFinding::Shadowed {
        variable: "CTL_OUT".to_owned(),
    };
    assert_eq!(findings, [unknown, shadowed]);
    assert_eq!(
        line.inherited_values(),
        [
            ("endpoints", "[x,y]".to_owned()),
            ("out", "simple".to_owned()),
            ("wait", "1s".to_owned())
        ]
    );
}

#[test]
fn a_variable_whose_flag_refuses_it_changes_nothing_and_is_told() {
    let mut line = line(&["get"]);
    let findings = line.set_from_env("CTL", &[], &MapEnv::from([("CTL_WAIT", "x")]));
    assert_eq!(line.matches.text("wait"), "5s");
    assert!(
        matches!(&findings[..], [EnvFinding::Refused { variable, .. }] if variable == "CTL_WAIT")
    );
}

#[test]
fn shells_are_answered_in_cobras_protocol() {
    printed(
        &["__complete", "g"],
        "generate\tMakes things\nget\tGets a key\n:4\n",
    );
    printed(&["__complete", "lease", ""], "grant\tCreates leases\n:4\n");
    printed(&["__complete", "get", "--l"], "--limit\tHow many\n:4\n");
    printed(&["__complete", "get", "-h"], "-h\thelp for get\n:4\n");
    printed(&["__complete", "get", "-o", ""], "json\nsimple\n:0\n");
    printed(&["__complete", "get", "--out=j"], "json\nsimple\n:0\n");
    printed(&["__complete", "get", "a"], ":0\n");
    printed(&["__complete", "shell", "b"], "b\n:4\n");
    printed(&["__complete", "help", "le"], "lease\tLeases\n:4\n");
    printed(&["__complete", "foo", "b"], ":0\n");
}

#[test]
fn every_shell_has_a_script_that_names_the_program() {
    for shell in SHELLS {
        let script = completion_script(shell, "ctl").expect(shell);
        assert!(script.contains("ctl __complete") || script.contains("__complete"));
        assert!(!script.contains("PROGRAM"));
    }
    assert_eq!(completion_script("csh", "ctl"), None);
}

proptest! {
    #[test]
    fn no_line_makes_it_panic(words: Vec<Vec<u8>>) {
        let words: Vec<OsString> = words.into_iter().map(OsString::from_vec).collect();
        drop(APP.interpret("ctl", &words, &MapEnv::default()));
    }

    #[test]
    fn what_stands_behind_the_dashes_is_left_alone(words: Vec<Vec<u8>>) {
        let typed = ["get", "--"].map(|word| word.as_bytes().to_vec());
        let all = typed.into_iter().chain(words.clone()).map(OsString::from_vec).collect::<Vec<_>>();
        match APP.interpret("ctl", &all, &MapEnv::default()) {
            Outcome::Run(line) => prop_assert_eq!(line.arguments, words),
            other => prop_assert!(false, "{:?}", other),
        }
    }
}
