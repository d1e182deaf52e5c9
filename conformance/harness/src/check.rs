//! Holds an answer against an expectation and says in words and diffs what does not fit.

use regex::Regex;

use crate::body::unescape;
use crate::case::{Check, HeaderRule, Mode};
use crate::client::Response;
use crate::json::{self, Exactness};
use crate::normalize::{Values, fill, is_own, without_own_families};
use crate::service::Service;
use crate::{diff, exposition, proto};

/// Most characters of an answer shown beside what it lacks.
const SHOWN_MAX: usize = 4_000;

/// Checks one header rule.
///
/// # Errors
/// What the header is instead.
pub fn header(
    response: &Response,
    name: &str,
    rule: &HeaderRule,
    values: &Values,
) -> Result<(), String> {
    let actual = response.header(name);
    let fits = match rule {
        HeaderRule::Absent => actual.is_none(),
        HeaderRule::Is(text) => actual == Some(fill(text, values).as_str()),
        HeaderRule::Matches(regex) => match actual {
            Some(actual) => pattern(&fill(regex, values))?.is_match(actual),
            None => false,
        },
    };
    if fits {
        Ok(())
    } else {
        Err(format!("header {name}: expected {rule:?}, got {actual:?}"))
    }
}

/// Checks one rule against bytes.
///
/// # Errors
/// A text, usually with a diff.
pub fn bytes(
    service: &Service,
    check: &Check,
    actual: &[u8],
    values: &Values,
) -> Result<(), String> {
    let block: Vec<String> = check.block.iter().map(|line| fill(line, values)).collect();
    let wanted = block.join("\n");
    let lines = || {
        if wanted.is_empty() {
            String::new()
        } else {
            format!("{wanted}\n")
        }
    };
    let text = String::from_utf8_lossy(actual);
    match check.mode {
        Mode::Empty => same("", &text),
        Mode::Exactly => same(&lines(), &text),
        Mode::ExactlyBare => same(&wanted, &text),
        Mode::ExactlyEscaped => {
            let wanted = unescape(&wanted)?;
            if wanted == actual {
                Ok(())
            } else {
                same_escaped(&wanted, actual)
            }
        }
        Mode::Contains => each(&block, &text, "lacks", |line| Ok(text.contains(line))),
        Mode::Lacks => each(&block, &text, "holds", |line| Ok(!text.contains(line))),
        Mode::Matches => each(&block, &text, "has nothing that matches", |line| {
            Ok(pattern(line)?.is_match(&text))
        }),
        Mode::LacksMatch => each(&block, &text, "has something that matches", |line| {
            Ok(!pattern(line)?.is_match(&text))
        }),
        Mode::Lines => {
            let found = format!("\n{text}\n").contains(&format!("\n{wanted}\n"));
            if found {
                Ok(())
            } else {
                Err(diff::lines(&lines(), &shown(&text)))
            }
        }
        Mode::Metrics => metrics(service, &lines(), &text),
        Mode::Exposition => same(&lines(), &without_own_families(service, &text, &wanted)),
        Mode::Json => json_value(&wanted, actual, Exactness::Same),
        Mode::JsonUnordered => json_value(&wanted, actual, Exactness::Unordered),
        Mode::JsonContains => json_value(&wanted, actual, Exactness::Subset),
        Mode::Protobuf => protobuf(service, &lines(), actual),
    }
}

/// Compiles a pattern whose `^` and `$` are line ends.
///
/// # Errors
/// When it is no regular expression.
pub fn pattern(regex: &str) -> Result<Regex, String> {
    Regex::new(&format!("(?m){regex}")).map_err(|error| error.to_string())
}

fn same(expected: &str, actual: &str) -> Result<(), String> {
    match diff::lines(expected, actual) {
        diff if diff.is_empty() => Ok(()),
        diff => Err(diff),
    }
}

fn same_escaped(expected: &[u8], actual: &[u8]) -> Result<(), String> {
    let shown = |bytes: &[u8]| bytes.escape_ascii().to_string().replace("\\n", "\\n\n");
    Err(diff::lines(&shown(expected), &shown(actual)))
}

fn each(
    block: &[String],
    text: &str,
    verb: &str,
    fits: impl Fn(&str) -> Result<bool, String>,
) -> Result<(), String> {
    for line in block {
        if !fits(line)? {
            return Err(format!("it {verb}\n  {line}\nin\n{}", shown(text)));
        }
    }
    Ok(())
}

/// Cuts a long text in the middle of nowhere, saying so.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}\n… ({} bytes in all)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

fn metrics(service: &Service, wanted: &str, text: &str) -> Result<(), String> {
    let expected = exposition::parse(wanted).map_err(|error| format!("in the case: {error}"))?;
    let mut actual = exposition::parse(text)?;
    actual.retain(|name, _| !is_own(service, name, wanted));
    same(
        &exposition::canonical(&expected),
        &exposition::canonical(&actual),
    )
}

fn json_value(wanted: &str, actual: &[u8], exactness: Exactness) -> Result<(), String> {
    let expected =
        serde_json::from_str(wanted).map_err(|error| format!("JSON in the case: {error}"))?;
    let value = serde_json::from_slice(actual).map_err(|error| {
        format!(
            "no JSON ({error}): {}",
            shown(&String::from_utf8_lossy(actual))
        )
    })?;
    json::compare(&expected, &value, exactness)
        .map_err(|error| format!("{error}\nin\n{}", shown(&String::from_utf8_lossy(actual))))
}

fn protobuf(service: &Service, wanted: &str, actual: &[u8]) -> Result<(), String> {
    let mut lines = proto::decode_delimited(actual)?;
    lines.retain(|line| {
        let name = line
            .strip_prefix("name:\"")
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default();
        !is_own(service, name, wanted)
    });
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    same(wanted, &text)
}

#[cfg(test)]
mod tests;
