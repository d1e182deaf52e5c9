use std::{
    fs,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::mpsc,
};

use etcd_wal::{Options, Wal};
use proptest::prelude::*;
use raftpb::{ConfChange, ConfChangeType, ConfState};
use tempfile::TempDir;

use super::*;
use crate::{
    Persist, Report, Writer,
    boot::{self, Applied, Existing, Founder, Identity},
};

mod cluster;

const ID: u64 = 7;

/// Small, so that making segments takes no time.
const OPTIONS: Options = Options {
    segment_bytes: 1 << 20,
    sync: true,
};

/// One member that applies what comes out, and writes only when it is told to.
struct Member {
    dir: TempDir,
    node: Node,
    wal: Option<Wal>,
    /// Not yet written.
    queued: VecDeque<Persist>,
    applied: Vec<Bytes>,
    reads: Vec<ReadState>,
    conf_state: ConfState,
}

fn wal_folder(dir: &TempDir) -> PathBuf {
    dir.path().join("wal")
}

impl Member {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let founder = Founder {
            id: ID,
            context: Bytes::from_static(b"{}"),
        };
        let identity = Identity {
            member: ID,
            cluster: 70,
        };
        let (node, wal) = boot::create(
            &wal_folder(&dir),
            identity,
            &[founder],
            OPTIONS,
            Config::default(),
        )
        .unwrap();
        let mut member = Self {
            dir,
            node,
            wal: Some(wal),
            queued: VecDeque::new(),
            applied: Vec::new(),
            reads: Vec::new(),
            conf_state: ConfState::default(),
        };
        member.run();
        member
    }

    /// A member that leads, with nothing left to write.
    fn leading() -> Self {
        let mut member = Self::new();
        member.node.campaign();
        member.run();
        member.write_all();
        assert!(member.node.is_leader());
        member
    }

    /// Does what the node says, but for writing.
    fn run(&mut self) {
        while let Some(ready) = self.node.ready() {
            self.queued.extend(ready.persist);
            assert!(ready.messages.is_empty());
            for entry in ready.committed {
                match entry.r#type() {
                    raftpb::EntryType::EntryNormal => self.applied.extend(entry.data.clone()),
                    _ => {
                        let change = conf_change(&entry).unwrap();
                        self.conf_state = self.node.apply_conf_change(&change).unwrap();
                    }
                }
                self.node.applied(entry.index());
            }
            self.reads.extend(ready.reads);
        }
    }

    fn write_one(&mut self) -> Option<u64> {
        let persist = self.queued.pop_front()?;
        let number = persist.number;
        save(self.wal.as_mut().unwrap(), persist);
        Some(number)
    }

    fn write_all(&mut self) {
        while let Some(number) = self.write_one() {
            self.node.persisted(number);
            self.run();
        }
    }

    fn wal_file(&self) -> PathBuf {
        wal_folder(&self.dir).join("0000000000000000-0000000000000000.wal")
    }

    /// Starts again with a store that has lost everything.
    fn restart(&mut self) {
        self.wal = None;
        let existing = Existing::open(&wal_folder(&self.dir), OPTIONS).unwrap();
        let (node, wal) = existing
            .restart(Applied::default(), Config::default())
            .unwrap();
        (self.node, self.wal) = (node, Some(wal));
        self.queued.clear();
        self.applied.clear();
        self.run();
    }
}

fn save(wal: &mut Wal, persist: Persist) {
    let entries: Vec<_> = persist.entries.into_iter().map(wire::entry_out).collect();
    wal.save(&persist.state.unwrap_or_default(), &entries)
        .unwrap();
}

fn bytes(number: u64) -> Bytes {
    Bytes::from(number.to_be_bytes().to_vec())
}

#[test]
fn nothing_is_applied_before_it_is_on_disk() {
    let mut member = Member::leading();
    let before = member.applied.len();
    member.node.propose(bytes(1)).unwrap();
    member.run();
    assert_eq!(member.applied.len(), before);
    let number = member.write_one().unwrap();
    member.run();
    assert_eq!(member.applied.len(), before, "written, but not told");
    member.node.persisted(number);
    member.run();
    assert_eq!(member.applied.last(), Some(&bytes(1)));
}

#[test]
fn proposals_are_dropped_while_nobody_leads() {
    let mut member = Member::new();
    let error = member.node.propose(bytes(1)).unwrap_err();
    assert_eq!(error.to_string(), "raft proposal dropped");
    assert!(matches!(
        member.node.propose_conf_change(&ConfChange::default()),
        Err(RaftError::ProposalDropped)
    ));
}

#[test]
fn a_read_waits_for_the_leaders_first_commit_and_then_for_nothing() {
    let mut member = Member::new();
    member.node.campaign();
    member.run();
    assert!(member.node.is_leader());
    member.node.read_index(bytes(1));
    member.run();
    assert!(member.reads.is_empty());
    member.write_all();
    let commit = member.node.commit();
    assert_eq!(
        member.reads,
        [ReadState {
            index: commit,
            context: bytes(1)
        }]
    );
    member.node.read_index(bytes(2));
    member.run();
    assert_eq!(
        member.reads[1],
        ReadState {
            index: commit,
            context: bytes(2)
        }
    );
}

