//! What this release does not do yet, refused with a sentence before anything is opened.

use super::Config;

/// What is asked for and not there.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotYet {
    /// More than one member.
    #[error("this release runs clusters of one member: --initial-cluster names more than one")]
    ManyMembers,
    /// Joining others.
    #[error(
        "this release runs clusters of one member: --initial-cluster-state=existing joins another cluster"
    )]
    Existing,
    /// Finding others.
    #[error(
        "this release runs clusters of one member: it does not look for others (--discovery-endpoints, --discovery-srv)"
    )]
    Discovery,
    /// Traces.
    #[error("this release sends no traces: --enable-distributed-tracing must stay off")]
    Tracing,
}

impl Config {
    /// Checks that this release can do what is asked for. A data folder that is there already decides for itself who the
    /// members are, as upstream has it.
    ///
    /// # Errors
    /// [`NotYet`].
    pub fn check_release(&self, has_data: bool) -> Result<(), NotYet> {
        if self.tracing.enabled {
            return Err(NotYet::Tracing);
        }
        if has_data {
            return Ok(());
        }
        if !self.cluster.discovery_endpoints.is_empty() || !self.cluster.discovery_srv.is_empty() {
            return Err(NotYet::Discovery);
        }
        let parts = self
            .cluster
            .initial_cluster
            .split(',')
            .filter(|part| !part.is_empty());
        let mut names: Vec<_> = parts
            .map(|part| part.split_once('=').map_or(part, |(name, _)| name))
            .collect();
        names.sort_unstable();
        names.dedup();
        if names.len() > 1 {
            return Err(NotYet::ManyMembers);
        }
        if self.cluster.state == "existing" {
            return Err(NotYet::Existing);
        }
        Ok(())
    }
}
