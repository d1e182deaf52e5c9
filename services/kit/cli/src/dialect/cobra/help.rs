//! Help and usage texts.
//!
//! Source: cobra command.go, the default help and usage templates; pflag flag.go, `FlagUsages`.

use std::fmt::Write;

use crate::{
    Flag, Kind,
    dialect::cobra::{
        App, Command,
        find::{self, Path},
        value,
    },
    value::quote,
};

/// Returns what `--help` prints for the command at the end of `path`.
pub(crate) fn help(app: &App, path: &Path) -> String {
    let command = path.last();
    let about = if command.long.is_empty() {
        command.short
    } else {
        command.long
    };
    let about = about.trim_end();
    let usage = usage(app, path);
    format!("{about}\n\n{usage}{}\n", app.footer)
}

/// Returns what is printed after a mistake on the line.
pub(crate) fn usage(app: &App, path: &Path) -> String {
    let command = path.last();
    let children = listed(app, path);
    let mut text = "Usage:".to_owned();
    if command.runnable() {
        push(&mut text, &format!("\n  {}", use_line(path)));
    }
    if !children.is_empty() {
        push(&mut text, &format!("\n  {} [command]", path.command_path()));
    }
    if !command.example.is_empty() {
        push(&mut text, &format!("\n\nExamples:\n{}", command.example));
    }
    if !children.is_empty() {
        push_children(&mut text, app, path, &children);
    }
    push_flags(&mut text, "Flags", command.name(), &path.local_flags());
    push_flags(
        &mut text,
        "Global Flags",
        command.name(),
        &path.inherited_flags(),
    );
    if !children.is_empty() {
        let path = path.command_path();
        push(
            &mut text,
            &format!("\n\nUse \"{path} [command] --help\" for more information about a command."),
        );
    }
    text.push('\n');
    text
}

/// Returns the lines that describe flags, hidden ones too.
#[must_use]
pub fn flag_usages(flags: &[Flag]) -> String {
    let mut flags = flags.to_vec();
    flags.sort_by_key(|flag| flag.name);
    let heads: Vec<String> = flags.iter().map(head).collect();
    let width = heads.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for (flag, head) in flags.iter().zip(&heads) {
        let default = default(flag);
        push(
            &mut text,
            &format!("{head:width$}   {}{default}\n", flag.help),
        );
    }
    text
}

fn push_flags(text: &mut String, title: &str, command: &str, flags: &[Flag]) {
    let shown: Vec<Flag> = flags.iter().copied().filter(|flag| !flag.hidden).collect();
    if shown.is_empty() {
        return;
    }
    let lines = flag_usages(&shown).replace(find::HELP_TEXT, &format!("help for {command}"));
    push(text, &format!("\n\n{title}:\n{}", lines.trim_end()));
}

fn push_children(text: &mut String, app: &App, path: &Path, children: &[Command]) {
    let width = children
        .iter()
        .map(|command| command.name().len())
        .fold(NAME_WIDTH_MIN, usize::max);
    let line = |command: &Command| format!("\n  {:width$} {}", command.name(), command.short);
    if !path.is_root() || app.groups.is_empty() {
        let lines: String = children.iter().map(line).collect();
        return push(text, &format!("\n\nAvailable Commands:{lines}"));
    }
    for group in app.groups {
        let in_group = children.iter().filter(|command| command.group == *group);
        let lines: String = in_group.map(line).collect();
        push(text, &format!("\n\n{group}{lines}"));
    }
}

/// Returns the commands under the last of `path` that help lists, by name.
fn listed(app: &App, path: &Path) -> Vec<Command> {
    let mut children = find::children(app, path);
    children.retain(|command| !command.hidden);
    children.sort_by_key(Command::name);
    children
}

fn use_line(path: &Path) -> String {
    let command = path.last();
    let above = path.command_path();
    let above = above.strip_suffix(command.name()).unwrap_or(&above);
    // A command that says `[bash|zsh]` lists all it takes; cobra's flag for that is DisableFlagsInUseLine.
    let complete = matches!(command.arguments, super::Arguments::OneOf(_));
    let flags = if complete { "" } else { " [flags]" };
    format!("{above}{}{flags}", command.usage)
}

fn head(flag: &Flag) -> String {
    let mut head = match flag.short {
        Some(letter) => format!("  -{letter}, --{}", flag.name),
        None => format!("      --{}", flag.name),
    };
    let type_name = value::type_name(flag.kind);
    if !type_name.is_empty() {
        push(&mut head, &format!(" {type_name}"));
    }
    head
}

fn default(flag: &Flag) -> String {
    match (flag.kind, flag.default) {
        (_, None | Some("" | "false")) => String::new(),
        (Kind::Integer | Kind::Unsigned | Kind::Count, Some("0")) => String::new(),
        (Kind::List, Some(value)) => format!(" (default [{value}])"),
        (Kind::Text, Some(value)) => format!(" (default {})", quote(value)),
        (_, Some(value)) => format!(" (default {value})"),
    }
}

fn push(text: &mut String, more: &str) {
    text.write_str(more)
        .expect("writing to a string does not fail");
}

/// Names shorter than this are filled up to it.
const NAME_WIDTH_MIN: usize = 11;
