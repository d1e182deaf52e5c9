//! Random histories, with compactions and restarts: the store answers as the model does.

use bytes::Bytes;
use etcd_api::etcdserverpb::RangeRequest;
use etcd_mvcc::{Error, Record};
use proptest::prelude::*;

use crate::{model::Model, rig::Rig};

#[derive(Clone, Debug)]
enum Step {
    /// Operations that are one revision.
    Write(Vec<Operation>),
    Compact(u8),
    /// A compaction that the next restart finds unfinished.
    CompactInPart(u8),
    Commit,
    Restart,
    Range(Box<RangeRequest>, u8),
}

#[derive(Clone, Debug)]
enum Operation {
    Put(Bytes, Bytes, i64),
    Delete(Bytes, Bytes),
}

fn key() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        proptest::collection::vec(0..3_u8, 1..4).prop_map(Bytes::from),
        (0..60_u8).prop_map(|number| Bytes::from(format!("/registry/pods/{number:03}"))),
    ]
}

fn range_end() -> impl Strategy<Value = Bytes> {
    prop_oneof![Just(Bytes::new()), Just(Bytes::from_static(b"\0")), key()]
}

fn operation() -> impl Strategy<Value = Operation> {
    let value = prop_oneof![
        proptest::collection::vec(0..4_u8, 0..3),
        Just(vec![7; 5000]),
    ];
    prop_oneof![
        5 => (key(), value, 0..3_i64).prop_map(|(key, value, lease)| Operation::Put(key, value.into(), lease)),
        1 => (key(), range_end()).prop_map(|(key, end)| Operation::Delete(key, end)),
    ]
}

fn request() -> impl Strategy<Value = RangeRequest> {
    let bound = || prop_oneof![3 => Just(0), 1 => 1..60_i64];
    (
        (key(), range_end(), -1..20_i64, 0..3_i32, 0..5_i32),
        (any::<bool>(), proptest::bool::weighted(0.2)),
        (bound(), bound(), bound(), bound()),
        any::<bool>(),
    )
        .prop_map(
            |(
                (key, range_end, limit, sort_order, sort_target),
                (keys_only, count_only),
                bounds,
                all,
            )| {
                let bounds = if all { (0, 0, 0, 0) } else { bounds };
                RangeRequest {
                    key: if all { Bytes::from_static(b"\0") } else { key },
                    range_end: if all {
                        Bytes::from_static(b"\0")
                    } else {
                        range_end
                    },
                    limit,
                    sort_order,
                    sort_target,
                    keys_only,
                    count_only,
                    min_mod_revision: bounds.0,
                    max_mod_revision: bounds.1,
                    min_create_revision: bounds.2,
                    max_create_revision: bounds.3,
                    ..RangeRequest::default()
                }
            },
        )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => proptest::collection::vec(operation(), 1..4).prop_map(Step::Write),
        2 => any::<u8>().prop_map(Step::Compact),
        1 => any::<u8>().prop_map(Step::CompactInPart),
        2 => Just(Step::Commit),
        1 => Just(Step::Restart),
        10 => (request(), any::<u8>()).prop_map(|(request, share)| Step::Range(Box::new(request), share)),
    ]
}

/// A revision between the last compaction (a little before it even) and the newest (a little after it).
fn between(model: &Model, share: u8) -> i64 {
    let first = model.compacted.max(0) - 2;
    first + (model.revision + 4 - first) * i64::from(share) / 255
}

