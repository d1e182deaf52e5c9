//! The order of a put: proposed, written to the log and synced, committed, applied, answered. It is all in [`Engine::advance`].
//!
//! Source: etcd v3.7 server/etcdserver/raft.go `raftNode.start`; server.go `applyAll`.

use std::time::Instant;

use bytes::Bytes;
use etcd_api::{
    etcdserverpb::InternalRaftRequest,
    raftpb::{self, EntryType},
};
use etcd_backend::{Batch, Bucket};
use etcd_raft::{Role, SoftState};
use prost::Message as _;

use crate::{
    apply::{Given, Moment},
    engine::{Engine, EngineError},
    membership::Change,
    observe::operation,
};

impl Engine {
    /// Does what raft wants done, until it wants nothing more.
    pub(crate) fn advance(&mut self) -> Result<(), EngineError> {
        loop {
            // 1. All reads that came since the last time ask together how far this member has to be.
            self.reads.ask(&mut self.node, &mut self.ids);
            let Some(ready) = self.node.ready() else {
                break;
            };
            // 2. What was proposed goes to the log; its thread writes and syncs all that is there at once, and reports.
            if let Some(persist) = ready.persist {
                self.writer.persist(persist);
            }
            if let Some(soft) = ready.soft {
                self.role_changed(soft);
            }
            // 3. What is on disk and committed is applied, each entry with its own batch, and answered.
            let last = ready.committed.last().map(raftpb::Entry::index);
            for entry in ready.committed {
                self.apply_entry(&entry)?;
            }
            if let Some(last) = last {
                self.node.applied(last);
                self.retry_early();
            }
            // 4. Reads whose index is applied by now are served.
            for read in ready.reads {
                self.reads.confirm(&read);
            }
            self.serve_reads();
        }
        self.snapshot_if_due();
        Ok(())
    }

