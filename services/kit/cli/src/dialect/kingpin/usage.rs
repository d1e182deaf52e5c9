//! The help texts.
//!
//! Source: kingpin usage.go, `formatTwoColumns`, `formatFlag`; templates.go; guesswidth_unix.go.

use std::{io, iter};

use super::{App, wrap::wrap};
use crate::{EnvSource, Flag, Kind, value::quote};

/// Columns of the indent and of the gap between the two columns.
const INDENT: usize = 2;

/// A left column this wide does not widen the column; its help starts on the next line.
const LEFT_MAX: usize = 30;

/// More columns than any text has; wider is the same.
const WIDTH_MAX: i64 = 1_000_000;

/// Returns the columns to print for: `COLUMNS`, else the terminal on stdout, else 80.
pub(super) fn width(env: &dyn EnvSource) -> i64 {
    let columns = env
        .get("COLUMNS")
        .and_then(|columns| columns.parse::<i64>().ok());
    let terminal = || {
        terminal_size::terminal_size_of(io::stdout()).map_or(80, |(width, _)| i64::from(width.0))
    };
    columns
        .unwrap_or_else(terminal)
        .clamp(-WIDTH_MAX, WIDTH_MAX)
}

/// Returns the text of `--help`.
pub(super) fn short(app: &App, program: &str, width: i64) -> String {
    text(app, program, "\n\n", width)
}

/// Returns the text of `--help-long`, which for programs without commands differs by an empty line.
pub(super) fn long(app: &App, program: &str, width: i64) -> String {
    text(app, program, "\n", width)
}

fn text(app: &App, program: &str, gap: &str, width: i64) -> String {
    let about: String = wrap(app.description, width)
        .into_iter()
        .map(|line| line + "\n")
        .collect();
    let rows: Vec<(String, String)> = app
        .flags
        .iter()
        .filter(|flag| !flag.hidden)
        .map(|flag| (left_column(flag), help(flag)))
        .collect();
    format!(
        "usage: {program} [<flags>]\n\n{about}{gap}Flags:\n{}\n",
        two_columns(&rows, width)
    )
}

/// Returns the help of a flag, marked when upstream does not have it.
pub(super) fn help(flag: &Flag) -> String {
    if flag.ours {
        format!("{} (Not in upstream.)", flag.help)
    } else {
        flag.help.to_owned()
    }
}

/// Returns what stands for the value of a flag.
///
/// Source: kingpin model.go, `FlagModel.FormatPlaceHolder`.
pub(super) fn placeholder(flag: &Flag) -> String {
    match (flag.placeholder, flag.default) {
        (Some(placeholder), _) => placeholder.to_owned(),
        (None, Some(default)) if matches!(flag.kind, Kind::Text) && !flag.repeatable => {
            quote(default)
        }
        (None, Some(default)) => default.to_owned(),
        (None, None) => flag.name.to_uppercase(),
    }
}

/// Every program here has `-h`, so flags without a letter are indented by its width.
fn left_column(flag: &Flag) -> String {
    let letter = flag
        .short
        .map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
    let more = if flag.repeatable { " ..." } else { "" };
    if flag.is_switch() {
        format!("{letter}--[no-]{}{more}", flag.name)
    } else {
        format!("{letter}--{}={}{more}", flag.name, placeholder(flag))
    }
}

fn two_columns(rows: &[(String, String)], width: i64) -> String {
    let left_width = rows
        .iter()
        .map(|(left, _)| left.len())
        .filter(|&len| len < LEFT_MAX)
        .max()
        .unwrap_or(0);
    let help_start = INDENT + left_width + INDENT;
    let help_width = width - i64::try_from(help_start).expect("columns are narrower than memory");
    let mut out = String::new();
    for (left, help) in rows {
        out += &format!("{:INDENT$}{left:left_width$}{:INDENT$}", "", "");
        if left.len() >= LEFT_MAX {
            out += &format!("\n{:help_start$}", "");
        }
        let indents = iter::once(0).chain(iter::repeat(help_start));
        for (line, indent) in wrap(help, help_width).iter().zip(indents) {
            out += &format!("{:indent$}{line}\n", "");
        }
    }
    out
}
