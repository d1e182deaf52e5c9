//! The store against a plain transcription of upstream's rules: the same requests, the same verdicts, the same exposition. And
//! the two ways of ordering series against each other.

mod naive;
mod requests;

use kit_metrics::{
    model::{self, Histogram, Label, MetricType, Summary, Value},
    packed::MetricsBuilder,
};
use proptest::{collection::vec, prelude::*, sample::select};

use self::{
    naive::{Family, Labels, Naive, Number},
    requests::{Step, step},
};
use super::{
    series::{Series, sort_edits},
    testing::{key, store},
    tree::Entry as _,
    *,
};

fn value(number: Number) -> Value {
    match number {
        Number::Gauge(value) => Value::Gauge(value.into()),
        Number::Counter(value) => Value::Counter(model::Counter {
            value: value.into(),
            ..Default::default()
        }),
        Number::Untyped(value) => Value::Untyped(value.into()),
        Number::Summary(count) => Value::Summary(Summary {
            count: count.into(),
            sum: count.into(),
            ..Default::default()
        }),
        Number::Histogram(count) => {
            let histogram = Histogram {
                count: count.into(),
                sum: count.into(),
                ..Default::default()
            };
            Value::Histogram(Box::new(histogram))
        }
    }
}

fn parsed(family: &Family) -> model::Family {
    let mut metrics = MetricsBuilder::default();
    for (labels, number) in &family.metrics {
        let mut labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| Label {
                name: name.as_bytes(),
                value: value.as_bytes(),
            })
            .collect();
        metrics.push(&mut labels, &value(*number)).unwrap();
    }
    model::Family {
        name: family.name.as_bytes().into(),
        help: family.help.as_deref().map(Into::into),
        kind: family.kind,
        unit: None,
        metrics: metrics.finish(),
        timestamped: family.timestamped,
    }
}

fn key_of(group: &Labels) -> GroupKey {
    let pairs: Vec<_> = group
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    key(&pairs)
}

/// Returns the exposition without help texts: which of several is shown, upstream leaves open.
fn shown(store: &Store) -> String {
    let state = store.state();
    check_all(&state).unwrap_or_else(|error| panic!("a store that cannot be exposed: {error}"));
    let pieces = exposition::assemble(&state, &[], Default::default(), Default::default());
    let text = String::from_utf8(pieces.concat()).unwrap();
    text.lines()
        .filter(|line| !line.starts_with("# HELP"))
        .map(|line| format!("{line}\n"))
        .collect()
}

async fn compare(steps: Vec<Step>) {
    let (ours, mut naive) = (store(), Naive::default());
    for (second, step) in (1u8..).zip(&steps) {
        match step {
            Step::Push {
                group,
                replace,
                families,
            } => {
                let mode = if *replace { Mode::Replace } else { Mode::Merge };
                let received = Moment {
                    seconds: second.into(),
                    nanos: 0,
                };
                let all = families.iter().map(parsed).collect();
                let pushed = Pushed::new(&ours.state(), key_of(group), mode, received, all);
                let verdict = ours.push(pushed).await;
                let expected = naive.push(group, *replace, second, families);
                assert_eq!(verdict.is_ok(), expected, "{verdict:?} at {step:?}");
            }
            Step::Delete(group) => {
                ours.delete(&key_of(group)).await;
                naive.delete(group);
            }
            Step::Wipe => {
                drop(ours.clear().await);
                naive.wipe();
            }
        }
        assert_eq!(shown(&ours), naive.exposition(), "after {step:?}");
    }
    counts_are_right(&ours.state());
}

/// The sums that the state keeps are those of its parts, seen from either side.
fn counts_are_right(state: &State) {
    let by_group: usize = state.groups.iter().map(|group| group.series).sum();
    let by_name: usize = state
        .names
        .iter()
        .map(|index| index.series.iter().count())
        .sum();
    let in_families = |group: &Arc<Group>| -> usize {
        group
            .families
            .iter()
            .map(|family| family.metrics.len() as usize)
            .sum()
    };
    let by_family: usize = state.groups.iter().map(in_families).sum();
    assert_eq!([state.series; 3], [by_group, by_name, by_family]);
}

/// Any labels, many of them alike, with the bytes that a sort key must not trip over.
fn any_labels() -> impl Strategy<Value = Vec<(Vec<u8>, Vec<u8>)>> {
    let text = || vec(select(vec![0u8, 1, b'a', 0xff]), 0..4);
    vec((text(), text()), 0..4)
}

fn family_of(metrics: &[Vec<(Vec<u8>, Vec<u8>)>]) -> Arc<GroupFamily> {
    let mut builder = MetricsBuilder::default();
    for labels in metrics {
        let mut labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| Label { name, value })
            .collect();
        builder.push(&mut labels, &Value::Untyped(1.0)).unwrap();
    }
    let family = model::Family {
        name: b"x"[..].into(),
        help: None,
        kind: MetricType::Untyped,
        unit: None,
        metrics: builder.finish(),
        timestamped: false,
    };
    pushed::ready(&key(&[("job", "a")]), Moment::default(), family, |text| {
        text.into()
    })
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_requests_have_upstreams_verdicts_and_exposition(steps in vec(step(), 1..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(compare(steps));
    }

    #[test]
    fn sort_keys_order_series_as_the_tree_does(metrics in vec(any_labels(), 0..12)) {
        let family = family_of(&metrics);
        let sorted = sort_edits(Series::of(&family).map(Edit::Put).collect());
        for two in sorted.windows(2) {
            prop_assert!(two[0].entry().order(two[1].entry()).is_lt());
        }
    }
}

#[tokio::test]
async fn a_closed_store_answers_no_write_and_keeps_what_it_has() {
    let store = store();
    let push = |store: &Store| {
        Pushed::new(
            &store.state(),
            key(&[("job", "a")]),
            Mode::Merge,
            Moment::now(),
            Vec::new(),
        )
    };
    store.push(push(&store)).await.unwrap();
    store.close().await;
    let waiting = tokio::time::timeout(Duration::from_millis(20), store.push(push(&store)));
    assert!(waiting.await.is_err(), "the push is not answered");
    assert_eq!(store.state().groups.len(), 1);
}

#[tokio::test]
async fn a_clock_that_goes_back_is_harmless() {
    let store = store();
    let key = key(&[("job", "a")]);
    let at = |seconds| Moment { seconds, nanos: 0 };
    for seconds in [1_000_000_000, 999_999_000, -5] {
        let families = testing::families(&[("x", &[(&[], 1.0)])]);
        let pushed = Pushed::new(
            &store.state(),
            key.clone(),
            Mode::Merge,
            at(seconds),
            families,
        );
        store.push(pushed).await.unwrap();
        let state = store.state();
        let group = state.group(&key).unwrap();
        assert_eq!(
            group.push_time(),
            seconds as f64,
            "the time is the one of the last push"
        );
        assert!(shown(&store).contains("x{instance=\"\",job=\"a\"} 1\n"));
        // Of a group from the future nothing is known but that it is not old.
        assert!(!is_expired(
            group,
            Duration::from_secs(10),
            at(seconds - 1000)
        ));
    }
}
