use super::*;
use crate::store::{
    Mode, Store,
    clock::Moment,
    pushed::Pushed,
    testing::{Sample, families, key, store},
};

const ONE: Sample<'_> = (&[], 1.0);

fn push(store: &Store, labels: &[(&str, &str)], seconds: i64, names: &[&str]) {
    let named: Vec<_> = names.iter().map(|name| (*name, &[ONE][..])).collect();
    let at = Moment { seconds, nanos: 0 };
    let pushed = Pushed::new(
        &store.state(),
        key(labels),
        Mode::Merge,
        at,
        families(&named),
    );
    store.push_blocking(pushed).unwrap();
}

fn three_groups() -> Store {
    let store = store();
    push(&store, &[("job", "zeta"), ("host", "a")], 300, &["up"]);
    push(
        &store,
        &[("job", "Beta"), ("host", "b")],
        100,
        &["up", "backup_bytes", "backup_files"],
    );
    push(&store, &[("job", "beta-2")], 200, &["rows"]);
    store
}

/// Returns the jobs shown for a query.
fn jobs(store: &Store, query: &str) -> Vec<String> {
    let state = store.state();
    let listing = Listing::new(&state, &Query::parse(query));
    listing
        .shown
        .iter()
        .map(|found| String::from_utf8_lossy(job_of(&found.group.key)).into_owned())
        .collect()
}

#[test]
fn groups_come_in_the_order_asked_for() {
    let store = three_groups();
    assert_eq!(jobs(&store, ""), ["zeta", "Beta", "beta-2"]);
    assert_eq!(jobs(&store, "sort=job"), ["Beta", "beta-2", "zeta"]);
    assert_eq!(jobs(&store, "sort=newest"), ["zeta", "beta-2", "Beta"]);
    assert_eq!(jobs(&store, "sort=oldest"), ["Beta", "beta-2", "zeta"]);
    assert_eq!(jobs(&store, "sort=size"), ["Beta", "zeta", "beta-2"]);
}

#[test]
fn every_word_must_be_in_the_labels_or_in_a_metric_name() {
    let store = three_groups();
    assert_eq!(jobs(&store, "q=BETA"), ["Beta", "beta-2"]);
    assert_eq!(jobs(&store, "q=beta+rows"), ["beta-2"]);
    assert_eq!(jobs(&store, "q=job%3Dbeta"), ["Beta", "beta-2"]);
    assert_eq!(jobs(&store, "q=job%3D%22beta%22"), ["Beta"]);
    assert_eq!(jobs(&store, "q=%22a%22"), ["zeta"]);
    assert_eq!(jobs(&store, "q=nothing"), [""; 0]);
}

#[test]
fn metric_names_that_were_found_are_named() {
    let store = three_groups();
    let state = store.state();
    let listing = Listing::new(&state, &Query::parse("q=backup"));
    assert_eq!(listing.shown[0].matches, ["backup_bytes", "backup_files"]);
    assert_eq!(listing.shown[0].matches_more, 0);
}

#[test]
fn pages_hold_fifty_groups_and_the_last_one_the_rest() {
    let store = store();
    for number in 0..120 {
        push(&store, &[("job", &format!("{number:03}"))], 1, &["up"]);
    }
    let state = store.state();
    let page = |number| {
        Listing::new(
            &state,
            &Query {
                page: number,
                ..Query::default()
            },
        )
    };
    assert_eq!(
        (page(0).shown.len(), page(0).pages, page(0).found),
        (50, 3, 120)
    );
    assert_eq!((page(2).shown.len(), page(2).page), (20, 2));
    assert_eq!(page(99).page, 2);
    assert_eq!(page(99).shown[0].group.key, key(&[("job", "100")]));
}

#[test]
fn refused_groups_are_counted_and_can_be_picked() {
    let store = three_groups();
    let at = Moment {
        seconds: 400,
        nanos: 0,
    };
    let mut refused = Pushed::new(
        &store.state(),
        key(&[("job", "beta-2")]),
        Mode::Merge,
        at,
        Vec::new(),
    );
    refused.timestamped = true;
    store.push_blocking(refused).unwrap_err();
    assert_eq!(Listing::new(&store.state(), &Query::default()).failed, 1);
    assert_eq!(jobs(&store, "failed=1"), ["beta-2"]);
    assert_eq!(jobs(&store, "failed=1&q=zeta"), [""; 0]);
}
