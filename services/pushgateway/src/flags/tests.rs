//! The texts in `testdata/kingpin` were printed by upstream 1.11.3.

use std::ffi::OsString;

use kit_cli::{
    MapEnv,
    dialect::{Dialect, Outcome},
};

use super::*;

/// What `--version` of the upstream program printed that wrote the man page.
const UPSTREAM_VERSION_TEXT: &str = "\
pushgateway, version 1.11.3 (branch: HEAD, revision: v1.11.3)
  build user:       peers
  build date:       20260101-00:00:00
  go version:       go1.26.8
  platform:         linux/amd64
  tags:             unknown";

#[track_caller]
fn printed(words: &[&str]) -> String {
    let app = App::new("The Pushgateway", UPSTREAM_VERSION_TEXT.to_owned(), FLAGS);
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    match app.interpret(PROGRAM, &words, &MapEnv::from([("COLUMNS", "80")])) {
        Outcome::Finished { stdout } => stdout,
        other => panic!("{words:?} prints nothing: {other:?}"),
    }
}

/// Cuts our flags off a text that ends with them. Each of them must be marked.
#[track_caller]
fn without_ours<'a>(text: &'a str, first: &str) -> &'a str {
    let (upstreams, ours) = text.split_at(text.find(first).expect("our first flag"));
    let unwrapped: Vec<&str> = ours.split_whitespace().collect();
    let marks = unwrapped.join(" ").matches("(Not in upstream.)").count();
    assert_eq!(marks, FLAGS.iter().filter(|flag| flag.ours).count());
    upstreams
}

#[test]
fn help_is_upstreams_with_our_flags_at_the_end() {
    let help = printed(&["--help"]);
    let upstreams = include_str!("../../testdata/kingpin/help.txt");
    assert_eq!(
        format!("{}\n", without_ours(&help, "      --push.max-body-bytes")),
        upstreams
    );
    assert_eq!(printed(&["-h"]), help);
}

#[test]
fn the_man_page_is_upstreams_with_our_flags_at_the_end() {
    let page = printed(&["--help-man"]);
    let upstreams = include_str!("../../testdata/kingpin/man.txt");
    assert_eq!(
        without_ours(&page, ".TP\n\\fB--push.max-body-bytes"),
        upstreams
    );
}

#[test]
fn completion_knows_upstreams_hints() {
    let offered = |words: &[&str]| printed(&[&["--completion-bash"], words].concat());
    assert_eq!(offered(&["--log.level"]), "debug\ninfo\nwarn\nerror");
    assert_eq!(offered(&["--log.format", "x"]), "logfmt\njson");
    assert_eq!(offered(&["--web.listen-address"]), ":9091");
    assert!(offered(&["--w"]).starts_with("--help\n--web.systemd-socket\n--web.listen-address\n"));
}

#[test]
fn the_version_names_the_release_it_replaces_and_the_toolchain() {
    let text = build_info().version_text(PROGRAM);
    assert!(
        text.starts_with("pushgateway, version 1.11.3+casemate."),
        "{text}"
    );
    assert!(text.contains("\n  go version:       rustc-1."), "{text}");
    assert!(text.contains("\n  tags:             "), "{text}");
}
