use std::io::Read;

use kit_metrics::{model::Value, packed::MetricsBuilder};

use super::*;
use crate::store::{
    Mode, Pushed,
    group::GroupKey,
    testing::{families, family, key, store},
};

fn text(state: &State, own: &[Family]) -> String {
    String::from_utf8(assemble(state, own, Exposition::default(), Compression::Identity).concat())
        .unwrap()
}

fn own(name: &str, value: f64) -> Family {
    let mut metrics = MetricsBuilder::default();
    metrics.push(&mut [], &Value::Gauge(value)).unwrap();
    Family {
        name: name.as_bytes().into(),
        help: Some("Ours.".into()),
        kind: MetricType::Gauge,
        unit: None,
        metrics: metrics.finish(),
        timestamped: false,
    }
}

#[tokio::test]
async fn groups_and_our_own_metrics_merge_in_one_order() {
    let store = store();
    for (group, value) in [("b", 2.0), ("a", 1.0)] {
        let metrics = vec![family(
            "mm",
            MetricType::Gauge,
            &[(&[("l", "x")], value), (&[], value)],
        )];
        store
            .push(Pushed::new(
                &store.state(),
                key(&[("job", group)]),
                Mode::Replace,
                Default::default(),
                metrics,
            ))
            .await
            .unwrap();
    }
    let shown = text(
        &store.state(),
        &[own("aa", 1.0), own("mm", 7.0), own("zz", 2.0)],
    );
    let lines: Vec<_> = shown
        .lines()
        .filter(|line| !line.contains("push_"))
        .collect();
    assert_eq!(
        lines,
        [
            "# HELP aa Ours.",
            "# TYPE aa gauge",
            "aa 1",
            "# HELP mm Ours.",
            "# TYPE mm gauge",
            "mm 7",
            "mm{instance=\"\",job=\"a\"} 1",
            "mm{instance=\"\",job=\"b\"} 2",
            "mm{instance=\"\",job=\"a\",l=\"x\"} 1",
            "mm{instance=\"\",job=\"b\",l=\"x\"} 2",
            "# HELP zz Ours.",
            "# TYPE zz gauge",
            "zz 2",
        ]
    );
}

#[tokio::test]
async fn a_compressed_exposition_is_one_gzip_member_of_the_same_text() {
    let store = store();
    for group in 0..20 {
        let labels: Vec<_> = (0..400).map(|n| n.to_string()).collect();
        let labels: Vec<_> = labels.iter().map(|n| [("n", n.as_str())]).collect();
        let metrics: Vec<_> = labels.iter().map(|labels| (&labels[..], 1.0)).collect();
        let key: GroupKey = key(&[("job", &group.to_string())]);
        let push = Pushed::new(
            &store.state(),
            key,
            Mode::Replace,
            Default::default(),
            families(&[("m", &metrics)]),
        );
        store.push(push).await.unwrap();
        let zipped = assemble(
            &store.state(),
            &[],
            Exposition::default(),
            Compression::Gzip,
        )
        .concat();
        let mut unzipped = String::new();
        flate2::read::GzDecoder::new(&*zipped)
            .read_to_string(&mut unzipped)
            .unwrap();
        assert_eq!(unzipped, text(&store.state(), &[]));
        assert!(zipped.len() * 5 < unzipped.len());
    }
}

#[tokio::test]
async fn what_did_not_change_is_not_rendered_again() {
    let store = store();
    let values: Vec<_> = (0..2000).map(|n| format!("job-number-{n}")).collect();
    for value in &values {
        let metrics = families(&[("m", &[(&[], 1.0)])]);
        store
            .push(Pushed::new(
                &store.state(),
                key(&[("job", value)]),
                Mode::Replace,
                Default::default(),
                metrics,
            ))
            .await
            .unwrap();
    }
    let before = assemble(
        &store.state(),
        &[],
        Exposition::default(),
        Compression::Identity,
    );
    let metrics = families(&[("m", &[(&[], 2.0)])]);
    store
        .push(Pushed::new(
            &store.state(),
            key(&[("job", &values[500])]),
            Mode::Replace,
            Default::default(),
            metrics,
        ))
        .await
        .unwrap();
    let after = assemble(
        &store.state(),
        &[],
        Exposition::default(),
        Compression::Identity,
    );
    let kept = after
        .iter()
        .filter(|piece| before.iter().any(|old| old.as_ptr() == piece.as_ptr()))
        .count();
    // One leaf of `m` and one of `push_time_seconds` are new; so is the text between them.
    assert!(
        kept + 6 >= after.len() && kept > 10,
        "{kept} of {} pieces kept",
        after.len()
    );
}
