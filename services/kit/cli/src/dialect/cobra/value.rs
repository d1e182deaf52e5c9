//! What the values of pflag's types may be, and how pflag shows them.
//!
//! Source: pflag bool.go, int64.go, uint.go, duration.go, string_slice.go; Go strconv and encoding/csv.

use crate::{
    Flag, Kind,
    value::{
        DurationError, NumberError, parse_bool, parse_go_duration, parse_int, parse_uint, quote,
    },
};

/// Why a value is refused, in upstream's words.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ValueError {
    /// Not a number, or not a word for on or off.
    #[error("strconv.{function}: parsing {quoted}: {reason}")]
    Number {
        /// Go's function for the type.
        function: &'static str,
        /// The text, quoted.
        quoted: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Not a duration.
    #[error(transparent)]
    Duration(#[from] DurationError),
    /// Not a comma-separated list.
    #[error("parse error on line 1, column {column}: {reason}")]
    List {
        /// Where, in bytes from 1.
        column: usize,
        /// What is wrong there.
        reason: &'static str,
    },
    /// A word of a list, or a value of another dialect.
    #[error("{0}")]
    Other(String),
}

/// Returns whether every value counts, not only the last.
pub(crate) const fn is_list(flag: &Flag) -> bool {
    matches!(flag.kind, Kind::List) || flag.repeatable
}

/// Checks a written value and returns it as it is kept: one value, or those of a list.
pub(crate) fn check(kind: Kind, text: &str) -> Result<Vec<String>, ValueError> {
    Ok(match kind {
        Kind::Switch | Kind::Bool => {
            let value = parse_bool(text).map_err(|error| number_error("ParseBool", text, error))?;
            vec![value.to_string()]
        }
        Kind::Integer => {
            let value = parse_int(text).map_err(|error| number_error("ParseInt", text, error))?;
            vec![value.to_string()]
        }
        Kind::Unsigned => {
            let value = parse_uint(text, u64::BITS);
            let value = value.map_err(|error| number_error("ParseUint", text, error))?;
            vec![value.to_string()]
        }
        Kind::Duration => {
            parse_go_duration(text)?;
            vec![text.to_owned()]
        }
        Kind::List => list(text)?,
        Kind::Text
        | Kind::Count
        | Kind::Url
        | Kind::Choice(_)
        | Kind::Checked(_)
        | Kind::Ignored => {
            kind.check(text).map_err(ValueError::Other)?;
            vec![text.to_owned()]
        }
    })
}

/// Returns the values of a flag as pflag prints them.
pub(crate) fn shown(flag: &Flag, values: &[String]) -> String {
    match (flag.kind, values.last()) {
        (Kind::List, _) => format!("[{}]", values.join(",")),
        (Kind::Integer | Kind::Unsigned, Some(value)) if value.is_empty() => "0".to_owned(),
        (Kind::Duration, Some(value)) => {
            parse_go_duration(value).map_or_else(|_| value.clone(), |duration| duration.to_string())
        }
        (_, value) => value.cloned().unwrap_or_default(),
    }
}

/// Returns what stands behind a flag's name in help: its type, nothing for switches.
pub(crate) const fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Switch | Kind::Bool | Kind::Ignored => "",
        Kind::Text | Kind::Url | Kind::Choice(_) | Kind::Checked(_) => "string",
        Kind::Integer => "int",
        Kind::Count | Kind::Unsigned => "uint",
        Kind::Duration => "duration",
        Kind::List => "strings",
    }
}

/// Tells a number's fault as Go's strconv does.
fn number_error(function: &'static str, text: &str, error: NumberError) -> ValueError {
    ValueError::Number {
        function,
        quoted: quote(text),
        reason: match error {
            NumberError::Syntax => "invalid syntax",
            NumberError::Range => "value out of range",
        },
    }
}

/// Reads one line of comma-separated values; an empty text has none.
fn list(text: &str) -> Result<Vec<String>, ValueError> {
    let mut values = Vec::new();
    if text.is_empty() {
        return Ok(values);
    }
    let line_end = |at: usize| text[at..].find('\n').map_or(text.len(), |end| at + end);
    let mut at = 0;
    loop {
        let (value, after) = if text[at..].starts_with('"') {
            quoted_field(text, at + 1)?
        } else {
            let end = text[at..line_end(at)]
                .find(',')
                .map_or_else(|| line_end(at), |comma| at + comma);
            if let Some(bare) = text[at..end].find('"') {
                return Err(ValueError::List {
                    column: at + bare + 1,
                    reason: "bare \" in non-quoted-field",
                });
            }
            (text[at..end].to_owned(), end)
        };
        values.push(value);
        if text.as_bytes().get(after) != Some(&b',') {
            return Ok(values);
        }
        at = after + 1;
    }
}

/// Reads a field in quotes from behind the first one; returns it and where it ends.
fn quoted_field(text: &str, start: usize) -> Result<(String, usize), ValueError> {
    let broken = |column| ValueError::List {
        column,
        reason: "extraneous or missing \" in quoted-field",
    };
    let mut value = String::new();
    let mut at = start;
    loop {
        let Some(end) = text[at..].find('"').map(|end| at + end) else {
            return Err(broken(text.len() + 1));
        };
        value.push_str(&text[at..end]);
        at = end + 1;
        match text.as_bytes().get(at) {
            None | Some(b',' | b'\n') => return Ok((value, at)),
            Some(b'"') => {
                value.push('"');
                at += 1;
            }
            Some(_) => return Err(broken(at)),
        }
    }
}
