//! Between our messages of raft and the raft crate's. Only ours are read from and written to the network and the log.
//!
//! The crate numbers the kinds of configuration changes differently and decodes them with a library that must not see bytes
//! from outside. So an entry with a change carries it twice inside the crate: as bytes we wrote for the crate, and as the
//! bytes that came, which are what leaves again.

use bytes::Bytes;
use etcd_api::raftpb;
use prost::Message as _;
use raft::eraftpb;

use crate::error::RaftError;

/// Takes an entry from outside.
pub(crate) fn entry_in(entry: raftpb::Entry) -> Result<eraftpb::Entry, RaftError> {
    let mut taken = eraftpb::Entry {
        term: entry.term(),
        index: entry.index(),
        ..eraftpb::Entry::default()
    };
    let kind = entry.r#type();
    let data = entry.data.unwrap_or_default();
    match kind {
        raftpb::EntryType::EntryNormal => taken.data = data,
        raftpb::EntryType::EntryConfChange => {
            let change = raftpb::ConfChange::decode(data.clone()).map_err(RaftError::ConfChange)?;
            taken.set_entry_type(eraftpb::EntryType::EntryConfChange);
            taken.data = for_crate(&change)?;
            taken.context = data;
        }
        // Upstream's members never write one, and stop when they see one.
        raftpb::EntryType::EntryConfChangeV2 => {
            return Err(RaftError::Malformed(
                "unknown entry type; must be either EntryNormal or EntryConfChange",
            ));
        }
    }
    Ok(taken)
}

/// Gives an entry to the outside.
pub(crate) fn entry_out(entry: eraftpb::Entry) -> raftpb::Entry {
    let kind = entry.get_entry_type();
    let data = match kind {
        eraftpb::EntryType::EntryNormal => entry.data,
        _ => entry.context,
    };
    raftpb::Entry {
        r#type: Some(kind as i32),
        term: Some(entry.term),
        index: Some(entry.index),
        data: Some(data),
    }
}

/// Writes a change as the crate reads it. A change that only updates a member is none to raft: it names no member.
fn for_crate(change: &raftpb::ConfChange) -> Result<Bytes, RaftError> {
    let (kind, node_id) = kind_for_crate(change)?;
    let change = raftpb::ConfChange {
        r#type: Some(kind as i32),
        node_id: Some(node_id),
        ..raftpb::ConfChange::default()
    };
    Ok(Bytes::from(change.encode_to_vec()))
}

/// Takes a change that is to be applied.
pub(crate) fn change_in(change: &raftpb::ConfChange) -> Result<eraftpb::ConfChange, RaftError> {
    let (kind, node_id) = kind_for_crate(change)?;
    let mut taken = eraftpb::ConfChange::default();
    taken.set_change_type(kind);
    taken.node_id = node_id;
    Ok(taken)
}

fn kind_for_crate(
    change: &raftpb::ConfChange,
) -> Result<(eraftpb::ConfChangeType, u64), RaftError> {
    use raftpb::ConfChangeType as Kind;
    let kind = Kind::try_from(change.r#type.unwrap_or_default())
        .map_err(|_| RaftError::Malformed("unknown kind of configuration change"))?;
    Ok(match kind {
        Kind::ConfChangeAddNode => (eraftpb::ConfChangeType::AddNode, change.node_id()),
        Kind::ConfChangeRemoveNode => (eraftpb::ConfChangeType::RemoveNode, change.node_id()),
        Kind::ConfChangeAddLearnerNode => {
            (eraftpb::ConfChangeType::AddLearnerNode, change.node_id())
        }
        Kind::ConfChangeUpdateNode => (eraftpb::ConfChangeType::AddNode, raft::INVALID_ID),
    })
}

/// The messages members send each other, in both numberings.
const KINDS: [(raftpb::MessageType, eraftpb::MessageType); 14] = {
    use eraftpb::MessageType as Theirs;
    use raftpb::MessageType as Ours;
    [
        (Ours::MsgProp, Theirs::MsgPropose),
        (Ours::MsgApp, Theirs::MsgAppend),
        (Ours::MsgAppResp, Theirs::MsgAppendResponse),
        (Ours::MsgVote, Theirs::MsgRequestVote),
        (Ours::MsgVoteResp, Theirs::MsgRequestVoteResponse),
        (Ours::MsgSnap, Theirs::MsgSnapshot),
        (Ours::MsgHeartbeat, Theirs::MsgHeartbeat),
        (Ours::MsgHeartbeatResp, Theirs::MsgHeartbeatResponse),
        (Ours::MsgTransferLeader, Theirs::MsgTransferLeader),
        (Ours::MsgTimeoutNow, Theirs::MsgTimeoutNow),
        (Ours::MsgReadIndex, Theirs::MsgReadIndex),
        (Ours::MsgReadIndexResp, Theirs::MsgReadIndexResp),
        (Ours::MsgPreVote, Theirs::MsgRequestPreVote),
        (Ours::MsgPreVoteResp, Theirs::MsgRequestPreVoteResponse),
    ]
};

/// Upstream's name of a kind of message.
pub(crate) fn kind_name(kind: eraftpb::MessageType) -> &'static str {
    let known = KINDS.iter().find(|(_, theirs)| *theirs == kind);
    known.map_or("MsgLocal", |(ours, _)| ours.as_str_name())
}

