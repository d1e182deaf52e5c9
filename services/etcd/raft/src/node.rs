//! One member's raft: what is proposed goes in, what is to be written, sent and applied comes out.
//!
//! The order that keeps what was acknowledged: [`Node::ready`] tells what to write; [`Node::persisted`] that it is on disk; only
//! then entries count for commit on this member, come out to be applied, and a follower's answers leave.
//!
//! Source: raft v3.7 node.go, rawnode.go; etcd v3.7 server/etcdserver/raft.go.

use std::collections::VecDeque;

use bytes::Bytes;
use etcd_api::raftpb;
use prost::Message as _;
use raft::{
    RawNode, StateRole,
    eraftpb::{Entry, Message, MessageType},
};

use crate::{Config, RaftError, log::Log, log_lines, wire};

mod ready;
mod status;

use self::ready::Held;
pub use self::{
    ready::{ReadState, Ready, SoftState},
    status::{Peer, Role, Status},
};

/// One member's raft. Owned by the engine thread.
pub struct Node {
    raw: RawNode<Log>,
    config: Config,
    /// What waits until a number is on disk.
    held: VecDeque<(u64, Held)>,
    /// What need not wait any more.
    released: Held,
    /// The last number whose writing was asked for, and the last there was.
    asked: u64,
    last: u64,
    /// The last number that is on disk.
    durable: u64,
    /// Reads that came before the leader committed an entry of its own term.
    early_reads: Vec<Message>,
    leader: u64,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node")
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}

/// More reads than this do not wait for a new leader's first commit; who asked asks again.
const EARLY_READS_MAX: usize = 1024;

impl Node {
    /// Starts raft from a log in memory. See [`crate::boot`].
    pub(crate) fn start(id: u64, log: Log, config: Config) -> Result<Self, raft::Error> {
        let applied = log.applied().index;
        let conf_state = log.applied().get_conf_state().clone();
        let raw = RawNode::new(&config.of_member(id, applied), log, &log_lines::logger(id))?;
        log_lines::switched(id, &conf_state);
        log_lines::started(&raw.raft);
        Ok(Self {
            raw,
            config,
            held: VecDeque::new(),
            released: Held::default(),
            asked: 0,
            last: 0,
            durable: 0,
            early_reads: Vec::new(),
            leader: raft::INVALID_ID,
        })
    }

    /// Lets a tick pass: a heartbeat interval of the server.
    pub fn tick(&mut self) {
        if self.may_campaign() {
            self.raw.tick();
        }
    }

    /// Makes a beginning, once what the log had as committed is applied: who votes alone stands for election at once, as nobody
    /// else can be leading. For others all ticks but one pass until an election may begin.
    pub fn begin(&mut self) {
        if self.votes_alone() {
            return self.campaign();
        }
        for _ in 1..self.config.election_ticks {
            self.tick();
        }
    }

    /// Stands for election now. Nothing happens where this member does not vote or leads already.
    pub fn campaign(&mut self) {
        if self.may_campaign() && self.raw.raft.promotable() {
            // An error would mean that the crate cannot read its own log, on which it panics.
            let _ = self.raw.campaign();
        }
    }

    /// A member that votes alone elects itself at once, and the crate wants its log on disk by then. With others the votes
    /// take care of that: they leave only once all before them is on disk.
    fn may_campaign(&self) -> bool {
        self.raw.raft.state == StateRole::Leader || !self.votes_alone() || self.durable == self.last
    }

    fn votes_alone(&self) -> bool {
        self.raw.raft.prs().conf().voters().ids().len() <= 1
    }

    /// Proposes an entry with these bytes. Bytes that are part of something bigger keep all of it in memory for as long as
    /// the entry is kept.
    ///
    /// # Errors
    /// [`RaftError::ProposalDropped`] while there is no leader or it is about to change.
    pub fn propose(&mut self, data: Bytes) -> Result<(), RaftError> {
        let entry = Entry {
            data,
            ..Entry::default()
        };
        self.propose_entry(entry)
    }

    /// Proposes a change of the members. One that must not be made now, because another is not applied yet, turns into an
    /// empty entry.
    ///
    /// # Errors
    /// As [`Self::propose`].
    pub fn propose_conf_change(&mut self, change: &raftpb::ConfChange) -> Result<(), RaftError> {
        let entry = raftpb::Entry {
            r#type: Some(raftpb::EntryType::EntryConfChange as i32),
            data: Some(Bytes::from(change.encode_to_vec())),
            ..raftpb::Entry::default()
        };
        self.propose_entry(wire::entry_in(entry)?)
    }

