use std::collections::BTreeSet;

use etcd_api::etcdserverpb::LeaseCheckpoint;
use etcd_backend::{Backend, Options};
use proptest::prelude::*;

use super::*;
use crate::{CHECKPOINT_BATCH_MAX, CHECKPOINT_INTERVAL, EXPIRED_MAX, LoadError};

const CONFIG: LeaseConfig = LeaseConfig {
    ttl_seconds_min: 2,
    checkpoints: false,
    checkpoints_persist: false,
};

/// A lessor and its clock.
struct Counted {
    lessor: Lessor,
    now: Instant,
}

impl Counted {
    fn new(config: LeaseConfig) -> Self {
        let now = Instant::now();
        let mut lessor = Lessor::new(config, now);
        lessor.promote(Duration::ZERO, now);
        Self { lessor, now }
    }

    fn wait(&mut self, millis: u64) -> &mut Self {
        self.now += Duration::from_millis(millis);
        self
    }

    fn grant(&mut self, id: i64, ttl: i64) -> Result<i64, LeaseError> {
        self.lessor.grant(id, ttl, self.now, &mut Batch::new())
    }

    fn renew(&mut self, id: i64) -> Result<Renewal, LeaseError> {
        self.lessor.renew(id, self.now)
    }

    fn expired(&mut self) -> Vec<i64> {
        self.lessor.expired(self.now)
    }

    fn remaining(&self, id: i64) -> Option<i64> {
        self.lessor.time_to_live(id, self.now).unwrap().remaining
    }

    fn checkpoint(&mut self, id: i64, remaining_ttl: i64) -> Batch {
        let mut batch = Batch::new();
        let checkpoints = [LeaseCheckpoint { id, remaining_ttl }];
        self.lessor
            .checkpoint(&checkpoints, false, self.now, &mut batch);
        batch
    }
}

#[test]
fn a_time_to_live_has_bounds() {
    let mut counted = Counted::new(CONFIG);
    assert_eq!(counted.grant(1, 0), Ok(2));
    assert_eq!(counted.grant(2, -5), Ok(2));
    assert_eq!(counted.grant(3, 60), Ok(60));
    assert_eq!(counted.grant(4, TTL_SECONDS_MAX), Ok(TTL_SECONDS_MAX));
    assert_eq!(counted.remaining(4), Some(TTL_SECONDS_MAX));
    assert_eq!(
        counted.grant(5, TTL_SECONDS_MAX + 1),
        Err(Error::LeaseTtlTooLarge.into())
    );
    assert_eq!(counted.grant(3, 60), Err(Error::LeaseExists.into()));
    assert_eq!(counted.grant(0, 60), Err(Error::LeaseNotFound.into()));
}

#[test]
fn the_shortest_time_is_one_and_a_half_elections() {
    assert_eq!(ttl_seconds_min(10, Duration::from_millis(100)), 2);
    assert_eq!(ttl_seconds_min(10, Duration::from_millis(200)), 3);
    // Ticks are whole, as upstream counts them.
    assert_eq!(ttl_seconds_min(5, Duration::from_millis(1000)), 7);
}

#[test]
fn a_lease_is_over_at_its_time_and_not_before() {
    let mut counted = Counted::new(CONFIG);
    counted.grant(1, 10).unwrap();
    assert_eq!(counted.wait(9_999).expired(), []);
    assert_eq!(counted.remaining(1), Some(0));
    assert_eq!(counted.renew(1), Ok(Renewal::Renewed(10)));
    assert_eq!(counted.wait(9_999).expired(), []);
    assert_eq!(counted.wait(1).expired(), [1]);
    assert_eq!(counted.renew(1), Ok(Renewal::Over));
    assert_eq!(counted.wait(2_000).remaining(1), Some(-2));
}

#[test]
fn what_is_not_revoked_in_time_is_over_again() {
    let mut counted = Counted::new(CONFIG);
    counted.grant(1, 10).unwrap();
    assert_eq!(counted.wait(10_000).expired(), [1]);
    assert_eq!(counted.wait(2_999).expired(), []);
    assert_eq!(counted.wait(1).expired(), [1]);
    counted.lessor.revoke(1, &mut Batch::new()).unwrap();
    assert_eq!(counted.wait(10_000).expired(), []);
}

