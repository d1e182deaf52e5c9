use std::collections::BTreeMap;

use proptest::{collection::btree_map, prelude::*};

use super::*;
use crate::Reader;

type Buckets = BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, Vec<u8>>>;

fn plan(buckets: &Buckets) -> Layout {
    let mut plan = Plan::default();
    for (name, entries) in buckets {
        plan.bucket(name).unwrap();
        for (key, value) in entries {
            plan.entry(key, value.len()).unwrap();
        }
    }
    plan.finish().unwrap()
}

fn written(buckets: &Buckets) -> Vec<u8> {
    let layout = plan(buckets);
    let mut writer = layout.write(Vec::new()).unwrap();
    for (name, entries) in buckets {
        writer.bucket(name).unwrap();
        for (key, value) in entries {
            writer.entry(key, value).unwrap();
        }
    }
    let file = writer.finish().unwrap();
    assert_eq!(file.len() as u64, layout.bytes());
    file
}

fn read(file: &[u8]) -> Buckets {
    let reader = Reader::open(file).unwrap();
    assert_eq!(reader.bytes(), file.len() as u64);
    let names = reader.buckets().unwrap();
    let entries = |name: &Vec<u8>| {
        let mut entries = reader.entries(name).unwrap().unwrap();
        let mut all = BTreeMap::new();
        while let Some((key, value)) = entries.next_entry().unwrap() {
            all.insert(key.to_vec(), value.to_vec());
        }
        all
    };
    names
        .iter()
        .map(|name| (name.clone(), entries(name)))
        .collect()
}

#[test]
fn a_deep_tree_with_long_values_and_empty_buckets_is_read_back() {
    let revision = |main: u32| [&main.to_be_bytes()[..], b"_"].concat();
    let many = (0..100_000).map(|main| (revision(main), vec![7; 20]));
    let long = (0..5u32).map(|at| (revision(at), vec![8; at as usize * 4000]));
    let buckets = Buckets::from([
        (b"alarm".to_vec(), BTreeMap::new()),
        (b"key".to_vec(), many.collect()),
        (b"meta".to_vec(), long.collect()),
    ]);
    assert!(read(&written(&buckets)) == buckets);
    assert!(read(&written(&Buckets::new())).is_empty());
}

#[test]
fn what_is_out_of_order_or_was_not_planned_is_refused() {
    let mut plan = Plan::default();
    assert!(matches!(plan.entry(b"a", 1), Err(WriteError::NoBucket)));
    plan.bucket(b"b").unwrap();
    plan.entry(b"k", 1).unwrap();
    for key in [&b"k"[..], b"j", b""] {
        let error = plan.entry(key, 1).unwrap_err();
        assert!(matches!(error, WriteError::Order { what: "key", .. }));
    }
    let error = plan.bucket(b"a").unwrap_err();
    assert!(matches!(error, WriteError::Order { what: "bucket", .. }));
    let mut plan = Plan::default();
    plan.bucket(b"b").unwrap();
    assert!(matches!(
        plan.entry(b"k", usize::MAX),
        Err(WriteError::TooLong(_))
    ));
    let layout = plan.finish().unwrap();
    let mut writer = layout.write(io::sink()).unwrap();
    writer.bucket(b"b").unwrap();
    for key in 0..1000u32 {
        writer.entry(&key.to_be_bytes(), &[0; 100]).unwrap();
    }
    assert!(matches!(writer.finish(), Err(WriteError::Changed { .. })));
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        buckets in btree_map(
            prop::collection::vec(any::<u8>(), 1..20),
            btree_map(
                prop::collection::vec(any::<u8>(), 1..300),
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..40),
                    (0..9000usize).prop_map(|bytes| vec![1; bytes]),
                ],
                0..120,
            ),
            0..6,
        ),
    ) {
        prop_assert!(read(&written(&buckets)) == buckets);
    }
}
