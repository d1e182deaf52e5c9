//! The index against a sorted map of histories.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What the index has to say, kept in the plainest way.
#[derive(Default)]
struct Model(BTreeMap<Vec<u8>, Vec<Version>>);

impl Model {
    fn at(&self, key: &[u8], main: i64) -> Option<Version> {
        let versions = self.0.get(key)?;
        let newest = versions
            .iter()
            .rfind(|version| version.revision.main <= main)?;
        (!newest.is_tombstone()).then_some(*newest)
    }

    fn compact(&mut self, main: i64) {
        for versions in self.0.values_mut() {
            let until = versions.partition_point(|version| version.revision.main <= main);
            if let Some(newest) = until.checked_sub(1) {
                let kept =
                    !versions[newest].is_tombstone() || versions[newest].revision.main == main;
                versions.drain(..if kept { newest } else { until });
            }
        }
        self.0.retain(|_, versions| !versions.is_empty());
    }

    fn range(&self, from: &[u8], end: Option<&[u8]>, main: i64) -> Vec<(Vec<u8>, Version)> {
        let keys = self
            .0
            .keys()
            .filter(|key| key[..] >= *from && end.is_none_or(|end| key[..] < *end));
        keys.filter_map(|key| Some((key.clone(), self.at(key, main)?)))
            .collect()
    }
}

fn put(index: &mut Index, model: &mut Model, key: &[u8], main: i64) {
    let before = index.at(key, main);
    let version = Version {
        revision: Revision::start(main),
        create_revision: before.map_or(main, |version| version.create_revision),
        version: before.map_or(1, |version| version.version + 1),
        record_bytes: 7,
    };
    index.push(index.find(key), key, version);
    model.0.entry(key.to_vec()).or_default().push(version);
}

fn delete(index: &mut Index, model: &mut Model, key: &[u8], main: i64) {
    if index.at(key, main).is_some() {
        let version = Version {
            revision: Revision::start(main),
            create_revision: 0,
            version: 0,
            record_bytes: 3,
        };
        index.push(index.find(key), key, version);
        model.0.get_mut(key).unwrap().push(version);
    }
}

fn compact(index: &mut Index, main: i64) {
    let mut sweep = Sweep::default();
    while let Some(next) = index.compact(sweep, main) {
        sweep = next;
    }
}

fn range(index: &Index, from: &[u8], end: Option<&[u8]>, main: i64) -> Vec<(Vec<u8>, Version)> {
    let mut cursor = index.cursor(from);
    let mut found = Vec::new();
    while let Some((key, version)) = cursor.next(index, end, main) {
        found.extend(version.map(|version| (key.to_vec(), version)));
    }
    found
}

#[track_caller]
fn check(index: &Index, model: &Model, from: &[u8], end: Option<&[u8]>, main: i64) {
    let expected = model.range(from, end, main);
    assert_eq!(index.count(from, end, main), expected.len());
    assert_eq!(range(index, from, end, main), expected);
}

#[derive(Clone, Debug)]
enum Step {
    Put(Vec<u8>),
    Delete(Vec<u8>),
    Compact(u8),
    Snapshot,
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(0..3_u8, 1..6),
        (0..3_u8, 0..400_u16)
            .prop_map(|(prefix, number)| format!("/registry/{prefix}/{number:04}").into_bytes()),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => key().prop_map(Step::Put),
        4 => key().prop_map(Step::Delete),
        1 => any::<u8>().prop_map(Step::Compact),
        1 => Just(Step::Snapshot),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_index_is_a_sorted_map_of_histories(
        steps in proptest::collection::vec(step(), 1..1500),
        reads in proptest::collection::vec((key(), proptest::option::of(key()), any::<u16>()), 8),
    ) {
        let (mut index, mut model) = (Index::default(), Model::default());
        let (mut main, mut compacted) = (1, 0);
        let mut snapshots = Vec::new();
        for step in steps {
            main += 1;
            match step {
                Step::Put(key) => put(&mut index, &mut model, &key, main),
                Step::Delete(key) => delete(&mut index, &mut model, &key, main),
                Step::Compact(share) => {
                    compacted += (main - compacted) * i64::from(share) / 255;
                    compact(&mut index, compacted);
                    model.compact(compacted);
                    let mut kept: Vec<_> = model.0.values().flat_map(|versions| versions.iter()
                        .rfind(|version| version.revision.main <= compacted)).map(|version| version.revision).collect();
                    kept.sort();
                    prop_assert_eq!(index.kept(compacted, false), kept);
                }
                Step::Snapshot => {
                    snapshots.truncate(3);
                    snapshots.push((index.clone(), Model(model.0.clone()), compacted, main));
                }
            }
        }
        prop_assert_eq!(index.live(), model.range(&[], None, main).len());
        snapshots.push((index, model, compacted, main));
        for (index, model, compacted, main) in &snapshots {
            check(index, model, &[], None, *main);
            for (from, end, at) in &reads {
                let at = compacted + (main - compacted) * i64::from(*at) / i64::from(u16::MAX);
                check(index, model, from, end.as_deref(), at);
                check(index, model, from, None, *main);
                prop_assert_eq!(index.at(from, at), model.at(from, at));
            }
        }
    }
}

#[test]
fn many_keys_in_any_order_are_found_and_counted() {
    for stride in [1, 7919, 49_999] {
        let (mut index, mut model) = (Index::default(), Model::default());
        for number in 0..50_000_u32 {
            let key = format!("{:08}", number.wrapping_mul(stride) % 50_000);
            put(
                &mut index,
                &mut model,
                key.as_bytes(),
                i64::from(number) + 2,
            );
        }
        assert_eq!(index.live(), 50_000);
        check(&index, &model, b"00001234", Some(b"00045678"), 50_001);
        check(&index, &model, b"00001234", Some(b"00045678"), 30_000);
        check(&index, &model, b"", None, 50_001);
        for main in (50_002..).take(45_000) {
            delete(
                &mut index,
                &mut model,
                format!("{:08}", main - 50_002).as_bytes(),
                main,
            );
        }
        compact(&mut index, 95_002);
        model.compact(95_002);
        let blocks: usize = index.groups.iter().map(|group| group.blocks.len()).sum();
        assert!(
            blocks * BLOCK_KEYS / 4 < 5_000,
            "{blocks} blocks for 5,000 keys"
        );
        check(&index, &model, b"", None, 95_002);
    }
}

#[test]
fn a_key_may_change_more_often_than_32_bits_count() {
    let mut index = Index::default();
    let version = |main, version| Version {
        revision: Revision::start(main),
        create_revision: 2,
        version,
        record_bytes: 7,
    };
    for (main, number) in [(5, u32::MAX.into()), (6, 1 << 32), (7, (1 << 40) + 1)] {
        index.push(index.find(b"key"), b"key", version(main, number));
        assert_eq!(index.at(b"key", main), Some(version(main, number)));
    }
    index.compact(Sweep::default(), 7);
    assert_eq!(index.at(b"key", 7), Some(version(7, (1 << 40) + 1)));
    assert_eq!(index.at(b"key", 6), None);
    index.push(index.find(b"key"), b"key", version(8, 0));
    assert_eq!((index.at(b"key", 8), index.live()), (None, 0));
}