/// Takes a message from a peer. Refuses what no member sends: the crate would panic.
pub(crate) fn message_in(message: raftpb::Message) -> Result<eraftpb::Message, RaftError> {
    let ours = message.r#type();
    let (_, kind) = KINDS
        .into_iter()
        .find(|(known, _)| *known == ours && message.r#type == Some(ours as i32))
        .ok_or(RaftError::Malformed("not a message between members"))?;
    check_shape(ours, &message)?;
    let mut taken = eraftpb::Message {
        to: message.to(),
        from: message.from(),
        term: message.term(),
        log_term: message.log_term(),
        index: message.index(),
        commit: message.commit(),
        reject: message.reject(),
        reject_hint: message.reject_hint(),
        context: message.context.clone().unwrap_or_default(),
        ..eraftpb::Message::default()
    };
    taken.set_msg_type(kind);
    if ours == raftpb::MessageType::MsgSnap {
        taken.set_snapshot(snapshot_in(message.snapshot.unwrap_or_default()));
    }
    let entries: Result<Vec<_>, _> = message.entries.into_iter().map(entry_in).collect();
    taken.set_entries(entries?.into());
    Ok(taken)
}

/// What the crate relies on without looking.
fn check_shape(kind: raftpb::MessageType, message: &raftpb::Message) -> Result<(), RaftError> {
    use raftpb::MessageType as Kind;
    let fault = match kind {
        Kind::MsgProp if message.entries.is_empty() => "proposal of nothing",
        Kind::MsgReadIndex | Kind::MsgReadIndexResp if message.entries.len() != 1 => {
            "read index without a context"
        }
        Kind::MsgApp if !continues(message) => "entries do not follow each other",
        Kind::MsgSnap if snapshot_index(message) == 0 => "empty snapshot",
        // Who sends something of its own tells its term; only what is passed on for a client has none.
        Kind::MsgApp | Kind::MsgSnap | Kind::MsgHeartbeat | Kind::MsgVote | Kind::MsgPreVote
            if message.term() == 0 =>
        {
            "message without a term"
        }
        _ if message.from() == raft::INVALID_ID => "message without a sender",
        _ => return Ok(()),
    };
    Err(RaftError::Malformed(fault))
}

fn continues(message: &raftpb::Message) -> bool {
    let mut last = (message.index(), message.log_term());
    message.entries.iter().all(|entry| {
        let before = std::mem::replace(&mut last, (entry.index(), entry.term()));
        before.0.checked_add(1) == Some(entry.index()) && before.1 <= entry.term()
    })
}

fn snapshot_index(message: &raftpb::Message) -> u64 {
    let metadata = message.snapshot.as_ref().and_then(|s| s.metadata.as_ref());
    metadata.map_or(0, raftpb::SnapshotMetadata::index)
}

/// Gives a message to a peer. Every scalar is set, as upstream's writers do.
pub(crate) fn message_out(mut message: eraftpb::Message) -> raftpb::Message {
    let kind = message.get_msg_type();
    let (ours, _) = KINDS
        .into_iter()
        .find(|(_, theirs)| *theirs == kind)
        .expect("the crate sends only what is between members");
    raftpb::Message {
        r#type: Some(ours as i32),
        to: Some(message.to),
        from: Some(message.from),
        term: Some(message.term),
        log_term: Some(message.log_term),
        index: Some(message.index),
        commit: Some(message.commit),
        snapshot: (ours == raftpb::MessageType::MsgSnap)
            .then(|| snapshot_out(message.take_snapshot())),
        reject: Some(message.reject),
        reject_hint: Some(message.reject_hint),
        entries: message.take_entries().into_iter().map(entry_out).collect(),
        context: (!message.context.is_empty()).then_some(message.context),
        vote: None,
        responses: Vec::new(),
    }
}

pub(crate) fn snapshot_in(snapshot: raftpb::Snapshot) -> eraftpb::Snapshot {
    let metadata = snapshot.metadata.unwrap_or_default();
    let mut taken = eraftpb::Snapshot {
        data: snapshot.data.unwrap_or_default(),
        ..eraftpb::Snapshot::default()
    };
    let inner = taken.mut_metadata();
    inner.index = metadata.index();
    inner.term = metadata.term();
    inner.set_conf_state(conf_state_in(metadata.conf_state.unwrap_or_default()));
    taken
}

pub(crate) fn snapshot_out(mut snapshot: eraftpb::Snapshot) -> raftpb::Snapshot {
    let mut metadata = snapshot.take_metadata();
    raftpb::Snapshot {
        data: Some(snapshot.data),
        metadata: Some(raftpb::SnapshotMetadata {
            conf_state: Some(conf_state_out(metadata.take_conf_state())),
            index: Some(metadata.index),
            term: Some(metadata.term),
        }),
    }
}

pub(crate) fn conf_state_in(state: raftpb::ConfState) -> eraftpb::ConfState {
    eraftpb::ConfState {
        auto_leave: state.auto_leave(),
        voters: state.voters,
        learners: state.learners,
        voters_outgoing: state.voters_outgoing,
        learners_next: state.learners_next,
        ..eraftpb::ConfState::default()
    }
}

/// Members in order, so that the same members make the same bytes.
pub(crate) fn conf_state_out(state: eraftpb::ConfState) -> raftpb::ConfState {
    let sorted = |mut ids: Vec<u64>| {
        ids.sort_unstable();
        ids
    };
    raftpb::ConfState {
        auto_leave: Some(state.auto_leave),
        voters: sorted(state.voters),
        learners: sorted(state.learners),
        voters_outgoing: sorted(state.voters_outgoing),
        learners_next: sorted(state.learners_next),
    }
}

pub(crate) fn state_out(state: &eraftpb::HardState) -> raftpb::HardState {
    raftpb::HardState {
        term: Some(state.term),
        vote: Some(state.vote),
        commit: Some(state.commit),
    }
}

pub(crate) fn state_in(state: &raftpb::HardState) -> eraftpb::HardState {
    eraftpb::HardState {
        term: state.term(),
        vote: state.vote(),
        commit: state.commit(),
        ..eraftpb::HardState::default()
    }
}

#[cfg(test)]
mod tests;
