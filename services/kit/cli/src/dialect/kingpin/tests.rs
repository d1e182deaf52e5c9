//! Expected texts come from programs built with kingpin v2.4.0.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt};

use super::*;
use crate::{Choice, Kind, MapEnv, value::quote};

const LEVEL: Choice = Choice {
    words: &["debug", "info", "infoless"],
    any_case: true,
    refusal: "unrecognized log level",
};

const FLAGS: &[Flag] = &[
    Flag::text("listen", "Addresses to listen on.")
        .default(":9091")
        .hints(&[":9091"])
        .repeatable(),
    Flag::text("path", "Path to write to.")
        .default("/metrics")
        .short('p'),
    Flag::switch("lifecycle", "Enable shutdown via HTTP request.").short('l'),
    Flag::new("interval", Kind::Duration, "Time between writes.").default("5m"),
    Flag::new("url", Kind::Url, "Where we are found.").default(""),
    Flag::new(
        "level",
        Kind::Choice(&LEVEL),
        "Least level. One of: [debug, info]",
    )
    .default("info"),
    Flag::new("limit", Kind::Count, "Most groups.")
        .default("0")
        .ours(),
];

fn app() -> App {
    App::new("The program", "program, version 1".to_owned(), FLAGS)
}

fn interpret(words: &[&str]) -> Outcome<Matches> {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    app().interpret("program", &words, &MapEnv::from([("COLUMNS", "80")]))
}

#[track_caller]
fn matches(words: &[&str]) -> Matches {
    match interpret(words) {
        Outcome::Run(matches) => matches,
        other => panic!("{words:?} does not run: {other:?}"),
    }
}

#[track_caller]
fn refused(words: &[&str], reason: &str) {
    match interpret(words) {
        Outcome::Refused {
            stderr,
            exit_code: 1,
        } => {
            assert_eq!(stderr, format!("program: error: {reason}, try --help\n"));
        }
        other => panic!("{words:?} is not refused: {other:?}"),
    }
}

#[track_caller]
fn printed(words: &[&str]) -> String {
    match interpret(words) {
        Outcome::Finished { stdout } => stdout,
        other => panic!("{words:?} prints nothing: {other:?}"),
    }
}

#[test]
fn flags_not_written_have_their_defaults() {
    let matches = matches(&[]);
    assert_eq!(matches.texts("listen"), [":9091"]);
    assert_eq!(matches.text("path"), "/metrics");
    assert_eq!(matches.text("url"), "");
    assert!(!matches.switch("lifecycle"));
    assert!(!matches.is_set("path"));
}

#[test]
fn values_follow_an_equals_sign_or_a_blank() {
    let matches = matches(&["--path=a=b", "--url", "http://x/", "--interval=-1d"]);
    assert_eq!(matches.text("path"), "a=b");
    assert_eq!(matches.text("url"), "http://x/");
    assert_eq!(matches.text("interval"), "-1d");
    assert!(matches.is_set("path"));
}

#[test]
fn values_may_be_empty_or_look_strange() {
    assert_eq!(matches(&["--path="]).text("path"), "");
    assert_eq!(matches(&["--path", "-"]).text("path"), "");
    assert_eq!(matches(&["--path=--lifecycle"]).text("path"), "--lifecycle");
    assert_eq!(matches(&["--path", "--", "@x"]).text("path"), "@x");
    assert_eq!(matches(&["--path= \n\"é"]).text("path"), " \n\"é");
}

#[test]
fn repeatable_flags_collect_and_replace_the_default() {
    assert_eq!(
        matches(&["--listen=:1", "--listen", ":2"]).texts("listen"),
        [":1", ":2"]
    );
}

#[test]
fn switches_turn_on_and_off() {
    assert!(matches(&["--lifecycle"]).switch("lifecycle"));
    assert!(!matches(&["--no-lifecycle"]).switch("lifecycle"));
    assert!(matches(&["--no-lifecycle"]).is_set("lifecycle"));
}

#[test]
fn short_flags_combine_and_take_values() {
    let matches = matches(&["-lpx"]);
    assert!(matches.switch("lifecycle"));
    assert_eq!(matches.text("path"), "x");
}

