//! A group as a path below `metrics/`: the way the page addresses it, deletes it, and lets people delete it by hand.
//!
//! Source: pushgateway resources/static/functions.js `deleteGroup`; handler/push.go `splitLabels`.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use kit_metrics::{
    escape::EscapingScheme,
    model::Label,
    name::{NameScheme, is_legacy_metric_name},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::{
    group_key::{self, RESERVED_PREFIX},
    store::group::GroupKey,
};

const JOB: &[u8] = b"job";

/// What stands in a path segment as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@')
    .remove(b':');

/// Returns the labels as people read them: the job first, the others by name.
pub(super) fn job_first(key: &GroupKey) -> impl Iterator<Item = Label<'_>> {
    let with = |is_job: bool| {
        key.labels()
            .filter(move |label| (label.name == JOB) == is_job)
    };
    with(true).chain(with(false))
}

/// Returns the path with every value in base64, so that none can break it.
pub(crate) fn encoded(key: &GroupKey, scheme: NameScheme) -> String {
    let mut path = format!(
        "job@base64/{}",
        URL_SAFE_NO_PAD.encode(key.value(JOB).unwrap_or_default())
    );
    for label in others(key) {
        // An extra padding sign, so that an empty value is a segment too.
        let (name, value) = (
            name(label.name, scheme),
            URL_SAFE_NO_PAD.encode(label.value),
        );
        path.push_str(&format!("/{name}@base64/{value}="));
    }
    path
}

/// Returns the path, with a leading slash, as a person would write it: in base64 only what cannot stand in a path.
pub(crate) fn readable(key: &GroupKey, scheme: NameScheme) -> String {
    let mut path = String::new();
    for label in job_first(key) {
        let is_plain = !label.value.is_empty()
            && !matches!(label.value, b"." | b"..")
            && !label.value.contains(&b'/');
        let name = name(label.name, scheme);
        let segment = if is_plain {
            format!("/{name}/{}", percent_encode(label.value, SEGMENT))
        } else {
            format!("/{name}@base64/{}=", URL_SAFE_NO_PAD.encode(label.value))
        };
        path.push_str(&segment);
    }
    path
}

/// Returns the key that [`encoded`] made a path of, or `None` if it is no such path.
pub(super) fn parse(path: &str, scheme: NameScheme) -> Option<GroupKey> {
    let rest = path.strip_prefix("job@base64/")?;
    let (job, labels) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    group_key::parse(job.as_bytes(), true, labels.as_bytes(), scheme).ok()
}

fn others(key: &GroupKey) -> std::iter::Skip<impl Iterator<Item = Label<'_>>> {
    let has_job = key.value(JOB).is_some();
    job_first(key).skip(usize::from(has_job))
}

/// Returns a label name as a path spells it.
fn name(name: &[u8], scheme: NameScheme) -> String {
    const MARK: &[u8] = b"U__";
    let spelled = match scheme {
        NameScheme::Legacy => name.into(),
        // A classic name that looks like an escaped one would be taken for it, and a reserved one is refused as it is.
        NameScheme::Utf8
            if (name.starts_with(MARK) || name.starts_with(RESERVED_PREFIX))
                && is_legacy_metric_name(name) =>
        {
            [MARK, &doubled(name)].concat().into()
        }
        NameScheme::Utf8 => EscapingScheme::Values.escape(name),
    };
    percent_encode(&spelled, SEGMENT).to_string()
}

/// Returns a classic name with every underscore twice, as the escaping scheme wants it.
fn doubled(name: &[u8]) -> Vec<u8> {
    name.iter()
        .flat_map(|byte| std::iter::repeat_n(*byte, if *byte == b'_' { 2 } else { 1 }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::key;

    #[track_caller]
    fn check(labels: &[(&str, &str)], as_encoded: &str, as_readable: &str) {
        let key = key(labels);
        for scheme in [NameScheme::Legacy, NameScheme::Utf8] {
            assert_eq!(encoded(&key, scheme), as_encoded);
            assert_eq!(readable(&key, scheme), as_readable);
            assert_eq!(parse(as_encoded, scheme), Some(key.clone()));
        }
    }

    #[test]
    fn every_value_is_in_base64_and_empty_ones_are_there() {
        check(&[("job", "x")], "job@base64/eA", "/job/x");
        check(
            &[("a", ""), ("job", "é/\""), ("z", "1 2")],
            "job@base64/w6kvIg/a@base64/=/z@base64/MSAy=",
            "/job@base64/w6kvIg=/a@base64/=/z/1%202",
        );
    }

    #[test]
    fn names_beyond_the_classic_ones_are_escaped_where_they_are_allowed() {
        let key = key(&[("job", "x"), ("U__a", "1"), ("__r", "3"), ("b.c/d", "2")]);
        let path = encoded(&key, NameScheme::Utf8);
        assert_eq!(
            path,
            "job@base64/eA/U__U____a@base64/MQ=/U______r@base64/Mw=/U__b_2e_c_2f_d@base64/Mg="
        );
        assert_eq!(parse(&path, NameScheme::Utf8), Some(key));
    }

    #[test]
    fn other_paths_are_no_groups() {
        for path in [
            "",
            "job/x",
            "job@base64/",
            "job@base64/eA/b",
            "job@base64/!",
        ] {
            assert_eq!(parse(path, NameScheme::Legacy), None, "{path}");
        }
    }
}
