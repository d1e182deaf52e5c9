//! Whether a change of members may be proposed (`--strict-reconfig-check`): the cluster must be able to go on with it.
//!
//! Source: etcd server/etcdserver/server.go `mayAddMember`, `mayRemoveMember`, `mayPromoteMember`; util.go;
//! api/membership/cluster.go `IsReadyTo*`.

use std::time::Duration;

use etcd_api::Error;

use super::{Cluster, Member};

/// For how long this member has been connected to another one; nothing when it is not.
pub type ConnectedFor<'a> = &'a dyn Fn(u64) -> Option<Duration>;

impl Cluster {
    /// Checks that a member may be added, voter or learner.
    ///
    /// # Errors
    /// [`Error::MemberNotEnoughStarted`], [`Error::Unhealthy`].
    pub fn may_add(&self, is_learner: bool, connected_for: ConnectedFor<'_>) -> Result<(), Error> {
        let voters = self.voters().count();
        if !is_learner {
            let started = self.started_without(None);
            // One member may always become two: that is how a lost cluster is built up again.
            let is_single = started == 1 && voters == 1;
            if !is_single && started < quorum(voters + 1) {
                return Err(Error::MemberNotEnoughStarted);
            }
        }
        if voters != 1 && self.connected(connected_for) < quorum(voters + 1) {
            return Err(Error::Unhealthy);
        }
        Ok(())
    }

    /// Checks that a member may be removed.
    ///
    /// # Errors
    /// As [`Cluster::may_add`].
    pub fn may_remove(&self, id: u64, connected_for: ConnectedFor<'_>) -> Result<(), Error> {
        if self.member(id).is_some_and(|member| member.is_learner) {
            return Ok(());
        }
        let voters = self.voters().count();
        let remaining = self.voters().filter(|voter| voter.id != id).count();
        if self.started_without(Some(id)) < quorum(remaining) {
            return Err(Error::MemberNotEnoughStarted);
        }
        if id != self.local_id && connected_for(id).is_none() {
            return Ok(()); // it is down: nobody counts on it
        }
        // Upstream: active - 1 < 1 + (voters - 1) / 2.
        if self.connected(connected_for) < 2 + voters.saturating_sub(1) / 2 {
            return Err(Error::Unhealthy);
        }
        Ok(())
    }

    /// Checks that a learner may be given a vote.
    ///
    /// # Errors
    /// [`Error::MemberNotEnoughStarted`].
    pub fn may_promote(&self) -> Result<(), Error> {
        let voters = self.voters().count();
        if self.started_without(None) + 1 < quorum(voters + 1) {
            return Err(Error::MemberNotEnoughStarted);
        }
        Ok(())
    }

    fn voters(&self) -> impl Iterator<Item = &Member> {
        self.members().filter(|member| !member.is_learner)
    }

    fn started_without(&self, id: Option<u64>) -> usize {
        let others = self.voters().filter(|voter| Some(voter.id) != id);
        others.filter(|voter| voter.is_started()).count()
    }

    fn connected(&self, connected_for: ConnectedFor<'_>) -> usize {
        let is_connected = |id| connected_for(id).is_some_and(|since| since > HEALTHY_AFTER);
        let connected = self
            .voters()
            .filter(|voter| voter.id == self.local_id || is_connected(voter.id));
        connected.count()
    }
}

fn quorum(voters: usize) -> usize {
    voters / 2 + 1
}

/// How long a connection must have lasted to be counted on.
const HEALTHY_AFTER: Duration = Duration::from_secs(5);
