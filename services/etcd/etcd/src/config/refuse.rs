//! What this release does not do yet, refused with a sentence before anything is opened.

use kit_cli::value::GoDuration;

use super::Config;
use crate::gates::Gate;

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
    /// Settings without a meaning yet.
    #[error("this release cannot do what is asked for with {}", .0.join(", "))]
    Settings(Vec<&'static str>),
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
        let settings = self.without_meaning();
        if !settings.is_empty() {
            return Err(NotYet::Settings(settings));
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

    /// Returns the settings that ask for something this release does not do.
    fn without_meaning(&self) -> Vec<&'static str> {
        let (raft, checks, addresses) = (&self.raft, &self.checks, &self.addresses);
        let is_open = |gate| self.gates.is_open(gate);
        let asked = [
            ("--force-new-cluster", self.force_new_cluster),
            ("--memory-mlock", self.backend.mlock),
            (
                "--bootstrap-defrag-threshold-megabytes",
                self.backend.defrag_threshold_mib > 0,
            ),
            ("--socket-reuse-port", addresses.reuse_port),
            ("--socket-reuse-address", addresses.reuse_address),
            ("--max-wals", raft.max_wals != 5),
            ("--max-snapshots", raft.max_snapshots != 5),
            (
                "--corrupt-check-time",
                checks.corrupt > GoDuration::default(),
            ),
            (
                "--warning-apply-duration",
                checks.warn_apply != milliseconds(100),
            ),
            (
                "--warning-unary-request-duration",
                checks.warn_unary != milliseconds(300),
            ),
            (
                "--feature-gates=InitialCorruptCheck",
                is_open(Gate::InitialCorruptCheck),
            ),
            (
                "--feature-gates=CompactHashCheck",
                is_open(Gate::CompactHashCheck),
            ),
            (
                "--feature-gates=PriorityRequest",
                is_open(Gate::PriorityRequest),
            ),
        ];
        asked
            .into_iter()
            .filter(|(_, is_asked)| *is_asked)
            .map(|(setting, _)| setting)
            .collect()
    }
}

const fn milliseconds(count: i64) -> GoDuration {
    GoDuration::from_nanoseconds(count * 1_000_000)
}
