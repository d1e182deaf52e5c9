//! Requests as the properties draw them: few groups, names and labels, so that they meet often.

use kit_metrics::model::MetricType;
use proptest::{collection::vec, prelude::*, sample::select};

use super::naive::{Family, Labels, Number};
use crate::store::group::{FAILURE_TIME, PUSH_TIME};

/// One request.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Push {
        group: Labels,
        replace: bool,
        families: Vec<Family>,
    },
    Delete(Labels),
    Wipe,
}

fn pairs(labels: &[(&str, &str)]) -> Labels {
    labels
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Groups that give their series the same labels, or nearly.
fn group() -> impl Strategy<Value = Labels> {
    select(vec![
        pairs(&[("job", "a")]),
        pairs(&[("job", "b")]),
        pairs(&[("instance", ""), ("job", "a")]),
        pairs(&[("instance", "i"), ("job", "a")]),
        pairs(&[("job", "a"), ("l", "1")]),
        pairs(&[("job", "a"), ("quantile", "1")]),
    ])
}

fn own_labels() -> impl Strategy<Value = Labels> {
    let plain = select(vec![
        pairs(&[]),
        pairs(&[("l", "1")]),
        pairs(&[("l", "2")]),
        pairs(&[("instance", "i")]),
        pairs(&[("instance", ""), ("job", "stolen")]),
        pairs(&[("a", ""), ("z", "1")]),
    ]);
    let odd = select(vec![
        pairs(&[("quantile", "1")]),
        pairs(&[("__own", "1")]),
        pairs(&[("l", "1"), ("l", "2")]),
        pairs(&[("instance", "i"), ("instance", "j")]),
        pairs(&[("job", "i"), ("job", "j")]),
    ]);
    prop_oneof![12 => plain, 1 => odd]
}

fn number(kind: MetricType, value: u8) -> Number {
    match kind {
        MetricType::Gauge => Number::Gauge(value),
        MetricType::Counter => Number::Counter(value),
        MetricType::Summary => Number::Summary(value),
        MetricType::Histogram => Number::Histogram(value),
        _ => Number::Untyped(value),
    }
}

fn family() -> impl Strategy<Value = Family> {
    let names = vec![
        "x",
        "x_count",
        "x_bucket",
        "y",
        "y",
        "go_threads",
        PUSH_TIME,
        FAILURE_TIME,
    ];
    // Mostly one type for a name, or hardly a push would be accepted.
    let kinds = [
        MetricType::Gauge,
        MetricType::Counter,
        MetricType::Untyped,
        MetricType::Summary,
        MetricType::Histogram,
    ];
    let kind = prop_oneof![3 => Just(kinds[0]), 2 => select(kinds.to_vec())];
    let help = select(vec![None, Some("one"), Some("two")]);
    let odd_kind = prop_oneof![20 => Just(None), 1 => select(kinds.to_vec()).prop_map(Some)];
    let timestamped = prop_oneof![20 => Just(false), 1 => Just(true)];
    let metrics = vec((own_labels(), 0..9u8), 0..3);
    (select(names), kind, help, odd_kind, timestamped, metrics).prop_map(
        |(name, kind, help, odd_kind, timestamped, metrics)| Family {
            name: name.to_owned(),
            help: help.map(str::to_owned),
            kind,
            metrics: metrics
                .into_iter()
                .map(|(labels, value)| (labels, number(odd_kind.unwrap_or(kind), value)))
                .collect(),
            timestamped,
        },
    )
}

/// Families of distinct names, as the parsers give them.
fn body() -> impl Strategy<Value = Vec<Family>> {
    vec(family(), 0..4).prop_map(|mut families| {
        families.sort_by(|a, b| a.name.cmp(&b.name));
        families.dedup_by(|a, b| a.name == b.name);
        families
    })
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let push = (group(), any::<bool>(), body()).prop_map(|(group, replace, families)| Step::Push {
        group,
        replace,
        families,
    });
    prop_oneof![16 => push, 3 => group().prop_map(Step::Delete), 1 => Just(Step::Wipe)]
}