#[test]
fn who_votes_alone_leads_without_a_tick() {
    let mut member = Member::new();
    member.run();
    member.write_all();
    member.node.begin();
    member.run();
    member.write_all();
    assert!(member.node.is_leader());
    let status = member.node.status();
    assert_eq!(
        (status.role, status.leader, status.term, status.vote),
        (Role::Leader, ID, 2, ID)
    );
    assert_eq!(
        (status.commit, status.applied, status.last_index),
        (2, 2, 2)
    );
    assert_eq!(status.peers.len(), 1);
    assert_eq!(status.peers[0].state, "StateReplicate");
}

/// The raft crate panics when a member that votes alone elects itself with its log not on disk.
#[test]
fn who_votes_alone_stands_for_election_only_with_its_log_on_disk() {
    let mut member = Member::new();
    let add = change(ConfChangeType::ConfChangeAddNode, 8);
    // A follower of 8 that is told entries, and that it is alone from the first of them on.
    member.conf_state = member.node.apply_conf_change(&add).unwrap();
    let remove = change(ConfChangeType::ConfChangeRemoveNode, 8).encode_to_vec();
    let entry = |index, kind: raftpb::EntryType, data| raftpb::Entry {
        r#type: Some(kind as i32),
        term: Some(2),
        index: Some(index),
        data: Some(Bytes::from(data)),
    };
    let append = |index, log_term, entry, commit| raftpb::Message {
        r#type: Some(raftpb::MessageType::MsgApp as i32),
        from: Some(8),
        to: Some(ID),
        term: Some(2),
        index: Some(index),
        log_term: Some(log_term),
        commit: Some(commit),
        entries: vec![entry],
        ..raftpb::Message::default()
    };
    let removal = entry(2, raftpb::EntryType::EntryConfChange, remove);
    member.node.step(append(1, 1, removal, 1)).unwrap();
    quiet_run(&mut member);
    let number = member.write_one().unwrap();
    let next = entry(3, raftpb::EntryType::EntryNormal, vec![1]);
    member.node.step(append(2, 2, next, 2)).unwrap();
    quiet_run(&mut member);
    member.node.persisted(number);
    quiet_run(&mut member);
    assert_eq!(member.conf_state.voters, [ID]);
    assert!(!member.queued.is_empty(), "the last entry is not on disk");
    for _ in 0..50 {
        member.node.tick();
        member.node.campaign();
        quiet_run(&mut member);
    }
    assert!(!member.node.is_leader());
    while let Some(number) = member.write_one() {
        member.node.persisted(number);
        quiet_run(&mut member);
    }
    member.node.campaign();
    assert!(member.node.is_leader());
}

/// As [`Member::run`], for a member that has messages to send.
fn quiet_run(member: &mut Member) {
    while let Some(mut ready) = member.node.ready() {
        ready.messages.clear();
        member.queued.extend(ready.persist);
        for entry in ready.committed {
            if entry.r#type() == raftpb::EntryType::EntryConfChange {
                let change = conf_change(&entry).unwrap();
                member.conf_state = member.node.apply_conf_change(&change).unwrap();
            }
            member.node.applied(entry.index());
        }
    }
}

fn change(kind: ConfChangeType, node_id: u64) -> ConfChange {
    ConfChange {
        id: Some(1),
        r#type: Some(kind as i32),
        node_id: Some(node_id),
        context: Some(Bytes::from_static(b"{}")),
    }
}

#[test]
fn only_one_change_is_made_at_a_time_and_learners_do_not_vote() {
    let mut member = Member::leading();
    let learner = change(ConfChangeType::ConfChangeAddLearnerNode, 8);
    member.node.propose_conf_change(&learner).unwrap();
    member
        .node
        .propose_conf_change(&change(ConfChangeType::ConfChangeAddNode, 9))
        .unwrap();
    member.write_all_quietly();
    assert_eq!(
        (
            &member.conf_state.voters[..],
            &member.conf_state.learners[..]
        ),
        (&[ID][..], &[8][..])
    );
    let status = member.node.status();
    assert_eq!(
        status
            .peers
            .iter()
            .map(|peer| (peer.id, peer.is_learner))
            .collect::<Vec<_>>(),
        [(ID, false), (8, true)]
    );
    // A learner takes no part in commits.
    member.node.propose(bytes(5)).unwrap();
    member.write_all_quietly();
    assert_eq!(member.node.commit(), member.node.status().last_index);
    let update = change(ConfChangeType::ConfChangeUpdateNode, 8);
    member.node.propose_conf_change(&update).unwrap();
    member.write_all_quietly();
    assert_eq!(member.conf_state.learners, [8], "an update is none to raft");
    member
        .node
        .propose_conf_change(&change(ConfChangeType::ConfChangeRemoveNode, 8))
        .unwrap();
    member.write_all_quietly();
    assert_eq!(
        (
            &member.conf_state.voters[..],
            member.conf_state.learners.len()
        ),
        (&[ID][..], 0)
    );
    let last = change(ConfChangeType::ConfChangeRemoveNode, ID);
    assert_eq!(
        member
            .node
            .apply_conf_change(&last)
            .unwrap_err()
            .to_string(),
        "configuration change refused"
    );
}

