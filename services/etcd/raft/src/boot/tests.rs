use std::{fs, path::PathBuf};

use etcd_api::etcdserverpb::{InternalRaftRequest, PutRequest};
use tempfile::TempDir;

use super::*;
use crate::node;

/// Small, so that making segments takes no time.
const OPTIONS: Options = Options {
    segment_bytes: 1 << 20,
    sync: true,
};

const IDENTITY: Identity = Identity {
    member: 7,
    cluster: 70,
};

fn folder() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("wal");
    (dir, folder)
}

fn founders(ids: &[u64]) -> Vec<Founder> {
    let founder = |id: &u64| Founder {
        id: *id,
        context: Bytes::from(format!("{{\"id\":{id}}}")),
    };
    ids.iter().map(founder).collect()
}

fn create(folder: &Path, ids: &[u64]) -> (Node, Wal) {
    super::create(folder, IDENTITY, &founders(ids), OPTIONS, Config::default()).unwrap()
}

fn open(folder: &Path) -> Existing {
    Existing::open(folder, OPTIONS).unwrap()
}

/// Applies what is committed and returns it, as a server does that writes nothing.
fn apply(node: &mut Node) -> Vec<(u64, ConfState)> {
    let mut applied = Vec::new();
    while let Some(ready) = node.ready() {
        for entry in ready.committed {
            let change = node::conf_change(&entry).unwrap();
            applied.push((entry.index(), node.apply_conf_change(&change).unwrap()));
            node.applied(entry.index());
        }
    }
    applied
}

fn voters(state: &ConfState) -> &[u64] {
    &state.voters
}

#[test]
fn founders_are_added_in_order_and_again_after_a_crash_before_they_were() {
    let (_dir, folder) = folder();
    let (mut node, wal) = create(&folder, &[9, 7, 8]);
    let first = apply(&mut node);
    assert_eq!(
        first.iter().map(|(index, _)| *index).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(voters(&first[0].1), [7]);
    assert_eq!(voters(&first[2].1), [7, 8, 9]);
    drop((node, wal));
    let existing = open(&folder);
    assert_eq!(
        (existing.identity(), existing.snapshot_index()),
        (IDENTITY, 0)
    );
    let (mut node, _wal) = existing
        .restart(Applied::default(), Config::default())
        .unwrap();
    assert_eq!(apply(&mut node), first);
}

#[test]
fn what_the_store_has_applied_does_not_come_again() {
    let (_dir, folder) = folder();
    let (mut node, wal) = create(&folder, &[7, 8]);
    let (_, first) = apply(&mut node).remove(0);
    drop((node, wal));
    let applied = Applied {
        index: 1,
        conf_state: Some(first),
    };
    let (mut node, _wal) = open(&folder).restart(applied, Config::default()).unwrap();
    let second = apply(&mut node);
    assert_eq!(second.len(), 1);
    assert_eq!((second[0].0, voters(&second[0].1)), (2, &[7, 8][..]));
}

#[test]
fn a_log_and_a_store_that_do_not_fit_are_refused() {
    let (_dir, folder) = folder();
    let (_, mut wal) = create(&folder, &[7]);
    let ahead = Applied {
        index: 9,
        conf_state: None,
    };
    drop(wal);
    let error = open(&folder).restart(ahead, Config::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "database index 9 is beyond the log, which ends at index 1"
    );
    wal = open(&folder).wal;
    let conf_state = Some(ConfState {
        voters: vec![7],
        ..ConfState::default()
    });
    wal.save_snapshot(&walpb::Snapshot {
        index: Some(1),
        term: Some(1),
        conf_state,
    })
    .unwrap();
    drop(wal);
    let error = open(&folder)
        .restart(Applied::default(), Config::default())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "database index 0 does not match with snapshot (index 1)"
    );
    let twice = ConfState {
        voters: vec![7, 7],
        ..ConfState::default()
    };
    let twice = Applied {
        index: 1,
        conf_state: Some(twice),
    };
    let error = open(&folder).restart(twice, Config::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "configuration names member 7 more than once"
    );
    let mut wal = open(&folder).wal;
    wal.save(&state(1, 7, 5), &[]).unwrap();
    drop(wal);
    let applied = Applied {
        index: 1,
        conf_state: None,
    };
    let error = open(&folder)
        .restart(applied, Config::default())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "commit index 5 is out of range [1, 1]: was the log corrupted, truncated, or lost?"
    );
}