fn write(rig: &mut Rig, model: &mut Model, operations: &[Operation]) {
    let revision = model.revision + 1;
    let mut count = 0;
    let changes = rig.write(|txn| {
        for operation in operations {
            match operation {
                Operation::Put(key, value, lease) => {
                    // A key is written once in a revision, as the server sees to.
                    if model
                        .at(key, revision)
                        .is_some_and(|kv| kv.mod_revision == revision)
                    {
                        continue;
                    }
                    let previous = txn.put(key, value, *lease);
                    let expected = model.put(key, value, *lease, revision);
                    assert_eq!(
                        previous.map(|version| (version.create_revision, version.version)),
                        expected.map(|kv| (kv.create_revision, kv.version))
                    );
                    count += 1;
                }
                Operation::Delete(key, end) => {
                    let deleted = txn.delete_range(key, end);
                    assert_eq!(deleted, model.delete(key, end, revision));
                    count += deleted;
                }
            }
        }
    });
    assert_eq!(
        changes.as_ref().map_or(0, |changes| changes.changes.len()),
        count
    );
    if let Some(changes) = changes {
        model.revision += 1;
        assert_eq!(changes.revision, model.revision);
        for (sub, change) in changes.changes.iter().enumerate() {
            assert_eq!(change.revision.main, model.revision);
            assert_eq!(change.revision.sub as usize, sub);
            assert_eq!(Record::parse(&change.record).unwrap().key, change.key);
        }
    }
    assert_eq!(rig.store.revision(), model.revision);
}

fn range(rig: &mut Rig, model: &Model, mut request: RangeRequest, share: u8) {
    request.revision = between(model, share);
    match rig.range(&request) {
        Ok(response) => {
            assert!(request.revision <= model.revision, "{request:?}");
            assert!(
                request.revision <= 0 || request.revision >= model.compacted,
                "{request:?}"
            );
            assert_eq!(response, model.range(&request), "{request:?}");
        }
        Err(Error::FutureRevision) => assert!(request.revision > model.revision, "{request:?}"),
        Err(Error::Compacted) => assert!(
            (1..model.compacted).contains(&request.revision),
            "{request:?}"
        ),
        Err(error) => panic!("{error}: {request:?}"),
    }
}

fn run(steps: Vec<Step>) {
    let (mut rig, mut model) = (Rig::new(), Model::new());
    for step in steps {
        match step {
            Step::Write(operations) => write(&mut rig, &mut model, &operations),
            Step::Range(request, share) => range(&mut rig, &model, *request, share),
            Step::Commit => rig.store.backend().commit().unwrap(),
            Step::Compact(share) => {
                let revision = between(&model, share);
                match rig.compact(revision) {
                    Ok(compacted) => {
                        model.compacted = revision;
                        assert_eq!(compacted.hash.revision, revision);
                        assert_eq!(rig.hash(revision).unwrap().revision, revision);
                    }
                    Err(Error::Compacted) => assert!(revision <= model.compacted),
                    Err(Error::FutureRevision) => assert!(revision > model.revision),
                    Err(error) => panic!("{error}"),
                }
            }
            Step::CompactInPart(share) => {
                let revision = between(&model, share);
                if let Ok(mut compaction) = rig.accept(revision) {
                    model.compacted = revision;
                    let done = compaction.step(usize::from(share) % 8 + 1).unwrap();
                    drop(compaction);
                    rig = rig.restart();
                    assert_eq!(rig.resumed.is_some(), done.is_none());
                    if let Some(compaction) = rig.resumed.take() {
                        let compacted = rig.run(compaction);
                        assert!(!compacted.hash_counts);
                    }
                }
            }
            Step::Restart => {
                // The hash a compaction made is forgotten; any other is made anew.
                let hash = |rig: &Rig| {
                    let known = |revision| {
                        rig.store
                            .compaction_hashes()
                            .iter()
                            .any(|hash| hash.revision == revision)
                    };
                    (!known(0)).then(|| rig.hash(0).unwrap())
                };
                let before = hash(&rig);
                rig = rig.restart();
                assert!(before.is_none() || hash(&rig) == before);
                assert!(rig.resumed.is_none());
                let all = model.keys(b"\0", b"\0", model.revision);
                let leases: Vec<_> = all
                    .iter()
                    .filter(|kv| kv.lease != 0)
                    .map(|kv| (kv.key.to_vec(), kv.lease))
                    .collect();
                assert_eq!(rig.leases, leases);
            }
        }
        assert_eq!(rig.store.revision(), model.revision);
        assert_eq!(rig.store.compact_revision(), model.compacted);
        assert_eq!(
            rig.store.key_count(),
            model.keys(b"\0", b"\0", model.revision).len()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 2000, ..ProptestConfig::default() })]
    #[test]
    fn any_history_is_answered_as_by_the_model(steps in proptest::collection::vec(step(), 1..120)) {
        run(steps);
    }
}
