use kit_metrics::model::{Family, MetricType};

use super::{
    testing::{Sample, families, family, key, store},
    *,
};

fn at(seconds: i64) -> Moment {
    Moment { seconds, nanos: 0 }
}

async fn push(
    store: &Store,
    job: &str,
    mode: Mode,
    seconds: i64,
    families: Vec<Family>,
) -> Result<(), String> {
    let pushed = Pushed::new(
        &store.state(),
        key(&[("job", job)]),
        mode,
        at(seconds),
        families,
    );
    store
        .push(pushed)
        .await
        .map_err(|refusal| refusal.to_string())
}

fn shown(store: &Store) -> Vec<String> {
    let state = store.state();
    assert!(check_all(&state).is_ok(), "the store can be exposed");
    let text = exposition::assemble(&state, &[], Default::default(), Default::default()).concat();
    let lines = String::from_utf8(text).unwrap();
    lines
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.replace("instance=\"\",", ""))
        .collect()
}

const ONE: Sample<'_> = (&[], 1.0);

#[tokio::test]
async fn put_replaces_the_group_and_post_the_families_it_names() {
    let store = store();
    push(
        &store,
        "a",
        Mode::Replace,
        10,
        families(&[("x", &[ONE]), ("y", &[ONE])]),
    )
    .await
    .unwrap();
    push(
        &store,
        "a",
        Mode::Merge,
        20,
        families(&[("y", &[(&[], 2.0)])]),
    )
    .await
    .unwrap();
    let times = [
        "push_failure_time_seconds{job=\"a\"} 0",
        "push_time_seconds{job=\"a\"} 20",
    ];
    assert_eq!(
        shown(&store),
        [times[0], times[1], "x{job=\"a\"} 1", "y{job=\"a\"} 2"]
    );
    push(&store, "a", Mode::Replace, 30, families(&[("z", &[ONE])]))
        .await
        .unwrap();
    assert_eq!(
        shown(&store),
        [
            times[0],
            "push_time_seconds{job=\"a\"} 30",
            "z{job=\"a\"} 1"
        ]
    );
    push(&store, "a", Mode::Replace, 40, Vec::new())
        .await
        .unwrap();
    assert_eq!(shown(&store), [times[0], "push_time_seconds{job=\"a\"} 40"]);
    store.delete(&key(&[("job", "a")])).await;
    assert_eq!(shown(&store), [""; 0]);
    assert_eq!((store.state().groups.len(), store.state().series), (0, 0));
}

#[tokio::test]
async fn a_refused_push_moves_the_failure_time_only() {
    let store = store();
    push(
        &store,
        "a",
        Mode::Replace,
        10,
        vec![family("x", MetricType::Gauge, &[ONE])],
    )
    .await
    .unwrap();
    let error = push(
        &store,
        "b",
        Mode::Replace,
        20,
        families(&[("x", &[ONE]), ("y", &[ONE])]),
    )
    .await
    .unwrap_err();
    assert_eq!(
        error,
        "collected metric \"x\" { \
         label:{name:\"instance\" value:\"\"} label:{name:\"job\" value:\"b\"} untyped:{value:1}} is not a GAUGE"
    );
    assert_eq!(
        shown(&store),
        [
            "push_failure_time_seconds{job=\"a\"} 0",
            "push_failure_time_seconds{job=\"b\"} 20",
            "push_time_seconds{job=\"a\"} 10",
            "push_time_seconds{job=\"b\"} 0",
            "x{job=\"a\"} 1",
        ]
    );
    let state = store.state();
    assert!(
        !state
            .group(&key(&[("job", "b")]))
            .unwrap()
            .last_push_successful()
    );
}

#[tokio::test]
async fn a_type_may_change_when_no_other_group_holds_the_name() {
    let store = store();
    push(
        &store,
        "a",
        Mode::Replace,
        1,
        vec![family("x", MetricType::Gauge, &[ONE])],
    )
    .await
    .unwrap();
    push(&store, "a", Mode::Merge, 2, families(&[("x", &[ONE])]))
        .await
        .unwrap();
    assert_eq!(store.state().name("x").unwrap().kind(), MetricType::Untyped);
    push(&store, "b", Mode::Merge, 2, families(&[("x", &[ONE])]))
        .await
        .unwrap();
    assert!(
        push(
            &store,
            "a",
            Mode::Merge,
            3,
            vec![family("x", MetricType::Gauge, &[ONE])]
        )
        .await
        .is_err()
    );
}

