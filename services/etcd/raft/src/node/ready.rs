//! What came of the messages and proposals so far.

use bytes::Bytes;
use etcd_api::raftpb;
use raft::StateRole;

use super::{Node, Role};
use crate::{log_lines, persist::Persist, wire};

/// What is to be done now. In this order: hand `persist` to the writer, send the messages, apply.
#[derive(Debug, Default)]
pub struct Ready {
    /// What goes into the log; [`Node::persisted`] is called when it is there.
    pub persist: Option<Persist>,
    /// What may leave at once. How sending one with a snapshot ended is told to [`Node::report_snapshot`], or the peer gets
    /// nothing any more.
    pub messages: Vec<raftpb::Message>,
    /// A snapshot of the leader's that is on this member's disk, and replaces the store before the entries
    /// are applied; [`Node::applied`] is told its index then.
    pub snapshot: Option<raftpb::Snapshot>,
    /// Committed entries that are on this member's disk, to be applied in their order.
    pub committed: Vec<raftpb::Entry>,
    /// Reads that may be served once all up to their index is applied.
    pub reads: Vec<ReadState>,
    /// Set when the role or the leader changed.
    pub soft: Option<SoftState>,
}

/// The index a read has to wait for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadState {
    /// The index.
    pub index: u64,
    /// What [`Node::read_index`] was given.
    pub context: Bytes,
}

/// What is not written down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SoftState {
    /// Who leads; 0 is nobody.
    pub leader: u64,
    /// What this member is.
    pub role: Role,
    /// Whether another leads than before this change.
    pub leader_changed: bool,
}

impl Node {
    /// Returns what is to be done, or `None` when there is nothing. To be called until then, after every call that takes
    /// something in.
    pub fn ready(&mut self) -> Option<Ready> {
        self.release_early_reads();
        if !self.raw.has_ready() {
            let released = std::mem::take(&mut self.released);
            return released.is_something().then(|| released.into_ready());
        }
        let mut theirs = self.raw.ready();
        let number = theirs.number();
        let entries = theirs.take_entries();
        let snapshot = Some(theirs.snapshot().clone()).filter(|snapshot| !snapshot.is_empty());
        if let Some(snapshot) = &snapshot {
            self.raw.mut_store().restore(snapshot.get_metadata());
        }
        self.raw.mut_store().append(&entries);
        let state = theirs.hs().map(wire::state_out);
        let held = Held {
            messages: outgoing(theirs.take_persisted_messages()),
            snapshot: snapshot.map(wire::snapshot_out),
        };
        let mut ready = std::mem::take(&mut self.released).into_ready();
        ready.messages.extend(outgoing(theirs.take_messages()));
        let reads = theirs.take_read_states().into_iter().map(|read| ReadState {
            index: read.index,
            context: read.request_ctx.into(),
        });
        ready.reads = reads.collect();
        let committed = theirs.take_committed_entries().into_iter();
        ready.committed = committed.map(wire::entry_out).collect();
        let soft = theirs.ss().map(|soft| (soft.leader_id, soft.raft_state));
        ready.soft = soft.map(|(leader, role)| self.soft(leader, role));
        self.raw.advance_append_async(theirs);
        self.last = number;
        if state.is_some() || !entries.is_empty() || held.snapshot.is_some() {
            self.asked = number;
            ready.persist = Some(Persist {
                number,
                state,
                entries,
                snapshot: held.snapshot.clone(),
            });
        }
        if held.is_something() {
            self.held.push_back((number, held));
        }
        if ready.persist.is_none() && self.durable >= self.asked {
            // Nothing to write and nothing being written.
            self.persisted(number);
        }
        Some(ready)
    }

    /// Tells that all up to this number is on disk.
    pub fn persisted(&mut self, number: u64) {
        // What came behind the last that was written had nothing to write.
        let number = if number >= self.asked {
            self.last
        } else {
            number
        };
        self.durable = number;
        self.raw.on_persist_ready(number);
        while let Some((_, held)) = self.held.pop_front_if(|(waits, _)| *waits <= number) {
            self.released.messages.extend(held.messages);
            if held.snapshot.is_some() {
                self.released.snapshot = held.snapshot;
            }
        }
    }

    fn soft(&mut self, leader: u64, role: StateRole) -> SoftState {
        let raft = &self.raw.raft;
        let before = std::mem::replace(&mut self.leader, leader);
        if before != leader {
            log_lines::leader_changed(raft.id, before, leader, raft.term);
        }
        SoftState {
            leader,
            role: role.into(),
            leader_changed: before != leader,
        }
    }
}

/// What waits until all before it is on disk.
#[derive(Debug, Default)]
pub(super) struct Held {
    messages: Vec<raftpb::Message>,
    snapshot: Option<raftpb::Snapshot>,
}

impl Held {
    fn is_something(&self) -> bool {
        !self.messages.is_empty() || self.snapshot.is_some()
    }

    fn into_ready(self) -> Ready {
        Ready {
            messages: self.messages,
            snapshot: self.snapshot,
            ..Ready::default()
        }
    }
}

fn outgoing(messages: Vec<raft::eraftpb::Message>) -> Vec<raftpb::Message> {
    messages.into_iter().map(wire::message_out).collect()
}
