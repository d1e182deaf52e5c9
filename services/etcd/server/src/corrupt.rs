//! Checks for corruption, as far as a member that is alone can make them: it compares itself with itself, and reads all its keys.
//!
//! Source: etcd v3.7 server/etcdserver/corrupt.go; server.go `monitorKVHash`, `monitorCompactHash`.

use std::time::{Duration, Instant};

use etcd_api::etcdserverpb::{
    AlarmRequest, AlarmType, InternalRaftRequest, alarm_request::AlarmAction,
};
use etcd_mvcc::{HashKv, KeyValueHash};
use kit_telemetry::chain;
use tracing::{info, warn};

use crate::engine::Engine;

/// What is checked, and how often.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CorruptionChecks {
    /// Whether all keys are hashed before anybody is served (feature gate `InitialCorruptCheck`, false).
    pub at_start: bool,
    /// Time between two hashes of all keys; none for never (`--corrupt-check-time`, 0).
    pub pause: Option<Duration>,
    /// Time between two looks at the hashes of compactions; none for never (feature gate `CompactHashCheck`, false;
    /// `--compact-hash-check-time`, 1 min).
    pub compaction_pause: Option<Duration>,
}

/// When something is checked next.
#[derive(Debug)]
pub(crate) struct Schedule {
    keys: Option<Instant>,
    compactions: Option<Instant>,
    /// Whether keys are being hashed.
    is_running: bool,
}

impl Schedule {
    pub(crate) fn new(checks: CorruptionChecks, now: Instant) -> Self {
        Self {
            keys: checks.pause.map(|pause| now + pause),
            compactions: checks.compaction_pause.map(|pause| now + pause),
            is_running: false,
        }
    }
}

impl Engine {
    /// Hashes all keys before anybody is served; what cannot be read keeps the member from starting.
    ///
    /// # Errors
    /// As [`etcd_mvcc::HashJob::run`].
    pub(crate) fn check_at_start(&self) -> Result<(), etcd_mvcc::Error> {
        let local = format!("{:x}", self.state.cluster.local_id());
        let timeout = format!("{:?}", self.config.request_timeout());
        info!(
            "local-member-id" = local,
            timeout, "starting initial corruption check"
        ); // upstream's text
        if let HashKv::Unknown(job) = self.state.store.hash_kv(0)? {
            job.run()?;
        }
        info!(
            "local-member-id" = local,
            "initial corruption checking passed; no corruption"
        ); // upstream's text
        Ok(())
    }

    /// Makes the checks whose time has come. Only the leader makes them.
    pub(crate) fn check_if_due(&mut self, now: Instant) {
        let checks = self.config.corruption;
        if self.checks.keys.is_some_and(|due| due <= now) {
            self.checks.keys = checks.pause.map(|pause| now + pause);
            if self.node.is_leader() && !self.checks.is_running {
                self.check_keys();
            }
        }
        if self.checks.compactions.is_some_and(|due| due <= now) {
            self.checks.compactions = checks.compaction_pause.map(|pause| now + pause);
            if self.node.is_leader() {
                self.check_compactions();
            }
        }
    }

    /// Hashes all keys twice. The same keys with another hash are corrupt.
    fn check_keys(&mut self) {
        let Some(first) = self.hash_job() else {
            return;
        };
        self.checks.is_running = true;
        self.elsewhere(first, |engine, first| {
            let Some(second) = engine.hash_job() else {
                engine.checks.is_running = false;
                return;
            };
            engine.elsewhere(second, |engine, second| {
                engine.checks.is_running = false;
                match (first, second) {
                    (Ok(first), Ok(second)) => engine.compare(first, second),
                    (Err(error), _) | (_, Err(error)) => {
                        warn!(error = chain(&error), "failed to check hash KV"); // upstream's text
                    }
                }
            });
        });
    }

    fn hash_job(
        &self,
    ) -> Option<impl FnOnce() -> Result<KeyValueHash, etcd_mvcc::Error> + Send + use<>> {
        match self.state.store.hash_kv(0) {
            Ok(HashKv::Unknown(job)) => Some(move || job.run()),
            // Nobody keeps a hash of revision 0.
            Ok(HashKv::Known(_)) => None,
            Err(error) => {
                warn!(error = chain(&error), "failed to check hash KV"); // upstream's text
                None
            }
        }
    }

    fn compare(&mut self, first: KeyValueHash, second: KeyValueHash) {
        let are_alike =
            (first.revision, first.compact_revision) == (second.revision, second.compact_revision);
        if are_alike && first.hash != second.hash {
            warn!(
                "revision-1" = first.revision,
                "compact-revision-1" = first.compact_revision,
                "hash-1" = first.hash,
                "revision-2" = second.revision,
                "compact-revision-2" = second.compact_revision,
                "hash-2" = second.hash,
                "found hash mismatch" // upstream's text
            );
            self.propose_internal(InternalRaftRequest {
                alarm: Some(AlarmRequest {
                    action: AlarmAction::Activate.into(),
                    member_id: self.state.cluster.local_id(),
                    alarm: AlarmType::Corrupt.into(),
                }),
                ..InternalRaftRequest::default()
            });
        }
        info!(
            "number-of-peers-checked" = 0,
            "finished peer corruption check"
        ); // upstream's text
    }

    /// Looks at the hashes of compactions: there is nobody whose hashes could differ.
    fn check_compactions(&self) {
        let local = format!("{:x}", self.state.cluster.local_id());
        let timeout = format!("{:?}", self.config.request_timeout());
        info!(
            "local-member-id" = local,
            timeout, "starting compact hash check"
        ); // upstream's text
        let count = self.state.store.compaction_hashes().len();
        info!(
            "number-of-hashes-checked" = count,
            "finished compaction hash check"
        ); // upstream's text
    }
}
