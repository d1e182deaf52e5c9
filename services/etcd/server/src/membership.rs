//! Who belongs to the cluster, which version it speaks, and whether it is being downgraded: a plain state machine.
//!
//! [`Cluster`] is asked before a change is proposed (`reconfiguration`), checks and takes the change once raft committed it
//! (`change`), and adds what must last to the batch of the entry. Connections to peers, raft's own configuration and
//! metrics are left to the member.
//!
//! Source: etcd v3.7 server/etcdserver/api/membership; server/etcdserver/version; server/storage/schema/membership.go.

mod change;
mod identity;
mod load;
mod member;
mod reconfiguration;
mod version;

use std::collections::{BTreeMap, BTreeSet};

use etcd_api::{Error, etcdserverpb as pb, membershippb::ClusterMemberAttrSetRequest};
use etcd_backend::{Batch, Bucket};
use tracing::{info, warn};

pub use self::{
    change::{Change, ChangeError},
    identity::{added_id, bootstrap_id, cluster_id, parse_urls},
    load::MembershipError,
    member::Member,
    reconfiguration::ConnectedFor,
    version::{Downgrade, Version},
};

/// The members of a cluster, as this one knows them.
#[derive(Clone, Debug)]
pub struct Cluster {
    id: u64,
    local_id: u64,
    learners_max: usize,
    members: BTreeMap<u64, Member>,
    /// Ids are never used again.
    removed: BTreeSet<u64>,
    version: Option<Version>,
    downgrade: Downgrade,
}

impl Cluster {
    /// Returns a cluster of these members, which is how one begins. `learners_max` is `--max-learners`.
    #[must_use]
    pub fn new(
        id: u64,
        local_id: u64,
        learners_max: usize,
        members: impl IntoIterator<Item = Member>,
    ) -> Self {
        Self {
            id,
            local_id,
            learners_max,
            members: members
                .into_iter()
                .map(|member| (member.id, member))
                .collect(),
            removed: BTreeSet::new(),
            version: None,
            downgrade: Downgrade::default(),
        }
    }

    /// Returns the id of the cluster.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns the id of this member.
    #[must_use]
    pub fn local_id(&self) -> u64 {
        self.local_id
    }

    /// Returns a member.
    #[must_use]
    pub fn member(&self, id: u64) -> Option<&Member> {
        self.members.get(&id)
    }

    /// Returns all members, by id.
    pub fn members(&self) -> impl ExactSizeIterator<Item = &Member> {
        self.members.values()
    }

    /// Returns all members as clients see them, by id.
    #[must_use]
    pub fn to_wire(&self) -> Vec<pb::Member> {
        self.members().map(Member::to_wire).collect()
    }

    /// Returns whether a member was removed. It never comes back.
    #[must_use]
    pub fn is_removed(&self, id: u64) -> bool {
        self.removed.contains(&id)
    }

    /// Returns the members that were removed.
    #[must_use]
    pub fn removed(&self) -> &BTreeSet<u64> {
        &self.removed
    }

    /// Returns whether this member is a learner.
    #[must_use]
    pub fn is_local_learner(&self) -> bool {
        self.member(self.local_id)
            .is_some_and(|member| member.is_learner)
    }

    /// Returns the version all members speak; none before it is agreed on.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// Returns the downgrade that is under way, if any.
    #[must_use]
    pub fn downgrade(&self) -> &Downgrade {
        &self.downgrade
    }

    /// Takes a member's name and client URLs. Those of a removed member are passed over.
    ///
    /// # Errors
    /// [`ChangeError::UnknownMember`]: the log speaks of a member nobody added, and this one must stop.
    pub fn set_attributes(
        &mut self,
        request: &ClusterMemberAttrSetRequest,
        batch: &mut Batch,
    ) -> Result<(), ChangeError> {
        let id = request.member_id;
        let Some(member) = self.members.get_mut(&id) else {
            if self.removed.contains(&id) {
                warn!(
                    "updated-peer-id" = format!("{id:x}"),
                    "skipped attributes update of removed member" // upstream's text
                );
                return Ok(());
            }
            return Err(ChangeError::UnknownMember(id));
        };
        let attributes = request.member_attributes.clone().unwrap_or_default();
        member.name = attributes.name;
        member.client_urls = attributes.client_urls;
        member.put(batch);
        Ok(())
    }