#[test]
fn an_id_can_be_used_again_and_ends_at_its_own_time() {
    let mut counted = Counted::new(CONFIG);
    counted.grant(1, 10).unwrap();
    counted.lessor.revoke(1, &mut Batch::new()).unwrap();
    counted.wait(5_000).grant(1, 20).unwrap();
    assert_eq!(counted.wait(6_000).expired(), []);
    assert_eq!(counted.wait(13_999).expired(), []);
    assert_eq!(counted.wait(1).expired(), [1]);
}

#[test]
fn not_more_come_at_a_time_than_can_be_revoked() {
    let mut counted = Counted::new(CONFIG);
    for id in 1..=1200 {
        counted.grant(id, 10).unwrap();
    }
    counted.wait(10_000);
    let mut seen = BTreeSet::new();
    for count in [EXPIRED_MAX, EXPIRED_MAX, 200, 0] {
        let expired = counted.expired();
        assert_eq!(expired.len(), count);
        seen.extend(expired);
    }
    assert_eq!(seen.len(), 1200);
}

#[test]
fn keys_come_in_byte_order_and_go_with_their_lease() {
    let mut counted = Counted::new(CONFIG);
    counted.grant(1, 10).unwrap();
    counted.grant(2, 10).unwrap();
    for key in [&b"c"[..], b"a\xff", b"a", b"a"] {
        counted.lessor.attach(1, key).unwrap();
    }
    assert_eq!(
        counted.lessor.keys(1).collect::<Vec<_>>(),
        [&b"a"[..], b"a\xff", b"c"]
    );
    assert_eq!(counted.lessor.holder(b"a"), 1);
    counted.lessor.attach(2, b"a").unwrap();
    assert_eq!(
        counted.lessor.keys(1).collect::<Vec<_>>(),
        [&b"a\xff"[..], b"c"]
    );
    assert_eq!(counted.lessor.holder(b"a"), 2);
    let refused = counted.lessor.attach(3, b"a").unwrap_err();
    assert_eq!(refused, Error::LeaseNotFound.into());
    assert_eq!(counted.lessor.holder(b"a"), 2);
    counted.lessor.detach(b"c");
    counted.lessor.detach(b"nothing");
    let keys = counted.lessor.revoke(1, &mut Batch::new()).unwrap();
    assert_eq!(keys, [(*b"a\xff").into()]);
    assert_eq!(counted.lessor.holder(b"a\xff"), 0);
    assert_eq!(counted.lessor.keys(1).count(), 0);
    let refused = counted.lessor.revoke(1, &mut Batch::new()).unwrap_err();
    assert_eq!(refused.to_string(), "etcdserver: requested lease not found");
}

#[test]
fn leases_are_listed_by_their_end() {
    let mut counted = Counted::new(CONFIG);
    for (id, ttl) in [(1, 30), (2, 10), (3, 20), (4, 10)] {
        counted.grant(id, ttl).unwrap();
    }
    assert_eq!(counted.lessor.ids_by_end(), [2, 4, 3, 1]);
    counted.wait(5_000).renew(2).unwrap();
    assert_eq!(counted.lessor.ids_by_end(), [4, 2, 3, 1]);
    assert_eq!(counted.lessor.len(), 4);
}

#[test]
fn only_a_primary_counts() {
    let now = Instant::now();
    let mut lessor = Lessor::new(CONFIG, now);
    lessor.grant(1, 10, now, &mut Batch::new()).unwrap();
    let later = now + Duration::from_secs(3600);
    assert_eq!(lessor.expired(later), []);
    assert_eq!(
        lessor.renew(1, later).unwrap_err().to_string(),
        "not a primary lessor"
    );
    let time = lessor.time_to_live(1, later).unwrap();
    assert_eq!((time.granted, time.remaining), (10, None));
    assert!(lessor.time_to_live(2, later).is_none());

    lessor.promote(Duration::from_secs(1), later);
    let end = later + Duration::from_secs(11);
    assert_eq!(lessor.expired(end - Duration::from_millis(1)), []);
    assert_eq!(lessor.expired(end), [1]);
    lessor.demote();
    assert_eq!(lessor.expired(end + Duration::from_secs(10)), []);
    assert_eq!(lessor.renew(1, end), Err(LeaseError::NotPrimary));
}

