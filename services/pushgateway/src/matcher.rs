//! Label matchers that choose groups, in Prometheus' selector syntax: `{job="a",instance=~"b.*"}`.
//!
//! Ours; upstream can delete one group or all. The braces and the anchoring of regular expressions are Prometheus'.
//!
//! Source: Prometheus documentation, "Querying basics", instant vector selectors.

use kit_metrics::name::NameScheme;
use regex::bytes::{Regex, RegexBuilder};

use crate::store::group::GroupKey;

/// A condition on the labels of a group: all matchers hold.
#[derive(Debug)]
pub(crate) struct Selector(Vec<Matcher>);

#[derive(Debug)]
struct Matcher {
    label: Vec<u8>,
    /// What the value has to be; a label that is absent counts as empty.
    value: Value,
    negated: bool,
}

#[derive(Debug)]
enum Value {
    Text(Vec<u8>),
    Pattern(Regex),
}

/// Why a selector cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelectorError {
    #[error("selector {0:?} is not of the form {{label=\"value\",…}}")]
    Form(String),
    #[error("selector has an invalid label name {0:?}")]
    Label(String),
    #[error("selector has an invalid regular expression {pattern:?}")]
    Pattern {
        pattern: String,
        source: regex::Error,
    },
    #[error("an empty selector would match every group; use the wipe endpoint for that")]
    Empty,
}

/// Largest compiled regular expression in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

impl Selector {
    /// Reads a selector.
    ///
    /// # Errors
    /// [`SelectorError`] names what is wrong; a selector without matchers is wrong too.
    pub(crate) fn parse(text: &str) -> Result<Self, SelectorError> {
        let form = || SelectorError::Form(text.to_owned());
        let mut rest = text
            .trim()
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .ok_or_else(form)?
            .trim();
        let mut matchers = Vec::new();
        while !rest.is_empty() {
            let (matcher, after) = Matcher::parse(rest, &form)?;
            matchers.push(matcher);
            rest = match after.trim_start().strip_prefix(',') {
                Some(after) => after.trim_start(),
                None if after.trim().is_empty() => "",
                None => return Err(form()),
            };
        }
        if matchers.is_empty() {
            Err(SelectorError::Empty)
        } else {
            Ok(Self(matchers))
        }
    }

    /// Tells whether a group is chosen.
    pub(crate) fn matches(&self, key: &GroupKey) -> bool {
        self.0
            .iter()
            .all(|matcher| matcher.matches(key.value(&matcher.label).unwrap_or_default()))
    }
}

impl Matcher {
    fn parse<'a>(
        text: &'a str,
        form: &dyn Fn() -> SelectorError,
    ) -> Result<(Self, &'a str), SelectorError> {
        let operator_at = text.find(['=', '!']).ok_or_else(form)?;
        let (label, rest) = text.split_at(operator_at);
        let label = label.trim();
        if !NameScheme::Utf8.is_label_name(label.as_bytes()) {
            return Err(SelectorError::Label(label.to_owned()));
        }
        let operators = [
            ("=~", true, false),
            ("!~", true, true),
            ("!=", false, true),
            ("=", false, false),
        ];
        let (is_pattern, negated, rest) = operators
            .iter()
            .find_map(|(operator, is_pattern, negated)| {
                Some((*is_pattern, *negated, rest.strip_prefix(operator)?))
            })
            .ok_or_else(form)?;
        let (text, rest) = quoted(rest.trim_start()).ok_or_else(form)?;
        let value = if is_pattern {
            Value::Pattern(anchored(&text)?)
        } else {
            Value::Text(text.into_bytes())
        };
        Ok((
            Self {
                label: label.as_bytes().to_vec(),
                value,
                negated,
            },
            rest,
        ))
    }

    fn matches(&self, value: &[u8]) -> bool {
        let holds = match &self.value {
            Value::Text(text) => text == value,
            Value::Pattern(pattern) => pattern.is_match(value),
        };
        holds != self.negated
    }
}

/// Reads a string in double quotes with the escapes `\\`, `\"` and `\n`; returns it and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.strip_prefix('"')?.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 2..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                escaped @ ('\\' | '"') => escaped,
                _ => return None,
            }),
            c => value.push(c),
        }
    }
    None
}

fn anchored(pattern: &str) -> Result<Regex, SelectorError> {
    RegexBuilder::new(&format!("^(?s:{pattern})$"))
        .unicode(false) // classes such as \d are ASCII in Prometheus
        .size_limit(PATTERN_BYTES_MAX)
        .build()
        .map_err(|source| SelectorError::Pattern {
            pattern: pattern.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::key;

    #[track_caller]
    fn check(selector: &str, expected: bool) {
        let key = key(&[("job", "backup \"x\""), ("instance", "a1")]);
        assert_eq!(
            Selector::parse(selector).unwrap().matches(&key),
            expected,
            "{selector}"
        );
    }

    #[test]
    fn matchers_compare_whole_values() {
        check(r#"{instance="a1"}"#, true);
        check(r#"{ instance = "a1" , job=~"backup.*", }"#, true);
        check(r#"{instance=~"a"}"#, false);
        check(r#"{instance!="a1"}"#, false);
        check(r#"{instance!~"b.*|c"}"#, true);
        check(r#"{instance=~"\\w\\d"}"#, true);
        check(r#"{job="backup \"x\""}"#, true);
        check(r#"{missing=""}"#, true);
        check(r#"{missing!=""}"#, false);
    }

    #[test]
    fn what_is_no_selector_is_named() {
        for text in [
            "",
            "job=\"a\"",
            "{job}",
            "{job=a}",
            "{job=\"a\" x}",
            "{job=\"a}",
            "{job=\"\\q\"}",
        ] {
            assert!(
                matches!(Selector::parse(text), Err(SelectorError::Form(_))),
                "{text}"
            );
        }
        assert!(matches!(Selector::parse("{}"), Err(SelectorError::Empty)));
        assert!(matches!(
            Selector::parse("{=\"a\"}"),
            Err(SelectorError::Label(_))
        ));
        assert!(matches!(
            Selector::parse("{job=~\"(\"}"),
            Err(SelectorError::Pattern { .. })
        ));
        assert!(matches!(
            Selector::parse("{job=~\"(a{1000}){1000}\"}"),
            Err(SelectorError::Pattern { .. })
        ));
    }
}
