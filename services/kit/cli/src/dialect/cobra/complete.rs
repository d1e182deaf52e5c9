//! Completion: what may follow the words typed so far, in cobra's protocol, and scripts of ours that ask for it.
//!
//! A shell runs `etcdctl __complete WORD... PARTIAL` and reads candidates, one a line, with a description behind a tab;
//! the last line is `:4` when file names make no sense, else `:0`. Scripts written by upstream's program ask the same.
//!
//! Source: cobra completions.go.

use crate::{
    Flag,
    dialect::cobra::{
        App, Arguments, HELP,
        find::{self, Found, Path},
    },
};

/// Shells there is a script for.
pub const SHELLS: &[&str] = &["bash", "zsh", "fish", "powershell"];

/// Returns the script that completes `program` in one of [`SHELLS`].
#[must_use]
pub fn completion_script(shell: &str, program: &str) -> Option<String> {
    let script = match shell {
        "bash" => include_str!("completion/bash.sh"),
        "zsh" => include_str!("completion/zsh.sh"),
        "fish" => include_str!("completion/fish.fish"),
        "powershell" => include_str!("completion/powershell.ps1"),
        _ => return None,
    };
    Some(script.replace("PROGRAM", program))
}

/// Returns the words to complete when a shell asks.
pub(crate) fn asked(words: &[Vec<u8>]) -> Option<&[Vec<u8>]> {
    match words.split_first()? {
        (first, typed) if first == b"__complete" || first == b"__completeNoDesc" => Some(typed),
        _ => None,
    }
}

/// Returns the candidates for the last of `typed`, and the line that ends them.
pub(crate) fn candidates(app: &App, typed: &[Vec<u8>]) -> String {
    let Some((partial, before)) = typed.split_last() else {
        return FILES.to_owned();
    };
    let partial = String::from_utf8_lossy(partial);
    let Found::Command { path, rest } = find::find(app, before) else {
        return FILES.to_owned();
    };
    let flags = path.flags();
    if let Some(flag) = waiting(&flags, before, &partial) {
        return lines(flag.hints.iter().map(|hint| (*hint).to_owned()), FILES);
    }
    if partial.starts_with('-') {
        return flag_names(&path, &partial);
    }
    let arguments = rest.iter().filter(|word| !word.starts_with(b"-")).count();
    let command = path.last();
    if let (Arguments::OneOf(words), 0) = (command.arguments, arguments) {
        let fitting = words.iter().filter(|word| word.starts_with(&*partial));
        return lines(fitting.map(|word| (*word).to_owned()), NO_FILES);
    }
    let parent = if command.name() == HELP {
        match find::find(app, &rest) {
            Found::Command { path, .. } => path,
            Found::Unknown { .. } => return NO_FILES.to_owned(),
        }
    } else {
        path
    };
    if parent.last().runnable() {
        return FILES.to_owned();
    }
    command_names(app, &parent, &partial)
}

/// Returns the flag whose value the last word is: `--flag PARTIAL` or `--flag=PARTIAL`.
fn waiting<'a>(flags: &'a [Flag], before: &[Vec<u8>], partial: &str) -> Option<&'a Flag> {
    let of_word = |word: &str| {
        let by_name = |flag: &&Flag| word.strip_prefix("--") == Some(flag.name);
        let by_letter = |flag: &&Flag| {
            flag.short
                .is_some_and(|letter| word == format!("-{letter}"))
        };
        flags
            .iter()
            .find(|flag| !flag.is_switch() && (by_name(flag) || by_letter(flag)))
    };
    if let Some((word, _)) = partial.split_once('=') {
        return of_word(word);
    }
    if partial.starts_with('-') {
        return None;
    }
    of_word(std::str::from_utf8(before.last()?).ok()?)
}

fn flag_names(path: &Path, partial: &str) -> String {
    let help = format!("help for {}", path.last().name());
    let mut shown = path.flags();
    shown.retain(|flag| !flag.hidden);
    shown.sort_by_key(|flag| flag.name);
    let mut candidates = Vec::new();
    for flag in shown {
        let text = flag.help.replace(find::HELP_TEXT, &help);
        let long = format!("--{}", flag.name);
        let short = flag.short.map(|letter| format!("-{letter}"));
        for name in [Some(long), short].into_iter().flatten() {
            if name.starts_with(partial) {
                candidates.push(format!("{name}\t{text}"));
            }
        }
    }
    lines(candidates.into_iter(), NO_FILES)
}

fn command_names(app: &App, path: &Path, partial: &str) -> String {
    let mut children = find::children(app, path);
    children.retain(|command| !command.hidden && command.name().starts_with(partial));
    children.sort_by_key(super::Command::name);
    let line = |command: &super::Command| format!("{}\t{}", command.name(), command.short);
    lines(children.iter().map(line), NO_FILES)
}

fn lines(candidates: impl Iterator<Item = String>, end: &str) -> String {
    candidates
        .map(|candidate| candidate + "\n")
        .chain([end.to_owned()])
        .collect()
}

const FILES: &str = ":0\n";
const NO_FILES: &str = ":4\n";