#[test]
fn a_renewed_lease_loses_the_extension_of_a_new_leader() {
    let mut counted = Counted::new(CONFIG);
    counted.grant(1, 10).unwrap();
    counted.lessor.promote(Duration::from_secs(60), counted.now);
    assert_eq!(counted.remaining(1), Some(70));
    counted.renew(1).unwrap();
    assert_eq!(counted.wait(10_000).expired(), [1]);
    assert_eq!(counted.wait(60_000).expired(), [1], "once, not twice");
}

#[test]
fn a_new_leader_spreads_the_ends_of_many() {
    let mut counted = Counted::new(CONFIG);
    for id in 1..=5000 {
        counted.grant(id, 60).unwrap();
    }
    counted.lessor.promote(Duration::ZERO, counted.now);
    let mut ends_by_second = BTreeMap::new();
    for lease in counted.lessor.leases.values() {
        assert!(lease.end >= lease.end_after(counted.lessor.moment(counted.now), Duration::ZERO));
        *ends_by_second
            .entry(lease.end / NANOS_PER_SECOND)
            .or_insert(0) += 1;
    }
    // Upstream's test has the same bound: what can be revoked in a second.
    let (_, most) = ends_by_second
        .iter()
        .max_by_key(|(_, count)| **count)
        .unwrap();
    assert!(*most <= 1000, "{ends_by_second:?}");
}

#[test]
fn a_long_lease_has_checkpoints_while_the_gate_is_open() {
    for checkpoints in [false, true] {
        let mut counted = Counted::new(LeaseConfig {
            checkpoints,
            ..CONFIG
        });
        counted.grant(1, 300).unwrap();
        counted.grant(2, 600).unwrap();
        assert_eq!(counted.lessor.due_checkpoints(counted.now), []);
        counted.wait(300_500);
        let due = counted.lessor.due_checkpoints(counted.now);
        let expected = LeaseCheckpoint {
            id: 2,
            remaining_ttl: 300,
        };
        assert_eq!(due, if checkpoints { vec![expected] } else { vec![] });
        assert_eq!(counted.lessor.due_checkpoints(counted.now), []);
    }
}

#[test]
fn a_lease_that_was_just_renewed_has_its_next_checkpoint_later() {
    let mut counted = Counted::new(LeaseConfig {
        checkpoints: true,
        ..CONFIG
    });
    counted.grant(1, 600).unwrap();
    counted.wait(300_000).renew(1).unwrap();
    assert_eq!(counted.lessor.due_checkpoints(counted.now), []);
    counted.wait(300_000);
    assert_eq!(counted.lessor.due_checkpoints(counted.now).len(), 1);
}

#[test]
fn not_more_checkpoints_come_than_one_entry_takes() {
    let mut counted = Counted::new(LeaseConfig {
        checkpoints: true,
        ..CONFIG
    });
    for id in 1..=1001 {
        counted.grant(id, 600).unwrap();
    }
    counted.wait(u64::try_from(CHECKPOINT_INTERVAL.as_millis()).unwrap());
    assert_eq!(
        counted.lessor.due_checkpoints(counted.now).len(),
        CHECKPOINT_BATCH_MAX
    );
    assert_eq!(counted.lessor.due_checkpoints(counted.now).len(), 1);
}

#[test]
fn a_checkpointed_lease_is_renewed_once_the_checkpoint_is_cleared() {
    let mut counted = Counted::new(LeaseConfig {
        checkpoints: true,
        ..CONFIG
    });
    counted.grant(1, 600).unwrap();
    counted.checkpoint(1, 200);
    assert_eq!(counted.renew(1), Ok(Renewal::ClearCheckpoint));
    counted.lessor.promote(Duration::ZERO, counted.now);
    assert_eq!(
        counted.remaining(1),
        Some(200),
        "a new leader takes what is left"
    );
    counted.checkpoint(1, 0);
    assert_eq!(counted.renew(1), Ok(Renewal::Renewed(600)));
    assert_eq!(counted.remaining(1), Some(600));
    counted.checkpoint(9, 5);
    assert_eq!(counted.renew(9), Err(Error::LeaseNotFound.into()));
}

