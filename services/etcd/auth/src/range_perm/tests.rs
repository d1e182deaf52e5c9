use proptest::prelude::*;

use super::*;

fn permission(kind: Type, key: &[u8], range_end: &[u8]) -> Permission {
    Permission {
        kind: kind.into(),
        key: key.into(),
        range_end: range_end.into(),
    }
}

fn readable(intervals: &[(&[u8], &[u8])]) -> Intervals {
    let permissions: Vec<_> = intervals
        .iter()
        .map(|(key, end)| permission(Type::Read, key, end))
        .collect();
    RangePermissions::merge(permissions.iter()).read
}

#[track_caller]
fn check(granted: &[(&[u8], &[u8])], asked: (&[u8], &[u8]), expected: bool) {
    assert_eq!(readable(granted).cover(asked.0, asked.1), expected);
}

#[test]
fn one_key_is_covered_by_itself_only() {
    check(&[(b"a", b"")], (b"a", b""), true);
    check(&[(b"a", b"")], (b"a\0", b""), false);
    check(&[(b"a", b"")], (b"a", b"a\0"), true);
    check(&[(b"a", b"")], (b"a", b"b"), false);
    check(&[(b"a", b"")], (b"", b""), false);
}

#[test]
fn adjacent_intervals_cover_what_none_of_them_covers() {
    let granted: &[(&[u8], &[u8])] = &[(b"c", b"d"), (b"a", b"b"), (b"b", b"c")];
    check(granted, (b"a", b"d"), true);
    check(granted, (b"a", b"d\0"), false);
    check(&[(b"a", b""), (b"a\0", b"")], (b"a", b"a\0\0"), true);
}

#[test]
fn a_gap_is_not_covered() {
    check(&[(b"a", b"b"), (b"c", b"d")], (b"a", b"d"), false);
    check(&[(b"a", b"b"), (b"c", b"d")], (b"c", b"d"), true);
    check(&[(b"a", b"b"), (b"c", b"d")], (b"b", b""), false);
}

#[test]
fn no_end_covers_no_end_and_only_it_does() {
    check(&[(b"a", b"\0")], (b"b", b"\0"), true);
    check(&[(b"\0", b"\0")], (b"\0", b"\0"), true);
    check(&[(b"a", b"\xff")], (b"b", b"\0"), false);
    check(&[(b"a", b"c"), (b"b", b"\0")], (b"a", b"\0"), true);
}

#[test]
fn an_interval_that_selects_nothing_needs_its_first_key() {
    check(&[(b"b", b"c")], (b"b", b"a"), true);
    check(&[(b"b", b"c")], (b"d", b"a"), false);
}

#[test]
fn kinds_are_apart_and_an_unknown_one_grants_nothing() {
    let permissions = [
        permission(Type::Read, b"r", b""),
        permission(Type::Write, b"w", b""),
        permission(Type::Readwrite, b"x", b""),
        Permission {
            kind: 7,
            key: (*b"u").into(),
            range_end: [].into(),
        },
    ];
    let merged = RangePermissions::merge(permissions.iter());
    let covered = |intervals: &Intervals| -> Vec<u8> {
        let keys = b"rwxu".iter().copied();
        keys.filter(|key| intervals.cover(&[*key], b"")).collect()
    };
    assert_eq!(covered(&merged.read), b"rx");
    assert_eq!(covered(&merged.write), b"wx");
}

/// What upstream's tree says: of the intervals that meet the asked one, in order, each begins where those before it
/// reach; together they reach from its begin to its end.
fn upstream(granted: &[(Vec<u8>, Vec<u8>)], key: &[u8], range_end: &[u8]) -> bool {
    let end_of = |key: &[u8], end: &[u8]| match end {
        [] => End::Before([key, &[0]].concat().into()),
        [0] => End::Open,
        end => End::Before(end.into()),
    };
    let is_behind = |key: &[u8], end: &End| matches!(end, End::Before(end) if **end <= *key);
    let asked_end = end_of(key, range_end);
    let mut met: Vec<_> = granted
        .iter()
        .filter(|(begin, end)| is_valid_permission_range(begin, end))
        .map(|(begin, end)| (begin.clone(), end_of(begin, end)))
        .filter(|(begin, end)| {
            let left = *key < **begin && is_behind(begin, &asked_end);
            !left && !is_behind(key, end)
        })
        .collect();
    met.sort();
    let Some((first, _)) = met.first().cloned() else {
        return false;
    };
    let mut reach = met[0].1.clone();
    for (begin, end) in met {
        if matches!(&reach, End::Before(reach) if **reach < *begin) {
            return false;
        }
        reach = reach.max(end);
    }
    reach >= asked_end && *first <= *key
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0, b'a', b'b', 0xff]), 1..4)
}

fn end() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![Just(vec![]), Just(vec![0]), key()]
}

proptest! {
    #[test]
    fn a_check_says_what_upstreams_tree_says(
        granted in prop::collection::vec((key(), end()), 0..8),
        asked_key in key(),
        asked_end in end(),
    ) {
        let intervals: Vec<(&[u8], &[u8])> =
            granted.iter().map(|(key, end)| (&key[..], &end[..])).collect();
        prop_assert_eq!(
            readable(&intervals).cover(&asked_key, &asked_end),
            upstream(&granted, &asked_key, &asked_end)
        );
    }

    #[test]
    fn merged_intervals_are_in_order_and_apart(
        granted in prop::collection::vec((key(), end()), 0..8),
    ) {
        let intervals: Vec<(&[u8], &[u8])> =
            granted.iter().map(|(key, end)| (&key[..], &end[..])).collect();
        for pair in readable(&intervals).0.windows(2) {
            prop_assert!(matches!(&pair[0].end, End::Before(end) if **end < *pair[1].begin));
        }
    }
}