    /// Applies a committed entry: memory, the batch of the store, the answer.
    fn apply_entry(&mut self, entry: &raftpb::Entry) -> Result<(), EngineError> {
        let mut batch = Batch::new();
        let (index, term) = (entry.index(), entry.term());
        self.mark(index, term, &mut batch);
        let data = entry.data.clone().unwrap_or_default();
        if entry.r#type() == EntryType::EntryConfChange {
            self.apply_change(entry, batch)?;
        } else if data.is_empty() {
            self.backend.write(batch); // a new leader's first entry
        } else {
            let request = InternalRaftRequest::decode(data).map_err(EngineError::Request)?;
            self.apply_request(index, term, &request, batch)?;
        }
        self.applied = index;
        let server = &self.metrics.server;
        server.proposals_applied_total.set(index as f64);
        server
            .proposals_committed_total
            .set(self.node.commit() as f64);
        Ok(())
    }

    fn apply_request(
        &mut self,
        index: u64,
        term: u64,
        request: &InternalRaftRequest,
        mut batch: Batch,
    ) -> Result<(), EngineError> {
        let at = Moment {
            index,
            term: self.node.term().max(term),
            now: Instant::now(),
        };
        let had_room = self.has_room_for(request);
        let mut outcome = self.state.apply(at, request, &mut batch);
        if let Some(error) = outcome.fatal.take() {
            return Err(error);
        }
        self.observe_apply(request, &outcome, at.now);
        self.backend.write(batch);
        let id = request
            .header
            .as_ref()
            .map_or(request.id, |header| header.id);
        let waiting = self.pending.take(id);
        let began = waiting.as_ref().map(|waiting| waiting.limit.began);
        if let Some(began) = began.or_else(|| self.own.remove(&id)) {
            self.observe_request(operation(request), outcome.answer.is_ok(), began);
        }
        self.after(request);
        if let Some(changes) = &outcome.changes {
            let told = self.watches.notify(&mut self.state.store, changes);
            told.map_err(EngineError::Watch)?;
        }
        if let Some(compaction) = outcome.compaction {
            if matches!(outcome.answer, Ok(Given::Compacted)) {
                self.compact(compaction, waiting);
                return Ok(());
            }
            self.compact(compaction, None);
        }
        let Some(waiting) = waiting else {
            return Ok(());
        };
        match outcome.answer {
            // It is applied all the same: every member must do alike, whatever the size of its own file.
            Ok(_) if !had_room => {
                self.raise_space_alarm();
                waiting.reply.error(etcd_api::Error::NoSpace);
            }
            Ok(Given::Frame(frame)) => waiting.reply.framed(frame),
            Ok(Given::Token(token)) => self.sign_token(token, waiting.reply),
            Ok(Given::Compacted) => {}
            Err(refusal) => waiting.reply.error(refusal),
        }
        Ok(())
    }

    /// Applies a change of the members.
    fn apply_change(&mut self, entry: &raftpb::Entry, mut batch: Batch) -> Result<(), EngineError> {
        let mut change = etcd_raft::conf_change(entry).map_err(EngineError::Entry)?;
        let meant = Change::of(&change).map_err(EngineError::Change)?;
        let checked = self.state.cluster.check(&meant);
        match &checked {
            Ok(()) => self.state.cluster.apply(meant.clone(), &mut batch),
            Err(_) => change.node_id = None, // raft is told of a change of nobody
        }
        let state = self
            .node
            .apply_conf_change(&change)
            .map_err(EngineError::Entry)?;
        batch.put(Bucket::Meta, "confState", conf_state_json(&state));
        self.backend.write(batch);
        self.show_members();
        if let Some(waiting) = self.pending.take(change.id()) {
            match checked {
                Ok(()) => self.answer_change(&meant, waiting.reply),
                Err(error) => waiting.reply.error(error),
            }
        }
        Ok(())
    }

    /// Writes how far the store is, with the effect of the entry that brought it there.
    fn mark(&mut self, index: u64, term: u64, batch: &mut Batch) {
        batch.put(
            Bucket::Meta,
            "consistent_index",
            index.to_be_bytes().to_vec(),
        );
        if self.stored_term != term {
            self.stored_term = term;
            batch.put(Bucket::Meta, "term", term.to_be_bytes().to_vec());
        }
    }

    fn role_changed(&mut self, soft: SoftState) {
        let is_leader = soft.role == Role::Leader;
        let server = &self.metrics.server;
        server.has_leader.set(f64::from(soft.leader != 0));
        server.is_leader.set(f64::from(is_leader));
        self.board.set_leader(soft.leader);
        if soft.leader_changed && soft.leader != 0 {
            server.leader_changes_seen_total.increment();
        }
        if soft.leader_changed {
            self.reads.leader_changed();
        }
        let now = Instant::now();
        if is_leader && !self.state.lessor.is_primary() {
            self.state
                .lessor
                .promote(self.config.tick * self.config.election_ticks, now);
        } else if !is_leader {
            self.state.lessor.demote();
        }
        if soft.leader != 0 {
            for (id, data) in std::mem::take(&mut self.parked) {
                self.propose_data(id, data);
            }
            self.publish();
        }
    }

    /// Writes a snapshot of the log's state, so that what is before it can go. The store is made durable first.
    fn snapshot_if_due(&mut self) {
        if self.applied < self.snapshot_index + self.config.snapshot_count {
            return;
        }
        self.snapshot_index = self.applied;
        // Nobody reads the data of a snapshot since 3.6: what it stands for is in the store.
        let Some(snapshot) = self.node.snapshot(Bytes::new()) else {
            return;
        };
        let reports = self.reports.clone();
        self.backend.commit_then(move |committed| {
            if committed.is_ok() {
                let then = move |engine: &mut Self| engine.writer.snapshot(snapshot);
                // The engine may have stopped meanwhile; the next start makes another one.
                let _ = reports.send(crate::engine::Report::Then(Box::new(then)));
            }
        });
    }
}

/// Returns who takes part as the store has it.
fn conf_state_json(state: &raftpb::ConfState) -> String {
    let list = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    let mut json = format!("{{\"voters\":[{}]", list(&state.voters));
    if !state.learners.is_empty() {
        json.push_str(&format!(",\"learners\":[{}]", list(&state.learners)));
    }
    json.push_str(&format!(",\"auto_leave\":{}}}", state.auto_leave()));
    json
}