#[test]
fn a_checkpoint_is_stored_from_3_6_on_or_with_its_gate() {
    let stored = |persist, is_3_6| {
        let mut counted = Counted::new(LeaseConfig {
            checkpoints: true,
            checkpoints_persist: persist,
            ..CONFIG
        });
        counted.grant(1, 600).unwrap();
        let mut batch = Batch::new();
        let checkpoints = [LeaseCheckpoint {
            id: 1,
            remaining_ttl: 5,
        }];
        counted
            .lessor
            .checkpoint(&checkpoints, is_3_6, counted.now, &mut batch);
        !batch.is_empty()
    };
    assert!(!stored(false, false));
    assert!(stored(true, false));
    assert!(stored(false, true));
}

fn backend() -> (tempfile::TempDir, Backend) {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::open(&Options::new(folder.path())).unwrap();
    (folder, backend)
}

#[test]
fn leases_are_stored_with_upstreams_bytes_and_found_again() {
    let (_folder, backend) = backend();
    let now = Instant::now();
    let mut lessor = Lessor::new(CONFIG, now);
    let mut batch = Batch::new();
    lessor.grant(5, 60, now, &mut batch).unwrap();
    lessor.grant(-1, 60, now, &mut batch).unwrap();
    lessor.grant(7, 60, now, &mut batch).unwrap();
    lessor.revoke(7, &mut batch).unwrap();
    let checkpoints = [LeaseCheckpoint {
        id: 5,
        remaining_ttl: 9,
    }];
    lessor.checkpoint(&checkpoints, true, now, &mut batch);
    backend.write(batch);

    let view = backend.view().unwrap();
    let value = view
        .get(Bucket::Lease, &[0, 0, 0, 0, 0, 0, 0, 5])
        .unwrap()
        .unwrap();
    assert_eq!(*value, *b"\x08\x05\x10\x3c\x18\x09");
    let config = LeaseConfig {
        ttl_seconds_min: 90,
        ..CONFIG
    };
    let mut found = Lessor::load(&view, config, now).unwrap();
    assert_eq!(found.leases.keys().copied().collect::<Vec<_>>(), [-1, 5]);
    assert!(!found.is_primary());
    found.promote(Duration::ZERO, now);
    let time = found.time_to_live(-1, now).unwrap();
    assert_eq!(
        (time.granted, time.remaining),
        (90, Some(90)),
        "raised to the shortest"
    );
    let time = found.time_to_live(5, now).unwrap();
    assert_eq!((time.granted, time.remaining), (90, Some(9)));
}

#[test]
fn a_damaged_lease_is_refused_by_id() {
    let (_folder, backend) = backend();
    let mut batch = Batch::new();
    batch.put(Bucket::Lease, &b"\0\0\0\0\0\0\0\x05"[..], &b"\xff\xff"[..]);
    backend.write(batch);
    let refused = Lessor::load(&backend.view().unwrap(), CONFIG, Instant::now()).unwrap_err();
    assert!(matches!(refused, LoadError::Lease { .. }));
    assert_eq!(
        refused.to_string(),
        "failed to Unmarshal lease proto item; lease ID=0000000000000005"
    );
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Grant(i64, i64),
    Revoke(i64),
    Renew(i64),
    Attach(i64, u8),
    Detach(u8),
    Tick,
    Promote(u64),
    Demote,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0u64..6000).prop_map(Step::Wait),
        (1i64..6, 1i64..12).prop_map(|(id, ttl)| Step::Grant(id, ttl)),
        (1i64..6).prop_map(Step::Revoke),
        (1i64..6).prop_map(Step::Renew),
        (1i64..6, 0u8..4).prop_map(|(id, key)| Step::Attach(id, key)),
        (0u8..4).prop_map(Step::Detach),
        Just(Step::Tick),
        (0u64..5000).prop_map(Step::Promote),
        Just(Step::Demote),
    ]
}