#[test]
fn mistakes_are_told_in_upstreams_words() {
    refused(&["--foo"], "unknown long flag '--foo'");
    refused(&["-foo"], "unknown short flag '-f'");
    refused(&["--no-path"], "unknown long flag '--no-path'");
    refused(&["stray"], "unexpected stray");
    refused(&["--lifecycle=true"], "unexpected true");
    refused(&["--", "--lifecycle"], "unexpected --lifecycle");
    refused(&["--path"], "expected argument for flag '--path'");
    refused(&["-p"], "expected argument for flag '-p'");
    refused(
        &["--path", "--lifecycle"],
        "expected argument for flag '--path'",
    );
    refused(&["--path=a", "--path=b"], "flag 'path' cannot be repeated");
    refused(
        &["--lifecycle", "--no-lifecycle"],
        "flag 'lifecycle' cannot be repeated",
    );
    refused(&["--level=foo"], "unrecognized log level foo");
    refused(&["--interval=xx"], r#"time: invalid duration "xx""#);
    refused(
        &["--url=:x"],
        r#"invalid URL: parse ":x": missing protocol scheme"#,
    );
    refused(
        &["--limit=-1"],
        r#"invalid count "-1": expected a whole number from 0 to 18446744073709551615"#,
    );
}

#[test]
fn the_first_mistake_is_told_and_syntax_comes_before_values() {
    refused(&["--level=x", "--interval=y"], "unrecognized log level x");
    refused(&["--level=x", "--foo"], "unknown long flag '--foo'");
}

#[test]
fn version_and_help_win_over_mistakes_as_upstream_does_it() {
    assert_eq!(printed(&["--version", "--foo"]), "program, version 1\n");
    assert_eq!(printed(&["--level=x", "--version"]), "program, version 1\n");
    refused(&["--foo", "--version"], "unknown long flag '--foo'");
    refused(&["--help", "--foo"], "unknown long flag '--foo'");
    assert_eq!(printed(&["--level=x", "--help"]), printed(&["-h"]));
}

#[test]
fn a_word_that_is_not_utf8_is_refused() {
    let words = [OsStr::from_bytes(b"--path=\xff").to_owned()];
    let Outcome::Refused { stderr, .. } = app().interpret("program", &words, &MapEnv::default())
    else {
        panic!("not refused");
    };
    assert_eq!(
        stderr,
        "program: error: argument \"--path=\u{fffd}\" is not valid UTF-8, try --help\n"
    );
}

fn file(directory: &tempfile::TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = directory.path().join(name);
    fs::write(&path, content).unwrap();
    format!("@{}", path.display())
}

#[test]
fn argument_files_stand_for_their_lines() {
    let directory = tempfile::tempdir().unwrap();
    let inner = file(&directory, "inner", "--lifecycle\n");
    let outer = file(
        &directory,
        "outer",
        format!("# comment\n\n  \n--path=a b\r\n{inner}\n--level\ndebug"),
    );
    let matches = matches(&[&outer, "--interval=1s"]);
    assert_eq!(matches.text("path"), "a b");
    assert!(matches.switch("lifecycle"));
    assert_eq!(matches.text("level"), "debug");
    assert_eq!(matches.text("interval"), "1s");
}

#[test]
fn unreadable_argument_files_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    refused(&["@"], "expected @ file to expand arguments from");
    refused(
        &["@/no/such"],
        r#"failed to open arguments file "/no/such": open /no/such: no such file or directory"#,
    );
    refused(
        &["--path", "@/no/such"],
        "expected argument for flag '--path'",
    );
    let name = directory.path().display();
    refused(
        &[&format!("@{name}")],
        &format!(r#"failed to read arguments from "{name}": read {name}: is a directory"#),
    );
}

#[test]
fn argument_files_are_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let check = |word: &str, reason: &str| {
        refused(
            &[word],
            &format!(
                "failed to read arguments from {}: {reason}",
                quote(&word[1..])
            ),
        );
    };
    check(
        &file(&directory, "line", "x".repeat(65_536)),
        "bufio.Scanner: token too long",
    );
    check(
        &file(&directory, "big", "#\n".repeat(600_000)),
        "more than 1048576 bytes",
    );
    check(&file(&directory, "bytes", b"\xff"), "not valid UTF-8");
    let itself = format!("@{}", directory.path().join("itself").display());
    file(&directory, "itself", &itself);
    check(&itself, "more than 64 argument files");
}