#[tokio::test]
async fn groups_that_look_the_same_when_exposed_exclude_one_another() {
    let store = store();
    push(&store, "a", Mode::Replace, 1, families(&[("x", &[ONE])]))
        .await
        .unwrap();
    let twin = key(&[("job", "a"), ("instance", "")]);
    let pushed = Pushed::new(
        &store.state(),
        twin.clone(),
        Mode::Replace,
        at(2),
        families(&[("other", &[ONE])]),
    );
    let error = store.push(pushed).await.unwrap_err().to_string();
    assert!(
        error.ends_with("was collected before with the same name and label values"),
        "{error}"
    );
    // Even the failure time would clash, so there is no trace of the push (deviation D1).
    assert!(store.state().group(&twin).is_none());
    assert_eq!(shown(&store).len(), 3);
}

#[tokio::test]
async fn a_series_twice_in_one_push_is_refused_and_across_groups_too() {
    let store = store();
    let twice = families(&[("x", &[(&[("l", "1")], 1.0), (&[("l", "1")], 2.0)])]);
    let error = push(&store, "a", Mode::Replace, 1, twice)
        .await
        .unwrap_err();
    assert!(error.contains("was collected before"), "{error}");
    let pushed = |job, own: &'static [(&str, &str)]| {
        let families = families(&[("x", &[(own, 1.0)])]);
        Pushed::new(
            &store.state(),
            key(&[("job", "j"), ("k", job)]),
            Mode::Merge,
            at(1),
            families,
        )
    };
    store.push(pushed("1", &[])).await.unwrap();
    // Grouping labels overwrite those of the body.
    store.push(pushed("2", &[("k", "1")])).await.unwrap();
    assert_eq!(
        shown(&store)
            .iter()
            .filter(|line| line.starts_with("x{"))
            .count(),
        2
    );
}

#[tokio::test]
async fn names_of_summaries_and_histograms_keep_their_suffixes_to_themselves() {
    let store = store();
    let counted = |name| vec![family(name, MetricType::Untyped, &[ONE])];
    push(
        &store,
        "a",
        Mode::Merge,
        1,
        counted("go_gc_duration_seconds_count"),
    )
    .await
    .unwrap_err();
    push(
        &store,
        "a",
        Mode::Merge,
        1,
        counted("go_gc_duration_seconds_bucket"),
    )
    .await
    .unwrap();
    let error = push(&store, "a", Mode::Merge, 1, counted("go_goroutines"))
        .await
        .unwrap_err();
    assert!(
        error.contains(
            "gathered metric family go_goroutines has type UNTYPED but should have GAUGE"
        ),
        "{error}"
    );
}

#[tokio::test]
async fn limits_refuse_what_would_exceed_them_but_let_a_full_store_change() {
    let store = Store::new(
        State::default(),
        true,
        Limits {
            groups_max: NonZeroU64::new(2),
            series_max: NonZeroU64::new(7),
        },
    );
    push(&store, "a", Mode::Replace, 1, families(&[("x", &[ONE])]))
        .await
        .unwrap();
    push(&store, "b", Mode::Replace, 1, families(&[("x", &[ONE])]))
        .await
        .unwrap();
    let error = push(&store, "c", Mode::Replace, 1, families(&[("x", &[ONE])]))
        .await
        .unwrap_err();
    assert!(error.contains("limit of 2 groups"), "{error}");
    let more = families(&[("x", &[ONE]), ("y", &[ONE]), ("z", &[ONE])]);
    let error = push(&store, "a", Mode::Merge, 2, more).await.unwrap_err();
    assert!(error.contains("limit of 7 series"), "{error}");
    push(&store, "a", Mode::Merge, 3, families(&[("x", &[ONE])]))
        .await
        .unwrap();
    assert_eq!(store.state().groups.len(), 2);
}

#[tokio::test]
async fn an_unchecked_store_takes_anything_and_says_why_it_cannot_be_exposed() {
    let store = Store::new(
        State::default(),
        false,
        Limits {
            groups_max: None,
            series_max: None,
        },
    );
    push(&store, "a", Mode::Merge, 1, families(&[("x", &[ONE, ONE])]))
        .await
        .unwrap();
    push(
        &store,
        "b",
        Mode::Merge,
        1,
        vec![family("x", MetricType::Gauge, &[ONE])],
    )
    .await
    .unwrap();
    let error = store.check(&store.state()).unwrap_err().to_string();
    assert!(
        error.starts_with("2 error(s) occurred:\n* collected metric"),
        "{error}"
    );
    push(&store, "a", Mode::Replace, 2, Vec::new())
        .await
        .unwrap();
    store.check(&store.state()).unwrap();
    assert_eq!(
        store
            .state()
            .names
            .iter()
            .map(|name| name.series.len())
            .sum::<usize>(),
        store.state().series
    );
}
