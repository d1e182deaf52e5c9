//! Shell completion: the scripts, and the words they ask the program for.
//!
//! Source: kingpin app.go, `completionOptions`; cmd.go, `FlagCompletion`; templates.go.

use crate::{Flag, Kind};

/// Returns the completions of a typed line, one on each line, without a newline at the end.
///
/// `words` holds the whole line; its first word is the request for completion itself.
pub(super) fn options(flags: &[Flag], words: &[String], words_only: bool) -> String {
    let typed = words.get(1..).unwrap_or_default();
    let current = typed.last().map_or("", String::as_str);
    let previous = typed
        .len()
        .checked_sub(2)
        .map_or("", |index| typed[index].as_str());
    let (name, value) = match (previous.strip_prefix("--"), current.strip_prefix("--")) {
        (_, Some(name)) => (name, ""),
        (Some(name), None) => (name, current),
        (None, None) => return String::new(),
    };
    if words_only {
        return String::new();
    }
    match flags.iter().find(|flag| flag.name == name) {
        Some(flag) => values(flag, value).join("\n"),
        None => {
            let names = flags
                .iter()
                .filter(|flag| !flag.hidden)
                .map(|flag| format!("--{}", flag.name));
            names.collect::<Vec<_>>().join("\n")
        }
    }
}

/// Returns the values to offer for a flag: none once what is typed is one of them and the start of no other.
fn values(flag: &Flag, typed: &str) -> &'static [&'static str] {
    let hints = match flag.kind {
        Kind::Choice(choice) => choice.words,
        _ => flag.hints,
    };
    let is_complete = hints.contains(&typed)
        && !hints
            .iter()
            .any(|hint| *hint != typed && hint.starts_with(typed));
    if is_complete { &[] } else { hints }
}

/// Returns the text of `--completion-script-bash`.
pub(super) fn bash_script(program: &str) -> String {
    include_str!("completion/bash").replace("{{program}}", program)
}

/// Returns the text of `--completion-script-zsh`.
pub(super) fn zsh_script(program: &str) -> String {
    include_str!("completion/zsh").replace("{{program}}", program)
}
