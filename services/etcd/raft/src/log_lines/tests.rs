use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use etcd_api::raftpb;
use etcd_wal::Contents;

use crate::{
    Config,
    boot::{self, Identity},
};

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Returns what is logged meanwhile at info and above, with the logger's name.
///
/// It runs twice, and the second time counts: a line that another test reaches for the first time at the same moment may be
/// marked as wanted by nobody until the marks are made anew.
fn logged(run: impl Fn()) -> Vec<String> {
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_level(false)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        run();
        tracing::callsite::rebuild_interest_cache();
        buffer.0.lock().unwrap().clear();
        run();
    });
    let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn start(member: u64, voters: &[u64]) -> crate::Node {
    let identity = Identity { member, cluster: 1 };
    let state = raftpb::ConfState {
        voters: voters.to_vec(),
        learners: vec![0xabc],
        ..raftpb::ConfState::default()
    };
    let contents = Contents::default();
    boot::start(identity, (0, 0), contents, state, 0, Config::default()).unwrap()
}

#[test]
fn an_election_is_told_in_upstreams_words() {
    let lines = logged(|| {
        let mut node = start(0x1f, &[0x1f]);
        node.campaign();
        node.ready();
    });
    assert_eq!(
        lines,
        [
            "raft: 1f became follower at term 0",
            "raft: 1f switched to configuration voters=(1f) learners=(abc)",
            "raft: newRaft 1f [peers: [1f,abc], term: 0, commit: 0, applied: 0, lastindex: 0, lastterm: 0]",
            "raft: 1f is starting a new election at term 0",
            "raft: 1f became pre-candidate at term 0",
            "raft: 1f became candidate at term 1",
            "raft: 1f became leader at term 1",
            "raft: raft.node: 1f elected leader 1f at term 1",
        ]
    );
}

#[test]
fn votes_of_others_and_a_leader_that_is_lost_are_told() {
    let lines = logged(|| {
        let mut node = start(0x1f, &[0x1f, 0x2f]);
        node.campaign();
        let vote = |kind: raftpb::MessageType, reject| raftpb::Message {
            r#type: Some(kind as i32),
            from: Some(0x2f),
            to: Some(0x1f),
            term: Some(1),
            reject: Some(reject),
            ..raftpb::Message::default()
        };
        node.step(vote(raftpb::MessageType::MsgPreVoteResp, false))
            .unwrap();
        node.ready();
        node.step(vote(raftpb::MessageType::MsgVoteResp, false))
            .unwrap();
        node.ready();
        for _ in 0..30 {
            node.tick();
        }
        node.ready();
    });
    for expected in [
        "raft: 1f received MsgPreVoteResp from 2f at term 0",
        "raft: 1f has received 2 MsgPreVoteResp votes and 0 vote rejections",
        "raft: 1f has received 2 MsgVoteResp votes and 0 vote rejections",
        "raft: 1f stepped down to follower since quorum is not active",
        "raft: raft.node: 1f lost leader 1f at term 1",
    ] {
        assert!(
            lines.iter().any(|line| line == expected),
            "{expected}: {lines:#?}"
        );
    }
}
