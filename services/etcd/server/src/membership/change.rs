//! Changes of the configuration: what a committed one says, whether it may be, and what it does.
//!
//! Source: etcd server/etcdserver/server.go `applyConfChange`; api/membership/cluster.go `ValidateConfigurationChange`.

use etcd_api::{
    Error,
    raftpb::{ConfChange, ConfChangeType},
};
use etcd_backend::{Batch, Bucket};
use tracing::info;

use super::{
    Cluster, Member, Version,
    member::{Stored, key},
};

/// What a change of the configuration says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// Add a member, voter or learner.
    Add(Member),
    /// Give a learner a vote.
    Promote(u64),
    /// Remove a member for ever.
    Remove(u64),
    /// Change where peers reach a member.
    Update {
        /// The member.
        id: u64,
        /// Its new URLs.
        peer_urls: Vec<String>,
    },
}

/// The log says what a member cannot follow: it must stop.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The change carries no member.
    #[error("failed to unmarshal member")] // upstream's text
    Context(#[from] serde_json::Error),
    /// The change carries another member than it names.
    #[error("got different member ID: {named:x} from the entry, {carried:x} from the message")]
    OtherMember {
        /// Whom it names.
        named: u64,
        /// Whom it carries.
        carried: u64,
    },
    /// A kind of change nobody knows.
    #[error("unknown ConfChange type {0}")]
    Type(i32),
    /// Attributes of a member nobody added.
    #[error("failed to update; member unknown: {0:x}")]
    UnknownMember(u64),
    /// The version of the cluster is none.
    #[error("{0:?} is not a version")]
    Version(String),
    /// The cluster speaks a version that is newer than this member.
    #[error("invalid downgrade; server version is lower than determined cluster version {0}")]
    // upstream's text
    TooOld(Version),
}

impl Change {
    /// Reads a committed change.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn of(entry: &ConfChange) -> Result<Self, ChangeError> {
        let id = entry.node_id();
        let number = entry.r#type.unwrap_or_default();
        let kind = ConfChangeType::try_from(number).map_err(|_| ChangeError::Type(number))?;
        if kind == ConfChangeType::ConfChangeRemoveNode {
            return Ok(Self::Remove(id));
        }
        let carried = Stored::parse(entry.context())?;
        if carried.id != id {
            return Err(ChangeError::OtherMember {
                named: id,
                carried: carried.id,
            });
        }
        Ok(match kind {
            ConfChangeType::ConfChangeUpdateNode => Self::Update {
                id,
                peer_urls: carried.peer_urls.unwrap_or_default(),
            },
            _ if carried.is_promote == Some(true) => Self::Promote(id),
            _ => Self::Add(carried.into_member()),
        })
    }

    /// Returns the change as it is proposed under a request's id.
    #[must_use]
    pub fn to_entry(&self, request_id: u64) -> ConfChange {
        let (kind, id, context) = match self {
            Self::Add(member) if member.is_learner => (
                ConfChangeType::ConfChangeAddLearnerNode,
                member.id,
                Some(member.to_json()),
            ),
            Self::Add(member) => (
                ConfChangeType::ConfChangeAddNode,
                member.id,
                Some(member.to_json()),
            ),
            Self::Promote(id) => {
                let carried = Stored {
                    id: *id,
                    is_promote: Some(true),
                    ..Stored::default()
                };
                (
                    ConfChangeType::ConfChangeAddNode,
                    *id,
                    Some(carried.to_json()),
                )
            }
            Self::Remove(id) => (ConfChangeType::ConfChangeRemoveNode, *id, None),
            Self::Update { id, peer_urls } => {
                let member = Member {
                    id: *id,
                    peer_urls: peer_urls.clone(),
                    ..Member::default()
                };
                (
                    ConfChangeType::ConfChangeUpdateNode,
                    *id,
                    Some(member.to_json()),
                )
            }
        };
        ConfChange {
            id: Some(request_id),
            r#type: Some(kind.into()),
            node_id: Some(id),
            context: context.map(Into::into),
        }
    }

    /// Returns the member that changes.
    #[must_use]
    pub fn member_id(&self) -> u64 {
        match self {
            Self::Add(member) => member.id,
            Self::Promote(id) | Self::Remove(id) | Self::Update { id, .. } => *id,
        }
    }
}

impl Cluster {
    /// Checks a committed change against what the cluster is now. A refused one is told raft as one of nobody (node id 0).
    ///
    /// # Errors
    /// [`Error::MemberNotFound`], [`Error::MemberExists`], [`Error::PeerUrlExists`], [`Error::MemberNotLearner`],
    /// [`Error::TooManyLearners`].
    pub fn check(&self, change: &Change) -> Result<(), Error> {
        if self.removed.contains(&change.member_id()) {
            return Err(Error::MemberNotFound);
        }
        let known = self.members.get(&change.member_id());
        match (change, known) {
            (Change::Add(_), Some(_)) => Err(Error::MemberExists),
            (Change::Add(member), None) => {
                self.check_urls(member.id, &member.peer_urls)?;
                self.check_learners(member)
            }
            (_, None) => Err(Error::MemberNotFound),
            (Change::Promote(_), Some(known)) if !known.is_learner => Err(Error::MemberNotLearner),
            (Change::Promote(_) | Change::Remove(_), Some(_)) => Ok(()),
            (Change::Update { id, peer_urls }, Some(_)) => self.check_urls(*id, peer_urls),
        }
    }

    fn check_urls(&self, id: u64, peer_urls: &[String]) -> Result<(), Error> {
        let mut others = self.members.values().filter(|other| other.id != id);
        if others.any(|other| other.peer_urls.iter().any(|url| peer_urls.contains(url))) {
            return Err(Error::PeerUrlExists);
        }
        Ok(())
    }

    fn check_learners(&self, added: &Member) -> Result<(), Error> {
        let learners = self.members.values().filter(|member| member.is_learner);
        if added.is_learner && learners.count() >= self.learners_max {
            return Err(Error::TooManyLearners);
        }
        Ok(())
    }

    /// Takes a change that [`Cluster::check`] lets pass.
    pub fn apply(&mut self, change: Change, batch: &mut Batch) {
        let id = change.member_id();
        match change {
            Change::Add(member) => {
                member.put(batch);
                info!(
                    "cluster-id" = format!("{:x}", self.id),
                    "local-member-id" = format!("{:x}", self.local_id),
                    "added-peer-id" = format!("{id:x}"),
                    "added-peer-peer-urls" = ?kit_telemetry::json(&member.peer_urls),
                    "added-peer-is-learner" = member.is_learner,
                    "added member" // upstream's text
                );
                self.members.insert(id, member);
            }
            Change::Promote(_) => {
                if let Some(member) = self.members.get_mut(&id) {
                    member.is_learner = false;
                    member.put(batch);
                }
                self.tell(id, "promote member"); // upstream's text
            }
            Change::Remove(_) => {
                batch.delete(Bucket::Members, key(id));
                batch.put(Bucket::MembersRemoved, key(id), "removed");
                self.members.remove(&id);
                self.removed.insert(id);
                self.tell(id, "removed member"); // upstream's text
            }
            Change::Update { peer_urls, .. } => {
                if let Some(member) = self.members.get_mut(&id) {
                    member.peer_urls = peer_urls;
                    member.put(batch);
                }
                self.tell(id, "updated member"); // upstream's text
            }
        }
    }

    fn tell(&self, id: u64, what: &'static str) {
        info!(
            "cluster-id" = format!("{:x}", self.id),
            "local-member-id" = format!("{:x}", self.local_id),
            "member-id" = format!("{id:x}"),
            "{what}"
        );
    }
}