#[test]
fn a_log_of_another_member_or_in_use_is_refused() {
    let (_dir, folder) = folder();
    let (_node, _wal) = create(&folder, &[7]);
    let in_use = Existing::open(&folder, OPTIONS).unwrap_err();
    assert!(matches!(
        in_use,
        BootError::Wal(WalError::File {
            operation: "lock",
            ..
        })
    ));
    let again = super::create(&folder, IDENTITY, &[], OPTIONS, Config::default());
    assert!(again.is_err());
}

#[test]
fn a_member_forced_alone_drops_what_is_not_committed_and_removes_the_others() {
    let (_dir, folder) = folder();
    let (node, mut wal) = create(&folder, &[7, 8, 9]);
    let normal = |index| Entry {
        r#type: Some(0),
        term: Some(2),
        index: Some(index),
        data: Some(Bytes::from_static(b"x")),
    };
    wal.save(&state(2, 8, 4), &[normal(4), normal(5), normal(6)])
        .unwrap();
    drop((node, wal));
    let alone = open(&folder).restart_alone(Applied::default(), Config::default());
    let (mut node, wal) = alone.unwrap();
    let mut last = ConfState::default();
    let mut indexes = Vec::new();
    while let Some(ready) = node.ready() {
        for entry in ready.committed {
            indexes.push(entry.index());
            if entry.r#type() == raftpb::EntryType::EntryConfChange {
                let change = node::conf_change(&entry).unwrap();
                last = node.apply_conf_change(&change).unwrap();
            }
            node.applied(entry.index());
        }
    }
    assert_eq!(indexes, [1, 2, 3, 4, 5, 6]);
    assert_eq!(voters(&last), [7]);
    node.campaign();
    assert!(node.is_leader());
    drop(wal);
    // It stays that way.
    let (mut node, _wal) = open(&folder)
        .restart(Applied::default(), Config::default())
        .unwrap();
    assert_eq!(node.commit(), 6);
    let committed = node.ready().unwrap().committed;
    assert_eq!(committed.len(), 6);
}

/// What upstream 3.7.3 wrote: `etcd --name default`, three puts, `member add other --learner`, kill; the room that was only
/// allocated is cut off.
#[test]
fn a_member_of_upstreams_goes_on_where_it_was_killed() {
    let (_dir, folder) = folder();
    fs::create_dir(&folder).unwrap();
    let name = "0000000000000000-0000000000000000.wal";
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/upstream");
    fs::copy(recorded.join(name), folder.join(name)).unwrap();
    let existing = open(&folder);
    let member = 0x8e9e_05c5_2164_694d;
    let cluster = 0xcdf8_1819_4e3a_8c32;
    assert_eq!(existing.identity(), Identity { member, cluster });
    let (mut node, mut wal) = existing
        .restart(Applied::default(), Config::default())
        .unwrap();
    let (mut keys, mut last) = (Vec::new(), ConfState::default());
    let mut apply = |node: &mut Node, wal: &mut Wal| {
        while let Some(ready) = node.ready() {
            for entry in ready.committed {
                if entry.r#type() == raftpb::EntryType::EntryConfChange {
                    let change = node::conf_change(&entry).unwrap();
                    last = node.apply_conf_change(&change).unwrap();
                } else {
                    let request = InternalRaftRequest::decode(entry.data.clone().unwrap()).unwrap();
                    keys.extend(request.put.map(|put| put.key));
                }
                node.applied(entry.index());
            }
            if let Some(persist) = ready.persist {
                let entries: Vec<_> = persist.entries.into_iter().map(wire::entry_out).collect();
                wal.save(&persist.state.unwrap_or_default(), &entries)
                    .unwrap();
                node.persisted(persist.number);
            }
        }
    };
    apply(&mut node, &mut wal);
    node.campaign();
    apply(&mut node, &mut wal);
    let put = InternalRaftRequest {
        put: Some(PutRequest {
            key: Bytes::from_static(b"k4"),
            ..PutRequest::default()
        }),
        ..InternalRaftRequest::default()
    };
    node.propose(Bytes::from(put.encode_to_vec())).unwrap();
    apply(&mut node, &mut wal);
    assert_eq!(keys, ["k1", "k2", "k3", "k4"]);
    assert_eq!(
        (last.voters, last.learners),
        (vec![member], vec![0xbe8e_474e_98fb_c4a2])
    );
    assert_eq!(node.status().term, 3);
}