#[test]
fn help_has_two_columns_and_ends_with_our_flags() {
    let expected = "\
usage: program [<flags>]

The program


Flags:
  -h, --[no-]help         Show context-sensitive help (also try --help-long and
                          --help-man).
      --listen=:9091 ...  Addresses to listen on.
  -p, --path=\"/metrics\"   Path to write to.
  -l, --[no-]lifecycle    Enable shutdown via HTTP request.
      --interval=5m       Time between writes.
      --url=              Where we are found.
      --level=info        Least level. One of: [debug, info]
      --[no-]version      Show application version.
      --limit=0           Most groups. (Not in upstream.)

";
    assert_eq!(printed(&["--help"]), expected);
    assert_eq!(
        printed(&["--help-long"]),
        expected.replace("\n\n\nFlags", "\n\nFlags")
    );
}

#[test]
fn the_man_page_holds_the_version_and_every_flag() {
    let page = printed(&["--help-man"]);
    assert!(
        page.starts_with(".TH program 1 program, version 1 \"\"\n.SH \"NAME\"\nprogram\n"),
        "{page}"
    );
    assert!(
        page.contains(".TP\n\\fB-p, --path=\"/metrics\"\\fR\nPath to write to.\n"),
        "{page}"
    );
    assert!(
        page.ends_with(".TP\n\\fB--limit=0\\fR\nMost groups. (Not in upstream.)\n"),
        "{page}"
    );
}

#[test]
fn completion_offers_flags_and_their_values() {
    let offered = |words: &[&str]| printed(&[&["--completion-bash"], words].concat());
    let all =
        "--help\n--listen\n--path\n--lifecycle\n--interval\n--url\n--level\n--version\n--limit";
    assert_eq!(offered(&["--"]), all);
    assert_eq!(offered(&["--le"]), all);
    assert_eq!(offered(&["--level"]), "debug\ninfo\ninfoless");
    assert_eq!(offered(&["--level", "d"]), "debug\ninfo\ninfoless");
    assert_eq!(
        offered(&["--level", "info"]),
        "debug\ninfo\ninfoless",
        "another value starts so"
    );
    assert_eq!(offered(&["--level", "debug"]), "");
    assert_eq!(offered(&["--listen", ""]), ":9091");
    assert_eq!(offered(&["--path", ""]), "");
    assert_eq!(offered(&["stray"]), "");
    assert_eq!(offered(&["--", "x", "--"]), "");
}

#[test]
fn completion_scripts_name_the_program() {
    let bash = printed(&["--completion-script-bash"]);
    assert!(
        bash.ends_with("complete -F _program_bash_autocomplete -o default program\n\n"),
        "{bash}"
    );
    let zsh = printed(&["--completion-script-zsh"]);
    assert!(zsh.starts_with("#compdef program\n"), "{zsh}");
}

/// Widths from a program that calls Go's `doc.ToText`.
#[test]
fn text_wraps_evenly_and_rather_after_punctuation() {
    let text = "Path to configuration file that can enable TLS or authentication. See: \
                https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md";
    let lines = wrap::wrap(text, 48);
    assert_eq!(lines[0], "Path to configuration file that can");
    assert_eq!(lines[1], "enable TLS or authentication. See:");
    assert_eq!(wrap::wrap("a b", 1), ["a", "b"]);
    assert_eq!(wrap::wrap("a b", -1), ["a b"]);
    assert_eq!(wrap::wrap("", 10), [""]);
    assert_eq!(
        wrap::wrap(&"x ".repeat(41), 0).len(),
        2,
        "no width means 80"
    );
}

proptest::proptest! {
    #[test]
    fn no_line_makes_the_parser_panic(words in proptest::collection::vec("(--?(no-)?(path|lifecycle|listen|level|x)?(=.{0,4})?|-[lphx]{0,3}|.{0,6})", 0..6)) {
        let words: Vec<&str> = words.iter().map(|word| word.trim_start_matches('@')).collect();
        drop(interpret(&words));
    }
}