    fn propose_entry(&mut self, entry: Entry) -> Result<(), RaftError> {
        let mut message = Message {
            from: self.raw.raft.id,
            ..Message::default()
        };
        message.set_msg_type(MessageType::MsgPropose);
        message.set_entries(vec![entry].into());
        Ok(self.raw.raft.step(message)?)
    }

    /// Asks for the index a linearizable read has to wait for; it comes out of [`Self::ready`] with this context. Nothing
    /// comes while there is no leader: ask again after a while, with another context.
    pub fn read_index(&mut self, context: Bytes) {
        let mut message = Message::default();
        message.set_msg_type(MessageType::MsgReadIndex);
        message.set_entries(
            vec![Entry {
                data: context,
                ..Entry::default()
            }]
            .into(),
        );
        // A read is dropped, never refused.
        let _ = self.step_read(message);
    }

    /// Before its first commit a leader does not know what is committed; the crate would drop the read.
    fn step_read(&mut self, message: Message) -> Result<(), RaftError> {
        let raft = &mut self.raw.raft;
        if raft.state != StateRole::Leader || raft.commit_to_current_term() {
            return Ok(raft.step(message)?);
        }
        if self.early_reads.len() < EARLY_READS_MAX {
            self.early_reads.push(message);
        }
        Ok(())
    }

    fn release_early_reads(&mut self) {
        if self.early_reads.is_empty() {
            return;
        }
        if self.raw.raft.state != StateRole::Leader {
            self.early_reads.clear();
        } else if self.raw.raft.commit_to_current_term() {
            for message in std::mem::take(&mut self.early_reads) {
                let _ = self.raw.raft.step(message);
            }
        }
    }

    /// Takes a message from a peer.
    ///
    /// # Errors
    /// When it is nothing a member sends, or a proposal cannot be taken now.
    pub fn step(&mut self, message: raftpb::Message) -> Result<(), RaftError> {
        let message = wire::message_in(message)?;
        match message.get_msg_type() {
            MessageType::MsgReadIndex => self.step_read(message),
            MessageType::MsgTimeoutNow if !self.may_campaign() => Ok(()),
            _ => Ok(self.raw.step(message)?),
        }
    }

    /// Asks the leader to hand over to a member.
    pub fn transfer_leader(&mut self, to: u64) {
        self.raw.transfer_leader(to);
    }

    /// Tells that the last message to a member did not get through.
    pub fn report_unreachable(&mut self, id: u64) {
        self.raw.report_unreachable(id);
    }

    /// Tells how sending a snapshot to a member ended.
    pub fn report_snapshot(&mut self, id: u64, arrived: bool) {
        let status = if arrived {
            raft::SnapshotStatus::Finish
        } else {
            raft::SnapshotStatus::Failure
        };
        self.raw.report_snapshot(id, status);
    }

    /// Makes a committed change of the members take effect, and returns who takes part from now on. For a change that the
    /// members' rules forbid, pass one without `node_id`: it changes nothing, and the next may be proposed.
    ///
    /// # Errors
    /// When the change would leave no voter, or is of an unknown kind.
    pub fn apply_conf_change(
        &mut self,
        change: &raftpb::ConfChange,
    ) -> Result<raftpb::ConfState, RaftError> {
        let change = wire::change_in(change)?;
        let state = self
            .raw
            .apply_conf_change(&change)
            .map_err(RaftError::ConfChangeRefused)?;
        log_lines::switched(self.raw.raft.id, &state);
        self.raw.mut_store().set_conf_state(state.clone());
        Ok(wire::conf_state_out(state))
    }

    /// Tells up to where the committed entries that came out were applied. Lets go of entries that no follower may want.
    pub fn applied(&mut self, index: u64) {
        self.raw.advance_apply_to(index);
        let config = self.config;
        let log = self.raw.mut_store();
        log.set_applied(index);
        log.compact(config.catch_up_entries, config.catch_up_bytes);
    }

    /// Returns a snapshot of what was applied so far, for the log and its file. The store must hold all of it on disk by the
    /// time the snapshot is written. `None` before anything was applied.
    #[must_use]
    pub fn snapshot(&self, data: Bytes) -> Option<raftpb::Snapshot> {
        let snapshot = raft::Storage::snapshot(self.raw.store(), 0, 0).ok()?;
        Some(raftpb::Snapshot {
            data: Some(data),
            ..wire::snapshot_out(snapshot)
        })
    }
}

/// Reads the change out of a committed entry of that type.
///
/// # Errors
/// When it cannot be read; then the log is not one of a member.
pub fn conf_change(entry: &raftpb::Entry) -> Result<raftpb::ConfChange, RaftError> {
    raftpb::ConfChange::decode(entry.data.clone().unwrap_or_default())
        .map_err(RaftError::ConfChange)
}

#[cfg(test)]
mod tests;
