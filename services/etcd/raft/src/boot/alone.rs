//! A member of a cluster that lost the others begins a cluster of its own, with what it has (`--force-new-cluster`).
//!
//! Source: etcd v3.7 server/etcdserver/bootstrap.go `bootstrapWALFromSnapshot`; server/storage/util.go.

use std::collections::BTreeSet;

use bytes::Bytes;
use etcd_api::raftpb::{self, ConfChange, ConfChangeType, ConfState, Entry};
use etcd_wal::Wal;
use tracing::info;

use super::{Applied, Existing, change_entry};
use crate::{BootError, Config, Node, RaftError, node};

impl Existing {
    /// Starts raft from the log as a cluster of this member alone: what is not committed is dropped, and all others are
    /// removed by changes that are committed at once.
    ///
    /// # Errors
    /// As [`Self::restart`].
    pub fn restart_alone(
        mut self,
        applied: Applied,
        config: Config,
    ) -> Result<(Node, Wal), BootError> {
        let (index, conf_state) = self.begin(applied)?;
        let logged_commit = self.contents.state.commit();
        let entries = &mut self.contents.entries;
        let known = logged_commit.max(index);
        let commit = committed(self.identity.member, &conf_state, index, known, entries)?;
        let kept = entries.partition_point(|entry| entry.index() <= commit);
        if kept < entries.len() {
            let number_of_discarded_entries = entries.len() - kept;
            info!(
                number_of_discarded_entries,
                "discarding uncommitted WAL entries"
            ); // upstream's text
            entries.truncate(kept);
        }
        let members = members(&conf_state, index, entries)?;
        let term = self.contents.state.term();
        let changes = changes_to_alone(self.identity.member, &members, term, commit);
        let commit = changes.last().map_or(commit, Entry::index);
        self.contents.state.commit = Some(commit);
        self.wal.save(&self.contents.state, &changes)?;
        self.contents.entries.extend(changes);
        info!(
            cluster_id = format!("{:x}", self.identity.cluster),
            local_member_id = format!("{:x}", self.identity.member),
            wal_commit_index = logged_commit,
            commit_index = commit,
            "forcing restart member" // upstream's text
        );
        let applied = Applied {
            index,
            conf_state: Some(conf_state),
        };
        self.restart(applied, config)
    }
}

/// The index up to which entries are committed: what a member that votes alone has on disk is, and was acknowledged, though the log
/// may not say so yet. Upstream drops that, too.
fn committed(
    this: u64,
    conf_state: &ConfState,
    applied: u64,
    known: u64,
    entries: &[Entry],
) -> Result<u64, BootError> {
    let mut voters: BTreeSet<_> = conf_state.voters.iter().copied().collect();
    let mut committed = known;
    for entry in entries.iter().filter(|entry| entry.index() > applied) {
        if entry.index() > committed {
            if !voters.iter().eq([&this]) {
                break;
            }
            committed = entry.index();
        }
        follow(&mut voters, entry, &[ConfChangeType::ConfChangeAddNode])?;
    }
    Ok(committed)
}

/// Everybody who takes part once all entries are applied.
fn members(
    conf_state: &ConfState,
    applied: u64,
    entries: &[Entry],
) -> Result<BTreeSet<u64>, BootError> {
    let mut members: BTreeSet<_> = conf_state
        .voters
        .iter()
        .chain(&conf_state.learners)
        .copied()
        .collect();
    let joins = [
        ConfChangeType::ConfChangeAddNode,
        ConfChangeType::ConfChangeAddLearnerNode,
    ];
    for entry in entries.iter().filter(|entry| entry.index() > applied) {
        follow(&mut members, entry, &joins)?;
    }
    Ok(members)
}

/// Follows an entry, should it be a change of the members; `joins` are the kinds that put somebody into the set.
fn follow(
    members: &mut BTreeSet<u64>,
    entry: &Entry,
    joins: &[ConfChangeType],
) -> Result<(), BootError> {
    if entry.r#type() != raftpb::EntryType::EntryConfChange {
        return Ok(());
    }
    let change = node::conf_change(entry).map_err(|source| at(entry, source))?;
    if change.r#type() == ConfChangeType::ConfChangeRemoveNode {
        members.remove(&change.node_id());
    } else if joins.contains(&change.r#type()) {
        members.insert(change.node_id());
    }
    Ok(())
}

/// The changes that leave a member alone. It is added first where it is missing: there must always be a voter.
fn changes_to_alone(this: u64, members: &BTreeSet<u64>, term: u64, commit: u64) -> Vec<Entry> {
    let change = |kind: ConfChangeType, id, context| ConfChange {
        id: None,
        r#type: Some(kind as i32),
        node_id: Some(id),
        context,
    };
    let add = (!members.contains(&this)).then(|| {
        // As upstream: nobody knows its URLs here.
        let context = format!(r#"{{"id":{this},"peerURLs":["http://localhost:2380"]}}"#);
        change(
            ConfChangeType::ConfChangeAddNode,
            this,
            Some(Bytes::from(context)),
        )
    });
    let others = members.iter().filter(|id| **id != this);
    let removals = others.map(|id| change(ConfChangeType::ConfChangeRemoveNode, *id, None));
    (commit + 1..)
        .zip(add.into_iter().chain(removals))
        .map(|(index, change)| change_entry(&change, term, index))
        .collect()
}

fn at(entry: &Entry, source: RaftError) -> BootError {
    BootError::Entry {
        index: entry.index(),
        source,
    }
}

#[cfg(test)]
mod tests;