    /// Takes the version all members agreed on.
    ///
    /// # Errors
    /// [`ChangeError::Version`] for what is no version; [`ChangeError::TooOld`] for one this member does not speak.
    pub fn set_version(&mut self, version: &str, batch: &mut Batch) -> Result<(), ChangeError> {
        let version: Version = version
            .parse()
            .map_err(|_| ChangeError::Version(version.to_owned()))?;
        if Version::OURS.to_minor() < version {
            return Err(ChangeError::TooOld(version));
        }
        match self.version {
            Some(before) => info!(
                "cluster-id" = format!("{:x}", self.id),
                "local-member-id" = format!("{:x}", self.local_id),
                from = before.minor_text(),
                to = version.minor_text(),
                "updated cluster version" // upstream's text
            ),
            None => info!(
                "cluster-id" = format!("{:x}", self.id),
                "local-member-id" = format!("{:x}", self.local_id),
                "cluster-version" = version.minor_text(),
                "set initial cluster version" // upstream's text
            ),
        }
        self.version = Some(version);
        batch.put(Bucket::Cluster, VERSION_KEY, version.to_string());
        Ok(())
    }

    /// Takes the begin or end of a downgrade.
    pub fn set_downgrade(&mut self, downgrade: Downgrade, batch: &mut Batch) {
        batch.put(Bucket::Cluster, DOWNGRADE_KEY, downgrade.to_json());
        self.downgrade = downgrade;
    }

    /// Returns the version the leader is to propose, given the lowest one among the members' programs; none when it is to
    /// stay.
    ///
    /// # Errors
    /// [`Error::InvalidDowngradeTargetVersion`] when the downgrade that is under way cannot go on.
    ///
    /// Source: etcd server/etcdserver/version/monitor.go `decideClusterVersion`.
    pub fn next_version(&self, lowest: Option<Version>) -> Result<Option<Version>, Error> {
        let Some(current) = self.version else {
            return Ok(Some(lowest.map_or(Version::LOWEST, Version::to_minor)));
        };
        let Some(lowest) = lowest else {
            return Ok(None);
        };
        let Some(target) = self.downgrade.target else {
            let rises =
                current < lowest && current.major == lowest.major && current.minor < lowest.minor;
            return Ok(rises.then(|| lowest.to_minor()));
        };
        if target == current {
            return Ok(None);
        }
        if current.one_below() == Some(target) && lowest.one_below() == Some(target) {
            return Ok(Some(target));
        }
        Err(Error::InvalidDowngradeTargetVersion)
    }

    /// Checks that a downgrade may begin, and returns its target and what clients are told the cluster speaks now.
    ///
    /// # Errors
    /// [`Error::WrongDowngradeVersionFormat`], [`Error::ClusterVersionUnavailable`],
    /// [`Error::InvalidDowngradeTargetVersion`], [`Error::DowngradeInProcess`].
    ///
    /// Source: etcd server/etcdserver/v3_server.go `downgradeValidate`; version/version.go `DowngradeValidate`.
    pub fn check_downgrade(&self, target: &str) -> Result<(Version, Version), Error> {
        let target = Version::parse_target(target).ok_or(Error::WrongDowngradeVersionFormat)?;
        let current = self.version.ok_or(Error::ClusterVersionUnavailable)?;
        if current.one_below() != Some(target) {
            return Err(Error::InvalidDowngradeTargetVersion);
        }
        if self.downgrade.target.is_some() {
            return Err(Error::DowngradeInProcess);
        }
        Ok((target, current.to_minor()))
    }
}

const VERSION_KEY: &[u8] = b"clusterVersion";
const DOWNGRADE_KEY: &[u8] = b"downgrade";

#[cfg(test)]
mod tests;
