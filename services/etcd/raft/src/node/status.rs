//! How raft stands, for the status request, metrics and the rules about members.

use raft::{ProgressState, StateRole};

use super::Node;

/// What a member is in raft.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Role {
    /// Follows a leader, or waits for one.
    Follower,
    /// Asks whether it could win an election.
    PreCandidate,
    /// Stands for election.
    Candidate,
    /// Leads.
    Leader,
}

impl From<StateRole> for Role {
    fn from(role: StateRole) -> Self {
        match role {
            StateRole::Follower => Self::Follower,
            StateRole::PreCandidate => Self::PreCandidate,
            StateRole::Candidate => Self::Candidate,
            StateRole::Leader => Self::Leader,
        }
    }
}

/// How raft stands on a member.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Status {
    /// This member.
    pub id: u64,
    /// What it is.
    pub role: Role,
    /// Who leads; 0 is nobody.
    pub leader: u64,
    /// The present term.
    pub term: u64,
    /// Whom it votes for in this term; 0 is nobody.
    pub vote: u64,
    /// All up to here is committed.
    pub commit: u64,
    /// All up to here is applied.
    pub applied: u64,
    /// Where the log ends.
    pub last_index: u64,
    /// Whom the leader hands over to; 0 is nobody.
    pub transferee: u64,
    /// How far the members are, in the order of their ids; known to the leader alone.
    pub peers: Vec<Peer>,
}

/// How far a member is, as the leader knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Peer {
    /// The member.
    pub id: u64,
    /// All up to here is on its disk.
    pub matched: u64,
    /// What it is sent next.
    pub next: u64,
    /// Upstream's name of how it is sent entries: `StateProbe`, `StateReplicate`, `StateSnapshot`.
    pub state: &'static str,
    /// Whether it does not vote.
    pub is_learner: bool,
    /// Whether it was heard of within the last election timeout.
    pub is_active: bool,
}

impl Node {
    /// Returns how raft stands.
    #[must_use]
    pub fn status(&self) -> Status {
        let raft = &self.raw.raft;
        Status {
            id: raft.id,
            role: raft.state.into(),
            leader: raft.leader_id,
            term: raft.term,
            vote: raft.vote,
            commit: raft.raft_log.committed,
            applied: raft.raft_log.applied,
            last_index: raft.raft_log.last_index(),
            transferee: raft.lead_transferee.unwrap_or(raft::INVALID_ID),
            peers: if self.is_leader() {
                self.peers()
            } else {
                Vec::new()
            },
        }
    }

    fn peers(&self) -> Vec<Peer> {
        let progress = self.raw.raft.prs();
        let learners = progress.conf().learners();
        let peer = |(id, progress): (&u64, &raft::Progress)| Peer {
            id: *id,
            matched: progress.matched,
            next: progress.next_idx,
            state: match progress.state {
                ProgressState::Probe => "StateProbe",
                ProgressState::Replicate => "StateReplicate",
                ProgressState::Snapshot => "StateSnapshot",
            },
            is_learner: learners.contains(id),
            is_active: progress.recent_active,
        };
        let mut peers: Vec<_> = progress.iter().map(peer).collect();
        peers.sort_unstable_by_key(|peer| peer.id);
        peers
    }

    /// Returns who leads; 0 is nobody.
    #[must_use]
    pub fn leader(&self) -> u64 {
        self.raw.raft.leader_id
    }

    /// Returns whether this member leads.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.raw.raft.state == StateRole::Leader
    }

    /// Returns the present term.
    #[must_use]
    pub fn term(&self) -> u64 {
        self.raw.raft.term
    }

    /// Returns up to where all is committed.
    #[must_use]
    pub fn commit(&self) -> u64 {
        self.raw.raft.raft_log.committed
    }
}

impl Role {
    /// Upstream's name of the role: `StateLeader`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Follower => "StateFollower",
            Self::PreCandidate => "StatePreCandidate",
            Self::Candidate => "StateCandidate",
            Self::Leader => "StateLeader",
        }
    }
}
