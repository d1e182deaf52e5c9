//! The man page.
//!
//! Source: kingpin templates.go, `ManPageTemplate`.

use super::{
    App,
    usage::{help, placeholder},
};
use crate::Flag;

/// Returns the text of `--help-man`.
pub(super) fn page(app: &App, program: &str) -> String {
    let options: String = app
        .flags
        .iter()
        .filter(|flag| !flag.hidden)
        .map(option)
        .collect();
    format!(
        ".TH {program} 1 {version} \"\"\n\
         .SH \"NAME\"\n{program}\n\
         .SH \"SYNOPSIS\"\n.TP\n\\fB{program} [<flags>]\\fR\n\n\
         .SH \"DESCRIPTION\"\n{description}\n\
         .SH \"OPTIONS\"\n{options}",
        version = app.version,
        description = app.description,
    )
}

fn option(flag: &Flag) -> String {
    let letter = flag
        .short
        .map(|letter| format!("-{letter}, "))
        .unwrap_or_default();
    let value = if flag.is_switch() {
        String::new()
    } else {
        format!("={}", placeholder(flag))
    };
    format!(
        ".TP\n\\fB{letter}--{}{value}\\fR\n{}\n",
        flag.name,
        help(flag)
    )
}
