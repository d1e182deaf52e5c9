//! Compactions that are interrupted, resumed, or at a revision where something ends.

use etcd_mvcc::Error;

use crate::rig::Rig;

fn keys(rig: &mut Rig, revision: i64) -> i64 {
    let request = etcd_api::etcdserverpb::RangeRequest {
        key: "\0".into(),
        range_end: "\0".into(),
        revision,
        ..Default::default()
    };
    rig.range(&request).unwrap().count
}

/// Upstream's issue 17780: the newest revision was a tombstone, the compaction removed it, and a crash before the end of the
/// compaction was noted made the next start count revisions from an older one.
#[test]
fn issue_17780_the_revision_never_goes_back_in_a_crash_during_compaction() {
    for steps in 0..4 {
        let mut rig = Rig::new();
        rig.put("a", "1");
        rig.put("b", "1");
        rig.delete("a");
        let newest = rig.delete("b");
        rig.put("c", "1");
        rig.delete("c");
        assert_eq!(rig.store.revision(), newest + 2);
        let mut compaction = rig.accept(newest + 2).unwrap();
        for _ in 0..steps {
            compaction.step(1).unwrap();
        }
        drop(compaction);
        // Not a word of what finished: the store is closed as a crash after the last commit leaves it.
        let mut rig = rig.restart();
        assert_eq!(rig.store.revision(), newest + 2);
        assert_eq!(rig.store.compact_revision(), newest + 2);
        assert!(matches!(rig.get("a", newest), Err(Error::Compacted)));
        let resumed = rig.resumed.take().expect("the compaction did not finish");
        assert_eq!(resumed.revision(), newest + 2);
        assert!(!rig.run(resumed).hash_counts);
        let rig = rig.restart();
        assert!(rig.resumed.is_none());
        assert_eq!(rig.store.revision(), newest + 2);
    }
}

#[test]
fn a_revision_that_is_compacted_or_to_come_is_refused() {
    let mut rig = Rig::new();
    for number in 0..5 {
        rig.put("a", &number.to_string());
    }
    rig.compact(4).unwrap();
    for revision in [-1, 0, 3, 4] {
        let error = rig.compact(revision).unwrap_err();
        assert_eq!(
            error.to_string(),
            "mvcc: required revision has been compacted"
        );
    }
    let error = rig.compact(7).unwrap_err();
    assert_eq!(
        error.to_string(),
        "mvcc: required revision is a future revision"
    );
    assert_eq!(rig.get("a", 4).unwrap().unwrap().value, "2");
    rig.compact(6).unwrap();
}

#[test]
fn reads_below_are_refused_before_anything_is_removed() {
    let mut rig = Rig::new();
    rig.put("a", "1");
    rig.put("a", "2");
    let newest = rig.put("a", "3");
    let compaction = rig.accept(newest).unwrap();
    assert!(matches!(rig.get("a", newest - 1), Err(Error::Compacted)));
    assert!(matches!(rig.hash(newest - 1), Err(Error::Compacted)));
    let compacted = rig.run(compaction);
    assert_eq!(compacted.removed, 2);
    assert_eq!(rig.get("a", newest).unwrap().unwrap().version, 3);
}

#[test]
fn a_tombstone_stays_only_at_the_revision_of_the_compaction() {
    let mut rig = Rig::new();
    rig.put("a", "1");
    let deleted = rig.delete("a");
    rig.put("b", "1");
    assert_eq!(rig.compact(deleted).unwrap().removed, 1);
    assert_eq!(rig.compact(deleted + 1).unwrap().removed, 1);
    assert_eq!(keys(&mut rig, 0), 1);
    assert_eq!(rig.store.key_count(), 1);
}

#[test]
fn the_ten_newest_hashes_of_compactions_are_kept() {
    let mut rig = Rig::new();
    for number in 0..15 {
        rig.put("a", &number.to_string());
    }
    for revision in 2..14 {
        rig.compact(revision).unwrap();
    }
    let revisions: Vec<_> = rig
        .store
        .compaction_hashes()
        .iter()
        .map(|hash| hash.revision)
        .collect();
    assert_eq!(revisions, (4..14).collect::<Vec<_>>());
    assert_eq!(rig.hash(5).unwrap().compact_revision, 4);
    assert!(matches!(rig.hash(3), Err(Error::Compacted)));
    // The one of the newest compaction is what the keys hash to without it, but for what it says was compacted before.
    assert_eq!(rig.hash(13).unwrap().compact_revision, 12);
}