/// What a lease is to the model: its time, its end in milliseconds, since when it was told to be over, its keys.
#[derive(Clone, Debug)]
struct Modelled {
    ttl: i64,
    end: Option<u64>,
    told: Option<u64>,
    keys: BTreeSet<u8>,
}

proptest! {
    /// The model keeps a list and looks at all of it each time.
    #[test]
    fn leases_end_as_a_list_of_ends_says(steps in prop::collection::vec(step(), 1..80)) {
        let mut counted = Counted::new(CONFIG);
        let mut model: BTreeMap<i64, Modelled> = BTreeMap::new();
        let (mut clock, mut primary) = (0u64, true);
        for step in steps {
            match step {
                Step::Wait(millis) => {
                    counted.wait(millis);
                    clock += millis;
                }
                Step::Grant(id, ttl) => {
                    let granted = counted.grant(id, ttl);
                    prop_assert_eq!(granted.is_ok(), !model.contains_key(&id));
                    if let Ok(ttl) = granted {
                        let end = primary.then(|| clock + 1000 * ttl.unsigned_abs());
                        model.insert(id, Modelled { ttl, end, told: None, keys: BTreeSet::new() });
                    }
                }
                Step::Revoke(id) => {
                    let keys = counted.lessor.revoke(id, &mut Batch::new()).ok();
                    let keys = keys.map(|keys| keys.iter().map(|key| key[0]).collect::<Vec<_>>());
                    let expected = model.remove(&id).map(|lease| lease.keys.into_iter().collect::<Vec<_>>());
                    prop_assert_eq!(keys, expected);
                }
                Step::Renew(id) => {
                    let renewed = counted.renew(id);
                    match model.get_mut(&id) {
                        _ if !primary => prop_assert_eq!(renewed, Err(LeaseError::NotPrimary)),
                        None => prop_assert_eq!(renewed, Err(Error::LeaseNotFound.into())),
                        Some(lease) if lease.end.unwrap() <= clock => prop_assert_eq!(renewed, Ok(Renewal::Over)),
                        Some(lease) => {
                            prop_assert_eq!(renewed, Ok(Renewal::Renewed(lease.ttl)));
                            lease.end = Some(clock + 1000 * lease.ttl.unsigned_abs());
                        }
                    }
                }
                Step::Attach(id, key) => {
                    let attached = counted.lessor.attach(id, &[key]).is_ok();
                    prop_assert_eq!(attached, model.contains_key(&id));
                    if attached {
                        for lease in model.values_mut() {
                            lease.keys.remove(&key);
                        }
                        model.get_mut(&id).unwrap().keys.insert(key);
                    }
                }
                Step::Detach(key) => {
                    counted.lessor.detach(&[key]);
                    for lease in model.values_mut() {
                        lease.keys.remove(&key);
                    }
                }
                Step::Tick => {
                    let mut expired = counted.expired();
                    expired.sort_unstable();
                    let mut expected = Vec::new();
                    for (id, lease) in &mut model {
                        let over = primary && lease.end.is_some_and(|end| end <= clock);
                        if over && lease.told.is_none_or(|told| told + 3000 <= clock) {
                            lease.told = Some(clock);
                            expected.push(*id);
                        }
                    }
                    prop_assert_eq!(expired, expected);
                }
                Step::Promote(millis) => {
                    primary = true;
                    counted.lessor.promote(Duration::from_millis(millis), counted.now);
                    for lease in model.values_mut() {
                        lease.end = Some(clock + millis + 1000 * lease.ttl.unsigned_abs());
                        lease.told = None;
                    }
                }
                Step::Demote => {
                    primary = false;
                    counted.lessor.demote();
                    for lease in model.values_mut() {
                        lease.end = None;
                        lease.told = None;
                    }
                }
            }
            for (id, lease) in &model {
                let keys: BTreeSet<u8> = counted.lessor.keys(*id).map(|key| key[0]).collect();
                prop_assert_eq!(&keys, &lease.keys);
                for key in &lease.keys {
                    prop_assert_eq!(counted.lessor.holder(&[*key]), *id);
                }
            }
        }
    }
}