impl Member {
    fn write_all_quietly(&mut self) {
        quiet_run(self);
        while let Some(number) = self.write_one() {
            self.node.persisted(number);
            quiet_run(self);
        }
    }
}

#[test]
fn memory_is_let_go_of_and_a_snapshot_tells_what_was_applied() {
    let mut member = Member::leading();
    assert_eq!(
        member
            .node
            .snapshot(Bytes::new())
            .unwrap()
            .metadata
            .unwrap()
            .index(),
        2
    );
    member.node.config.catch_up_entries = 50;
    for number in 0..1000 {
        member.node.propose(bytes(number)).unwrap();
        member.run();
        member.write_all();
    }
    let first = raft::Storage::first_index(member.node.raw.store()).unwrap();
    let applied = member.node.status().applied;
    assert_eq!(first, applied - 49);
    let metadata = member
        .node
        .snapshot(Bytes::new())
        .unwrap()
        .metadata
        .unwrap();
    assert_eq!((metadata.index(), metadata.term()), (applied, 2));
    assert_eq!(metadata.conf_state.unwrap().voters, [ID]);
}

#[test]
fn with_the_writers_thread_all_proposals_come_out_once_and_in_order() {
    let mut member = Member::new();
    let (sender, reports) = mpsc::channel();
    let report = move |report| sender.send(report).unwrap();
    let snaps = member.dir.path().to_owned();
    let writer = Writer::start(member.wal.take().unwrap(), snaps, report).unwrap();
    let step = |member: &mut Member| {
        member.run();
        member
            .queued
            .drain(..)
            .for_each(|persist| writer.persist(persist));
    };
    member.node.campaign();
    let mut proposed = 0;
    while member.applied.len() <= 1000 {
        while member.node.is_leader()
            && proposed < 1000
            && proposed < member.applied.len() as u64 + 64
        {
            member.node.propose(bytes(proposed)).unwrap();
            proposed += 1;
        }
        step(&mut member);
        match reports.recv().unwrap() {
            Report::Persisted(done) => member.node.persisted(done.number),
            other => panic!("{other:?}"),
        }
        step(&mut member);
    }
    // The first is what the leader begins its term with.
    assert_eq!(
        member.applied[1..],
        (0..1000).map(bytes).collect::<Vec<_>>()
    );
}

/// Where the log ends: nothing but zeros follow.
fn end_of(path: &Path) -> usize {
    let bytes = fs::read(path).unwrap();
    let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    (last + 1).next_multiple_of(8)
}

/// Loses some of the sectors that were written from `from` on.
fn lose_sectors(path: &Path, from: usize, lost: &[bool]) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    let end = end_of(path);
    let mut at = from;
    let mut lost = lost.iter().cycle();
    while at < end {
        let border = (at + 1).next_multiple_of(512);
        if *lost.next().unwrap() {
            file.write_all_at(&vec![0; border.min(end) - at], at as u64)
                .unwrap();
        }
        at = border;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Crashes between any two steps, with any part of what was not synced on disk.
    #[test]
    fn what_was_acknowledged_is_there_after_a_crash(
        rounds in prop::collection::vec(
            (1..6u64, 0..4usize, 0..4usize, prop::collection::vec(any::<bool>(), 1..8)),
            1..6,
        ),
        long in 1..2000usize,
    ) {
        let mut member = Member::new();
        let mut number = 0u64;
        for (proposals, acknowledged, unsynced, lost) in rounds {
            member.node.campaign();
            member.run();
            member.write_all();
            for _ in 0..proposals {
                number += 1;
                let data = [&number.to_be_bytes()[..], &vec![9; long]].concat();
                member.node.propose(Bytes::from(data)).unwrap();
                member.run();
            }
            for _ in 0..acknowledged {
                let Some(number) = member.write_one() else { break };
                member.node.persisted(number);
                member.run();
            }
            let (acknowledged, term) = (member.applied.clone(), member.node.term());
            let synced = end_of(&member.wal_file());
            for _ in 0..unsynced {
                member.write_one();
            }
            lose_sectors(&member.wal_file(), synced, &lost);
            member.restart();
            prop_assert!(member.node.term() >= term);
            member.node.campaign();
            member.run();
            member.write_all();
            prop_assert!(
                member.applied.starts_with(&acknowledged),
                "{} of {} acknowledged are there", member.applied.len(), acknowledged.len()
            );
        }
    }
}
