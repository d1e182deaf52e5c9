use etcd_api::raftpb::{ConfChangeType, EntryType, MessageType};
use proptest::prelude::*;

use super::*;

fn change(kind: ConfChangeType, node_id: u64) -> raftpb::ConfChange {
    raftpb::ConfChange {
        id: Some(7),
        r#type: Some(kind as i32),
        node_id: Some(node_id),
        context: Some(Bytes::from_static(b"{}")),
    }
}

fn entry(kind: EntryType, index: u64, data: Vec<u8>) -> raftpb::Entry {
    raftpb::Entry {
        r#type: Some(kind as i32),
        term: Some(1),
        index: Some(index),
        data: Some(data.into()),
    }
}

#[test]
fn a_change_leaves_with_the_bytes_it_came_with() {
    use eraftpb::ConfChangeType as Theirs;
    for (kind, theirs, node) in [
        (ConfChangeType::ConfChangeAddNode, Theirs::AddNode, 9),
        (ConfChangeType::ConfChangeRemoveNode, Theirs::RemoveNode, 9),
        (
            ConfChangeType::ConfChangeAddLearnerNode,
            Theirs::AddLearnerNode,
            9,
        ),
        (ConfChangeType::ConfChangeUpdateNode, Theirs::AddNode, 0),
    ] {
        let sent = entry(
            EntryType::EntryConfChange,
            1,
            change(kind, 9).encode_to_vec(),
        );
        let taken = entry_in(sent.clone()).unwrap();
        // As the crate will decode it.
        let crate_change = raftpb::ConfChange::decode(taken.data.clone()).unwrap();
        assert_eq!(crate_change.r#type, Some(theirs as i32));
        assert_eq!(crate_change.node_id(), node);
        assert_eq!(
            change_in(&change(kind, 9)).unwrap().get_change_type(),
            theirs
        );
        assert_eq!(entry_out(taken), sent);
    }
}

#[test]
fn what_no_member_sends_is_refused() {
    let message = |kind: MessageType, entries: Vec<raftpb::Entry>| raftpb::Message {
        r#type: Some(kind as i32),
        from: Some(2),
        term: Some(1),
        index: Some(5),
        log_term: Some(1),
        entries,
        ..raftpb::Message::default()
    };
    #[track_caller]
    fn check(message: raftpb::Message, expected: &str) {
        assert_eq!(message_in(message).unwrap_err().to_string(), expected);
    }
    let normal = |index| entry(EntryType::EntryNormal, index, vec![1]);
    check(
        message(MessageType::MsgHup, vec![]),
        "raft: not a message between members",
    );
    check(
        message(MessageType::MsgStorageAppend, vec![]),
        "raft: not a message between members",
    );
    check(
        message(MessageType::MsgProp, vec![]),
        "raft: proposal of nothing",
    );
    check(
        message(MessageType::MsgReadIndex, vec![]),
        "raft: read index without a context",
    );
    check(
        message(MessageType::MsgApp, vec![normal(7)]),
        "raft: entries do not follow each other",
    );
    check(
        message(MessageType::MsgSnap, vec![]),
        "raft: empty snapshot",
    );
    let untimely = raftpb::Message {
        term: None,
        ..message(MessageType::MsgHeartbeat, vec![])
    };
    check(untimely, "raft: message without a term");
    let nobody = raftpb::Message {
        from: None,
        ..message(MessageType::MsgHeartbeatResp, vec![])
    };
    check(nobody, "raft: message without a sender");
    let odd = raftpb::Message {
        r#type: Some(99),
        ..message(MessageType::MsgApp, vec![])
    };
    check(odd, "raft: not a message between members");
    check(
        message(
            MessageType::MsgApp,
            vec![entry(EntryType::EntryConfChangeV2, 6, vec![])],
        ),
        "raft: unknown entry type; must be either EntryNormal or EntryConfChange",
    );
    check(
        message(
            MessageType::MsgApp,
            vec![entry(EntryType::EntryConfChange, 6, vec![0xff])],
        ),
        "configuration change",
    );
    assert!(message_in(message(MessageType::MsgApp, vec![normal(6), normal(7)])).is_ok());
}

proptest! {
    #[test]
    fn messages_come_through_unchanged(
        kind in 0..KINDS.len(),
        numbers in prop::array::uniform7(1..u64::MAX),
        reject: bool,
        context: Vec<u8>,
        data in prop::collection::vec(any::<Vec<u8>>(), 1..4),
    ) {
        let [to, from, term, log_term, index, commit, reject_hint] = numbers;
        let index = index / 2;
        let entries = data.into_iter().enumerate().map(|(at, data)| raftpb::Entry {
            term: Some(log_term),
            ..entry(EntryType::EntryNormal, index + 1 + at as u64, data)
        });
        let kind = KINDS[kind].0;
        let message = raftpb::Message {
            r#type: Some(kind as i32),
            to: Some(to),
            from: Some(from),
            term: Some(term),
            log_term: Some(log_term),
            index: Some(index),
            entries: entries.take(if kind == MessageType::MsgApp { 4 } else { 1 }).collect(),
            commit: Some(commit),
            reject: Some(reject),
            reject_hint: Some(reject_hint),
            context: (!context.is_empty()).then(|| context.into()),
            snapshot: (kind == MessageType::MsgSnap).then(|| raftpb::Snapshot {
                data: Some(Bytes::from_static(b"members")),
                metadata: Some(raftpb::SnapshotMetadata {
                    index: Some(index.max(1)),
                    term: Some(term),
                    conf_state: Some(raftpb::ConfState {
                        voters: vec![1, 2],
                        auto_leave: Some(false),
                        ..raftpb::ConfState::default()
                    }),
                }),
            }),
            ..raftpb::Message::default()
        };
        prop_assert_eq!(message_out(message_in(message.clone()).unwrap()), message);
    }
}
