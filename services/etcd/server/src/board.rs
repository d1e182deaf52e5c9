//! What the engine shows to the front: who leads, what is wrong, which versions. Written by the engine, read by every connection.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use etcd_api::etcdserverpb::AlarmMember;
use parking_lot::Mutex;
use tokio::sync::watch;

/// The state of a member as far as connections need it without asking the engine. Values are a moment old at most.
#[derive(Debug, Default)]
pub struct Board {
    leader: AtomicU64,
    /// Whether nobody has led for so long that streams end.
    leaderless: watch::Sender<bool>,
    is_learner: AtomicBool,
    is_auth_enabled: AtomicBool,
    slow: Mutex<Slow>,
}

/// What changes seldom.
#[derive(Clone, Debug, Default)]
struct Slow {
    removed: BTreeSet<u64>,
    alarms: Vec<AlarmMember>,
    cluster_version: Option<String>,
    storage_version: Option<String>,
    raft_status: Option<serde_json::Value>,
}

impl Board {
    /// Shows who leads; 0 for nobody.
    pub fn set_leader(&self, id: u64) {
        self.leader.store(id, Relaxed);
    }

    /// Shows whether nobody has led for so long that streams of clients which want a leader end.
    pub fn set_leaderless(&self, is_leaderless: bool) {
        let differs = |shown: &mut bool| std::mem::replace(shown, is_leaderless) != is_leaderless;
        self.leaderless.send_if_modified(differs);
    }

    /// Returns what tells when nobody has led for that long.
    pub(crate) fn leaderless(&self) -> watch::Receiver<bool> {
        self.leaderless.subscribe()
    }

    /// Shows whether this member is a learner.
    pub fn set_learner(&self, is_learner: bool) {
        self.is_learner.store(is_learner, Relaxed);
    }

    /// Shows whether users have to say who they are.
    pub fn set_auth_enabled(&self, is_enabled: bool) {
        self.is_auth_enabled.store(is_enabled, Relaxed);
    }

    /// Shows the alarms that are active.
    pub fn set_alarms(&self, alarms: Vec<AlarmMember>) {
        self.slow.lock().alarms = alarms;
    }

    /// Shows which members were removed.
    pub fn set_removed(&self, ids: BTreeSet<u64>) {
        self.slow.lock().removed = ids;
    }

    /// Says whether a member was removed.
    #[must_use]
    pub fn is_removed(&self, id: u64) -> bool {
        self.slow.lock().removed.contains(&id)
    }

    /// Shows the version the cluster has agreed on.
    pub fn set_cluster_version(&self, version: impl Into<String>) {
        self.slow.lock().cluster_version = Some(version.into());
    }

    /// Shows the version of the store's layout.
    pub fn set_storage_version(&self, version: impl Into<String>) {
        self.slow.lock().storage_version = Some(version.into());
    }

    /// Shows the state of raft, for people who look into it.
    pub fn set_raft_status(&self, status: serde_json::Value) {
        self.slow.lock().raft_status = Some(status);
    }

    /// Returns the state of raft; none before there is one.
    #[must_use]
    pub fn raft_status(&self) -> Option<serde_json::Value> {
        self.slow.lock().raft_status.clone()
    }

    /// Says whether anybody leads.
    #[must_use]
    pub fn has_leader(&self) -> bool {
        self.leader.load(Relaxed) != 0
    }

    /// Says whether this member is a learner.
    #[must_use]
    pub fn is_learner(&self) -> bool {
        self.is_learner.load(Relaxed)
    }

    /// Says whether users have to say who they are.
    #[must_use]
    pub fn is_auth_enabled(&self) -> bool {
        self.is_auth_enabled.load(Relaxed)
    }

    /// Returns the alarms that are active.
    #[must_use]
    pub fn alarms(&self) -> Vec<AlarmMember> {
        self.slow.lock().alarms.clone()
    }

    /// Returns the version the cluster has agreed on; none before it has.
    #[must_use]
    pub fn cluster_version(&self) -> Option<String> {
        self.slow.lock().cluster_version.clone()
    }

    /// Returns the version of the store's layout; none while it is not known.
    #[must_use]
    pub fn storage_version(&self) -> Option<String> {
        self.slow.lock().storage_version.clone()
    }
}
