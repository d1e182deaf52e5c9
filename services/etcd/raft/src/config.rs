//! How a member takes part in raft.

/// How a member takes part in raft. Ticks are the server's heartbeat interval.
///
/// Source: etcd v3.7 server/etcdserver/bootstrap.go `raftConfig`.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Ticks without a leader until an election; drawn anew from `[n, 2n)` for each. Default 10.
    pub election_ticks: usize,
    /// Whether a candidate asks first whether it could win. Default true.
    pub pre_vote: bool,
    /// Applied entries kept in memory for followers that are slow. Default 5000.
    pub catch_up_entries: u64,
    /// How much memory these may take, in bytes; upstream has no such bound. Default 16 MiB.
    pub catch_up_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            election_ticks: 10,
            pre_vote: true,
            catch_up_entries: 5000,
            catch_up_bytes: 16 << 20,
        }
    }
}

/// The most bytes of entries in one message, and of committed entries in one [`crate::Ready`].
const MESSAGE_BYTES_MAX: u64 = 1 << 20;

/// The most messages with entries on their way to a follower.
const INFLIGHT_MESSAGES_MAX: usize = 512;

impl Config {
    /// What the raft crate wants to know.
    pub(crate) fn of_member(&self, id: u64, applied: u64) -> raft::Config {
        raft::Config {
            id,
            applied,
            election_tick: self.election_ticks,
            heartbeat_tick: 1,
            max_size_per_msg: MESSAGE_BYTES_MAX,
            max_committed_size_per_ready: MESSAGE_BYTES_MAX,
            max_inflight_msgs: INFLIGHT_MESSAGES_MAX,
            check_quorum: true,
            pre_vote: self.pre_vote,
            ..raft::Config::default()
        }
    }
}
