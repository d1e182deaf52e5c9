use proptest::{collection::vec, prelude::*};

use super::{Metrics, MetricsBuilder};
use crate::{
    model::{Label, Value},
    samples::{self, OwnedLabel},
};

fn pack(metrics: &[(Vec<OwnedLabel>, Value)]) -> Metrics {
    let mut builder = MetricsBuilder::default();
    for (labels, value) in metrics {
        let mut labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| Label { name, value })
            .collect();
        builder.push(&mut labels, value).unwrap();
    }
    builder.finish()
}

fn unpack(metrics: &Metrics) -> Vec<(Vec<OwnedLabel>, Value)> {
    (0..metrics.len())
        .map(|index| {
            let labels = metrics
                .labels(index)
                .map(|label| (label.name.to_vec(), label.value.to_vec()))
                .collect();
            (labels, metrics.value(index))
        })
        .collect()
}

proptest! {
    #[test]
    fn what_is_packed_comes_back_with_its_labels_sorted(
        some in vec((samples::labels(), samples::value().prop_map(|(_, value)| value)), 0..6),
        times in prop_oneof![Just(1_usize), 1..100_usize],
    ) {
        let mut metrics: Vec<_> = std::iter::repeat_n(some, times).flatten().collect();
        let packed = pack(&metrics);
        for (labels, _) in &mut metrics {
            labels.sort_by(|a, b| a.0.cmp(&b.0));
        }
        prop_assert_eq!(unpack(&packed), metrics);
    }
}

#[test]
fn label_names_stand_once_however_many_metrics_share_them() {
    let metric = |instance: u8| {
        (
            vec![
                (b"instance".to_vec(), vec![instance]),
                (b"job".to_vec(), b"a".to_vec()),
            ],
            Value::Gauge(1.0),
        )
    };
    let packed = pack(&(0..100).map(metric).collect::<Vec<_>>());
    assert_eq!(packed.shapes().count(), 1);
    assert!(
        packed.heap_bytes() < 100 * 20,
        "{} bytes",
        packed.heap_bytes()
    );
}

#[test]
fn label_values_stand_once_however_many_metrics_share_them() {
    let metric = |index: u16| {
        let status = [
            b"404 Not Found, a long value".to_vec(),
            b"200 OK, a long value indeed".to_vec(),
        ];
        (
            vec![
                (b"number".to_vec(), index.to_string().into_bytes()),
                (b"status".to_vec(), status[usize::from(index % 2)].clone()),
            ],
            Value::Gauge(1.0),
        )
    };
    let metrics: Vec<_> = (0..1000).map(metric).collect();
    let packed = pack(&metrics);
    assert_eq!(unpack(&packed), metrics);
    // Each has a shape, a number, a reference, a value and its end: not the 27 bytes of the text.
    assert!(
        packed.heap_bytes() < 1000 * 26,
        "{} bytes",
        packed.heap_bytes()
    );
}

#[test]
fn many_lists_of_label_names_are_kept_apart() {
    let metric = |index: u8| {
        let labels = (0..index % 20)
            .map(|label| (vec![b'a', label], vec![index]))
            .collect::<Vec<_>>();
        (labels, Value::Gauge(index.into()))
    };
    let metrics: Vec<_> = (0..200).map(metric).collect();
    let packed = pack(&metrics);
    assert_eq!(unpack(&packed), metrics);
    assert_eq!(packed.shapes().count(), 19);
}

#[test]
fn a_family_without_metrics_holds_nothing() {
    let packed = pack(&[]);
    assert!(packed.is_empty());
    assert_eq!(packed.heap_bytes(), 0);
}

#[test]
#[should_panic(expected = "metric 1 of 1")]
fn a_metric_that_is_not_there_is_a_bug_of_the_caller() {
    let _ = pack(&[(Vec::new(), Value::Missing)]).value(1);
}

#[test]
fn labels_can_be_left_out_and_values_stay() {
    let mut metrics = MetricsBuilder::default();
    let label = |name: &'static str, value: &'static str| Label {
        name: name.as_bytes(),
        value: value.as_bytes(),
    };
    let mut push =
        |labels: &mut [Label<'_>], value| metrics.push(labels, &Value::Gauge(value)).unwrap();
    push(&mut [label("a", "1"), label("b", "2")], 1.0);
    push(&mut [label("b", "3"), label("b", "4")], 2.0);
    push(&mut [], 3.0);
    // The first `b` of a metric goes, one that repeats stays.
    let kept = metrics
        .finish()
        .retain_labels(|before, label| label.name != b"b" || before == Some(b"b"));
    let shown = |index| {
        (
            kept.labels(index)
                .map(|label| label.value.to_vec())
                .collect::<Vec<_>>(),
            kept.value(index),
        )
    };
    assert_eq!(shown(0), (vec![b"1".to_vec()], Value::Gauge(1.0)));
    assert_eq!(shown(1), (vec![b"4".to_vec()], Value::Gauge(2.0)));
    assert_eq!(shown(2), (vec![], Value::Gauge(3.0)));
}
