//! From the words of a line to the command they name.
//!
//! cobra does this before it knows the flags' meaning, by the flags of the commands passed so far: `-x v` skips a word
//! unless `-x` is known to need none.
//!
//! Source: cobra command.go, `Find`, `stripFlags`, `argsMinusFirstX`, `findNext`, `SuggestionsFor`.

use crate::{
    Flag,
    dialect::cobra::{App, Command, HELP, UsageError},
    value,
};

/// The commands from the root to the one found.
#[derive(Clone, Debug)]
pub(crate) struct Path(Vec<Command>);

/// Where the words lead.
#[derive(Debug)]
pub(crate) enum Found {
    /// To this command, with these words left for it.
    Command { path: Path, rest: Vec<Vec<u8>> },
    /// Nowhere.
    Unknown { path: Path, error: UsageError },
}

impl Path {
    pub(crate) fn new(root: Command) -> Self {
        Self(vec![root])
    }

    pub(crate) fn last(&self) -> Command {
        *self.0.last().expect("a path holds its root")
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// Names below the root.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.0.iter().skip(1).map(Command::name).collect()
    }

    pub(crate) fn command_path(&self) -> String {
        let names: Vec<&str> = self.0.iter().map(Command::name).collect();
        names.join(" ")
    }

    /// The command's own flags with `--help`, by name.
    pub(crate) fn local_flags(&self) -> Vec<Flag> {
        let command = self.last();
        let help = Flag::switch(HELP, HELP_TEXT).short('h');
        let help = if self.is_root() { help.hidden() } else { help };
        sorted([command.flags, command.shared_flags, &[help]].concat())
    }

    /// The flags of the commands above, by name.
    pub(crate) fn inherited_flags(&self) -> Vec<Flag> {
        let above = &self.0[..self.0.len() - 1];
        sorted(
            above
                .iter()
                .flat_map(|command| command.shared_flags.iter().copied())
                .collect(),
        )
    }

    pub(crate) fn flags(&self) -> Vec<Flag> {
        [self.local_flags(), self.inherited_flags()].concat()
    }
}

/// What help says about its flag; the braces stand for the command's name.
pub(crate) const HELP_TEXT: &str = "help for {}";

fn sorted(mut flags: Vec<Flag>) -> Vec<Flag> {
    flags.sort_by_key(|flag| flag.name);
    flags
}

/// The command `help`, which cobra gives every program.
pub(crate) const fn help_command(group: &'static str) -> Command {
    Command::new("help [command]", "Help about any command")
        .long(
            "Help provides help for any command in the application.\n\
             Simply type etcdctl help [path to command] for full details.",
        )
        .group(group)
}

/// Returns the commands under `command`, in the order of the table; the root has `help` too.
pub(crate) fn children(app: &App, path: &Path) -> Vec<Command> {
    let mut children = path.last().children.to_vec();
    if path.is_root() {
        children.push(help_command(app.help_group));
    }
    children
}

/// Finds the command that `words` name.
pub(crate) fn find(app: &App, words: &[Vec<u8>]) -> Found {
    let mut path = Path::new(app.root);
    let mut rest = words.to_vec();
    loop {
        let flags = path.flags();
        let Some(name) = command_words(&flags, &rest).first().copied() else {
            return Found::Command { path, rest };
        };
        let typed = rest[name].clone();
        match next(&children(app, &path), &typed) {
            Some(command) => {
                // cobra takes away the first word that looks the same, which is the one that was found.
                rest.remove(name);
                path.0.push(command);
            }
            None if path.is_root() => {
                let error = unknown(app, &path, &typed);
                return Found::Unknown { path, error };
            }
            None => return Found::Command { path, rest },
        }
    }
}

/// Returns the positions of the words that are neither flags nor values of flags.
fn command_words(flags: &[Flag], words: &[Vec<u8>]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let word = words[at].as_slice();
        if word == b"--" {
            break;
        }
        if takes_next(flags, word) {
            at += 1;
            if at + 1 >= words.len() {
                break;
            }
        } else if !word.is_empty() && !word.starts_with(b"-") {
            found.push(at);
        }
        at += 1;
    }
    found
}

/// Returns whether cobra takes the following word for the value of this one.
fn takes_next(flags: &[Flag], word: &[u8]) -> bool {
    if word.contains(&b'=') {
        return false;
    }
    match word {
        [b'-', b'-', name @ ..] => !flags
            .iter()
            .any(|flag| flag.is_switch() && flag.name.as_bytes() == name),
        [b'-', letter] => !flags
            .iter()
            .any(|flag| flag.is_switch() && flag.short == Some(char::from(*letter))),
        _ => false,
    }
}

/// Finds a command by its name, or by a beginning that only one has.
fn next(commands: &[Command], typed: &[u8]) -> Option<Command> {
    let exact = commands
        .iter()
        .find(|command| command.name().as_bytes() == typed);
    if exact.is_some() {
        return exact.copied();
    }
    let mut begun = commands
        .iter()
        .filter(|command| command.name().as_bytes().starts_with(typed));
    match (begun.next(), begun.next()) {
        (Some(command), None) => Some(*command),
        _ => None,
    }
}

fn unknown(app: &App, path: &Path, typed: &[u8]) -> UsageError {
    let lower = String::from_utf8_lossy(typed).to_lowercase();
    let suggested = children(app, path)
        .into_iter()
        .filter(|command| !command.hidden)
        .map(|command| command.name())
        .filter(|name| name.starts_with(&lower) || distance(&lower, name) <= SUGGESTED_WITHIN)
        .collect();
    UsageError::Command {
        quoted: value::quote(typed),
        path: path.command_path(),
        suggested,
    }
}

/// Returns how many letters must be added, taken away or replaced.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (count, letter) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], count + 1);
        for (column, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

/// Distance up to which a command is suggested for a mistyped one.
const SUGGESTED_WITHIN: usize = 2;
