//! Where a member's raft begins: with a new log, or with the one that is there.
//!
//! The store knows up to where it has applied, and who took part then; raft goes on from there. The log may lag behind in
//! what it says is committed, because that alone is not synced: what was applied was committed.
//!
//! Source: etcd v3.7 server/etcdserver/bootstrap.go; server/storage/util.go.

use std::{collections::BTreeSet, path::Path};

use bytes::Bytes;
use etcd_api::{
    etcdserverpb::Metadata,
    raftpb::{self, ConfChange, ConfChangeType, ConfState, Entry, HardState},
    walpb,
};
use etcd_wal::{Contents, Options, Wal, WalError, read, repair};
use prost::Message as _;
use raft::RaftState;
use tracing::info;

use crate::{BootError, Config, Node, log::Log, wire};

mod alone;

/// Whose log it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The member.
    pub member: u64,
    /// Its cluster.
    pub cluster: u64,
}

/// A member of a cluster that begins.
#[derive(Clone, Debug)]
pub struct Founder {
    /// Its number.
    pub id: u64,
    /// The member as the cluster stores it: JSON with `id`, `peerURLs` and `name`.
    pub context: Bytes,
}

/// Begins a log. `founders` is empty for a member that joins a cluster. Adding the founders is committed from the start: the
/// changes come out of the node to be applied, in the order of the members' numbers.
///
/// # Errors
/// When there is a log already, or none can be made.
pub fn create(
    folder: &Path,
    identity: Identity,
    founders: &[Founder],
    options: Options,
    config: Config,
) -> Result<(Node, Wal), BootError> {
    let metadata = Metadata {
        node_id: Some(identity.member),
        cluster_id: Some(identity.cluster),
    };
    let mut founders: Vec<_> = founders.iter().collect();
    founders.sort_unstable_by_key(|founder| founder.id);
    let entries: Vec<_> = (1..)
        .zip(founders)
        .map(|(index, founder)| {
            let change = ConfChange {
                id: Some(0),
                r#type: Some(ConfChangeType::ConfChangeAddNode as i32),
                node_id: Some(founder.id),
                context: Some(founder.context.clone()),
            };
            change_entry(&change, FIRST_TERM, index)
        })
        .collect();
    let state = match entries.last() {
        Some(last) => state(FIRST_TERM, 0, last.index()),
        None => HardState::default(),
    };
    let wal = Wal::create_with(folder, &metadata.encode_to_vec(), &state, &entries, options)?;
    let contents = Contents {
        state,
        entries,
        ..Contents::default()
    };
    let node = start(identity, (0, 0), contents, ConfState::default(), 0, config)?;
    Ok((node, wal))
}

/// The term in which founders are added.
const FIRST_TERM: u64 = 1;

/// A log that is there, read to its end.
#[derive(Debug)]
pub struct Existing {
    wal: Wal,
    contents: Contents,
    identity: Identity,
    snapshot: walpb::Snapshot,
}

/// What the store knows of raft.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// All up to here was applied: the consistent index.
    pub index: u64,
    /// Who took part then; `None` in stores that do not tell, and then the index counts for nothing: what the log holds
    /// behind its snapshot is applied again.
    pub conf_state: Option<ConfState>,
}

impl Existing {
    /// Opens the log in a folder, and repairs a torn end first, once.
    ///
    /// # Errors
    /// [`BootError::Wal`] when the log is damaged otherwise or in use, [`BootError::Metadata`] when it is nobody's.
    pub fn open(folder: &Path, options: Options) -> Result<Self, BootError> {
        let snapshot = read::newest_snapshot(folder)?;
        let (wal, contents) = match Wal::open(folder, &snapshot, options) {
            Err(WalError::Torn { .. }) => {
                repair(folder)?;
                Wal::open(folder, &snapshot, options)?
            }
            opened => opened?,
        };
        let metadata = contents.metadata.clone().unwrap_or_default();
        let metadata = Metadata::decode(metadata).map_err(|source| BootError::Metadata {
            path: folder.to_owned(),
            source,
        })?;
        let identity = Identity {
            member: metadata.node_id(),
            cluster: metadata.cluster_id(),
        };
        Ok(Self {
            wal,
            contents,
            identity,
            snapshot,
        })
    }

    /// Whose log it is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Where the log begins: the store must have applied at least this index.
    #[must_use]
    pub fn snapshot_index(&self) -> u64 {
        self.snapshot.index()
    }

    /// Starts raft from the log.
    ///
    /// # Errors
    /// When the log and the store do not fit together, or the log holds what no member writes.
    pub fn restart(self, applied: Applied, config: Config) -> Result<(Node, Wal), BootError> {
        let (applied, conf_state) = self.begin(applied)?;
        let mut contents = self.contents;
        let state = &mut contents.state;
        state.commit = Some(state.commit().max(applied));
        info!(
            cluster_id = format!("{:x}", self.identity.cluster),
            local_member_id = format!("{:x}", self.identity.member),
            commit_index = contents.state.commit(),
            "restarting local member" // upstream's text
        );
        let before = (self.snapshot.index(), self.snapshot.term());
        let node = start(self.identity, before, contents, conf_state, applied, config)?;
        Ok((node, self.wal))
    }

    /// Where raft goes on: the index up to which nothing is applied again, and who takes part there.
    fn begin(&self, applied: Applied) -> Result<(u64, ConfState), BootError> {
        let snapshot = self.snapshot.index();
        if applied.index < snapshot {
            return Err(BootError::StoreBehind {
                applied: applied.index,
                snapshot,
            });
        }
        let last = self.contents.entries.last().map_or(snapshot, Entry::index);
        if applied.index > last {
            return Err(BootError::StoreAhead {
                applied: applied.index,
                last,
            });
        }
        Ok(match applied.conf_state {
            Some(conf_state) => (applied.index, conf_state),
            None => (
                snapshot,
                self.snapshot.conf_state.clone().unwrap_or_default(),
            ),
        })
    }
}

fn change_entry(change: &ConfChange, term: u64, index: u64) -> Entry {
    Entry {
        r#type: Some(raftpb::EntryType::EntryConfChange as i32),
        term: Some(term),
        index: Some(index),
        data: Some(Bytes::from(change.encode_to_vec())),
    }
}

fn state(term: u64, vote: u64, commit: u64) -> HardState {
    HardState {
        term: Some(term),
        vote: Some(vote),
        commit: Some(commit),
    }
}

/// Checks what the raft crate would panic on, and starts it.
pub(crate) fn start(
    identity: Identity,
    before: (u64, u64),
    contents: Contents,
    conf_state: ConfState,
    applied: u64,
    config: Config,
) -> Result<Node, BootError> {
    let last = contents.entries.last().map_or(before.0, Entry::index);
    let commit = contents.state.commit();
    let first = before.0.max(applied);
    if !(first..=last).contains(&commit) {
        return Err(BootError::CommitOutOfRange {
            commit,
            first,
            last,
        });
    }
    let mut seen = BTreeSet::new();
    let members = conf_state.voters.iter().chain(&conf_state.learners);
    if let Some(twice) = members.copied().find(|id| !seen.insert(*id)) {
        return Err(BootError::MemberTwice(twice));
    }
    let entries = contents.entries.into_iter().map(|entry| {
        let index = entry.index();
        wire::entry_in(entry).map_err(|source| BootError::Entry { index, source })
    });
    let entries: Vec<_> = entries.collect::<Result<_, _>>()?;
    let conf_state = wire::conf_state_in(conf_state);
    let initial = RaftState::new(wire::state_in(&contents.state), conf_state.clone());
    let mut log = Log::new(initial, before);
    log.append(&entries);
    log.set_applied(applied);
    log.set_conf_state(conf_state);
    Node::start(identity.member, log, config).map_err(BootError::Raft)
}

#[cfg(test)]
mod tests;
