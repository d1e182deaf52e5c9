//! What operators ask: how the member is, what its keys hash to, who leads; and compaction, which runs elsewhere.
//!
//! Source: etcd v3.7 v3rpc/maintenance.go; server/etcdserver/server.go.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{
        AlarmMember, AlarmType, CompactionRequest, DefragmentResponse, DowngradeInfo,
        DowngradeRequest, DowngradeResponse, HashKvRequest, HashKvResponse, HashResponse,
        InternalRaftRequest, MoveLeaderRequest, MoveLeaderResponse, StatusResponse,
        downgrade_request::DowngradeAction,
    },
    membershippb::DowngradeInfoSetRequest,
};
use etcd_auth::AuthInfo;
use etcd_mvcc::{Compaction, HashKv, KeyValueHash};
use kit_metrics::registry::Histogram;
use kit_telemetry::chain;
use prost::Message as _;
use tonic::{Code, Status};
use tracing::{info, warn};

use super::decode;
use crate::{
    answer::Answer,
    call::{Call, Reply, frame},
    compactor::Retention,
    engine::{Engine, Report},
    http::VERSION,
    membership::Version,
    method::Method,
    observe::shown,
    proposal::Waiting,
    refusal::Refusal,
};

impl Engine {
    /// Answers an operator.
    pub(super) fn maintain(&mut self, call: Call, who: &AuthInfo) -> Result<(), (Reply, Status)> {
        let checked = match call.method {
            Method::Status => self.state.auth.check_user(who.who()),
            _ => self.state.auth.check_admin(who.who()),
        };
        let outcome = checked.map_err(|error| Refusal::from(error).into());
        let outcome = outcome.and_then(|()| match call.method {
            Method::Status => Ok(Some(self.status())),
            Method::MoveLeader => self.move_leader(&call).map(Some),
            Method::HashKv => self.hash_kv(&call),
            _ => Ok(None),
        });
        match outcome {
            Ok(Some(frame)) => call.reply.framed(frame),
            Ok(None) => self.long(call),
            Err(status) => return Err((call.reply, status)),
        }
        Ok(())
    }

    fn status(&self) -> Bytes {
        let raft = self.node.status();
        let mut errors = Vec::new();
        if raft.leader == 0 {
            errors.push(ApiError::NoLeader.text().to_owned());
        }
        for alarm in self.state.alarms.list(0) {
            let kind = AlarmType::try_from(alarm.alarm);
            let kind = kind.map_or("NONE", |kind| kind.as_str_name());
            errors.push(format!("memberID:{} alarm:{kind}", alarm.member_id));
        }
        let downgrade = self.state.cluster.downgrade();
        frame(&StatusResponse {
            header: Some(self.header()),
            version: VERSION.to_owned(),
            db_size: size(self.store_bytes),
            leader: raft.leader,
            raft_index: raft.commit,
            raft_term: raft.term,
            raft_applied_index: self.applied,
            errors,
            db_size_in_use: size(self.backend.size_in_use()),
            is_learner: self.state.cluster.is_local_learner(),
            storage_version: self.board.storage_version().unwrap_or_default(),
            db_size_quota: size(self.quota.bytes().unwrap_or(0)),
            downgrade_info: Some(DowngradeInfo {
                enabled: downgrade.target.is_some(),
                target_version: downgrade
                    .target
                    .map(|target| target.to_string())
                    .unwrap_or_default(),
            }),
        })
    }

    fn move_leader(&mut self, call: &Call) -> Result<Bytes, Status> {
        let request: MoveLeaderRequest = decode(call.message.clone())?;
        if !self.node.is_leader() {
            return Err(ApiError::NotLeader.into());
        }
        let target = self.state.cluster.member(request.target_id);
        if target.is_none_or(|member| member.is_learner) {
            return Err(ApiError::BadLeaderTransferee.into());
        }
        // The only voter there is leads already.
        Ok(frame(&MoveLeaderResponse { header: None }))
    }

    fn hash_kv(&self, call: &Call) -> Result<Option<Bytes>, Status> {
        let request: HashKvRequest = decode(call.message.clone())?;
        match self
            .state
            .store
            .hash_kv(request.revision)
            .map_err(Refusal::from)?
        {
            HashKv::Known(hash) => Ok(Some(self.hash_answer(hash))),
            HashKv::Unknown(_) => Ok(None),
        }
    }

    fn hash_answer(&self, hash: KeyValueHash) -> Bytes {
        frame(&HashKvResponse {
            header: Some(self.header()),
            hash: hash.hash,
            compact_revision: hash.compact_revision,
            hash_revision: hash.revision,
        })
    }

    /// Proposes the begin or end of a downgrade, or only checks whether it may begin.
    pub(super) fn downgrade(&mut self, call: Call, who: &AuthInfo) -> Result<(), (Reply, Status)> {
        match self.downgrade_of(&call, who) {
            Err(status) => Err((call.reply, status)),
            Ok((version, None)) => {
                call.reply.message(&DowngradeResponse {
                    header: Some(self.header()),
                    version: version.minor_text(),
                });
                Ok(())
            }
            Ok((_, Some(info))) => {
                self.propose(DOWNGRADE_INFO_SET, &info.encode_to_vec(), who, call)
            }
        }
    }

    /// Returns what the cluster speaks now, and what is to be proposed.
    fn downgrade_of(
        &self,
        call: &Call,
        who: &AuthInfo,
    ) -> Result<(Version, Option<DowngradeInfoSetRequest>), Status> {
        let request: DowngradeRequest = decode(call.message.clone())?;
        self.state
            .auth
            .check_admin(who.who())
            .map_err(Refusal::from)?;
        let cluster = &self.state.cluster;
        let action = DowngradeAction::try_from(request.action)
            .map_err(|_| Status::new(Code::Unknown, "etcdserver: unknown method"))?; // upstream's text
        if action == DowngradeAction::Cancel {
            let version = cluster
                .version()
                .ok_or(ApiError::ClusterVersionUnavailable)?;
            if cluster.downgrade().target.is_none() {
                let error = ApiError::NoInflightDowngrade.text();
                warn!(error, "failed to cancel downgrade"); // upstream's text, and all that it does
                return Ok((version, None));
            }
            return Ok((version, Some(DowngradeInfoSetRequest::default())));
        }
        let (target, version) = cluster.check_downgrade(&request.version)?;
        let info = DowngradeInfoSetRequest {
            enabled: true,
            ver: target.to_string(),
        };
        Ok((version, (action == DowngradeAction::Enable).then_some(info)))
    }

    /// Gives room in the store's file back, on another thread; nobody waits for it but who asked.
    fn defragment(&self, call: Call) {
        info!("starting defragment"); // upstream's text
        let backend = self.backend.clone();
        let began = Instant::now();
        self.metrics.disk.defrag_inflight.set(1.0);
        self.elsewhere(
            move || backend.compact_space(),
            move |engine, done| {
                let disk = &engine.metrics.disk;
                disk.defrag_inflight.set(0.0);
                disk.backend_defrag_duration_seconds
                    .observe(began.elapsed().as_secs_f64());
                match done {
                    Ok(_) => {
                        info!("finished defragment"); // upstream's text
                        call.reply.message(&DefragmentResponse { header: None });
                    }
                    Err(error) => {
                        warn!(error = chain(&error), "failed to defragment"); // upstream's text
                        call.reply.error(Status::new(Code::Unknown, chain(&error)));
                    }
                }
            },
        );
    }

    /// Does on another thread what takes long.
    fn long(&self, call: Call) {
        if call.method == Method::Defragment {
            return self.defragment(call);
        }
        if call.method == Method::Hash {
            let (backend, timing) = (
                self.backend.clone(),
                Arc::clone(&self.metrics.store.hash_duration_seconds),
            );
            return self.elsewhere(
                move || timed(&timing, || etcd_mvcc::hash_store(&backend)),
                |engine, hash| match hash {
                    Ok(hash) => call.reply.message(&HashResponse {
                        header: Some(engine.header()),
                        hash,
                    }),
                    Err(error) => call.reply.error(Refusal::from(error)),
                },
            );
        }
        let request = decode::<HashKvRequest>(call.message.clone());
        let timing = Arc::clone(&self.metrics.store.hash_rev_duration_seconds);
        let job = request.and_then(|request| {
            let hash = self.state.store.hash_kv(request.revision);
            hash.map_err(|error| Refusal::from(error).into())
        });
        match job {
            Ok(HashKv::Unknown(job)) => self.elsewhere(
                move || timed(&timing, || job.run()),
                |engine, hash| match hash {
                    Ok(hash) => call.reply.framed(engine.hash_answer(hash)),
                    Err(error) => call.reply.error(Refusal::from(error)),
                },
            ),
            Ok(HashKv::Known(hash)) => call.reply.framed(self.hash_answer(hash)),
            Err(status) => call.reply.error(status),
        }
    }

    /// Proposes what the clock wants compacted.
    pub(crate) fn compact_if_due(&mut self, now: Instant) {
        let (revision, is_leader) = (self.state.store.revision(), self.node.is_leader());
        let Some(revision) = self.compactor.due(now, revision, is_leader) else {
            return;
        };
        match self.config.retention {
            Retention::Revisions(kept) => info!(
                revision,
                "revision-compaction-retention" = kept,
                "starting auto revision compaction" // upstream's text
            ),
            Retention::Period(period) => info!(
                revision,
                "compact-period" = shown(period),
                "starting auto periodic compaction" // upstream's text
            ),
            Retention::All => {}
        }
        self.auto_compaction = Some((revision, now));
        self.propose_internal(InternalRaftRequest {
            compaction: Some(CompactionRequest {
                revision,
                physical: false,
            }),
            ..InternalRaftRequest::default()
        });
    }

    /// Tells that what the clock wanted compacted was accepted.
    fn tell_auto_compaction(&mut self, revision: i64) {
        let Some((_, began)) = self
            .auto_compaction
            .take_if(|(wanted, _)| *wanted == revision)
        else {
            return;
        };
        let took = shown(began.elapsed());
        match self.config.retention {
            Retention::Revisions(kept) => info!(
                revision,
                "revision-compaction-retention" = kept,
                took,
                "completed auto revision compaction" // upstream's text
            ),
            Retention::Period(period) => info!(
                revision,
                "compact-period" = shown(period),
                took,
                "completed auto periodic compaction" // upstream's text
            ),
            Retention::All => {}
        }
    }

    /// Runs a compaction on another thread, with rests. Whoever waits is answered once what it removes is gone from the disk.
    pub(crate) fn compact(&self, mut compaction: Compaction, waiting: Option<Waiting>) {
        let (batch, rest) = (self.config.compaction_batch, self.config.compaction_rest);
        let (reports, backend) = (self.reports.clone(), self.backend.clone());
        let began = Instant::now();
        tokio::task::spawn_blocking(move || {
            let done = loop {
                match compaction.step(batch) {
                    Ok(None) => std::thread::sleep(rest),
                    Ok(Some(done)) => break Ok(done),
                    Err(error) => break Err(error),
                }
            };
            let done = done.and_then(|done| backend.commit().map(|()| done).map_err(Into::into));
            let then = move |engine: &mut Self| engine.compacted(done, began, waiting);
            // The engine may have stopped meanwhile; the next start compacts again.
            let _ = reports.send(Report::Then(Box::new(then)));
        });
    }

    fn compacted(
        &mut self,
        done: Result<etcd_mvcc::Compacted, etcd_mvcc::Error>,
        began: Instant,
        waiting: Option<Waiting>,
    ) {
        match done {
            Ok(done) => {
                self.state.store.compacted(&done);
                let store = &self.metrics.store;
                store.db_compaction_keys_total.add(done.removed as u64);
                store
                    .db_compaction_last
                    .set(super::since_epoch().as_secs() as f64);
                let took = began.elapsed().as_secs_f64() * 1000.0;
                store
                    .db_compaction_total_duration_milliseconds
                    .observe(took);
                info!(
                    "compact-revision" = done.hash.revision,
                    took = ?began.elapsed(),
                    hash = done.hash.hash,
                    "finished scheduled compaction" // upstream's text
                );
                if let Some(waiting) = waiting {
                    waiting.reply.framed(Answer::new(&self.header()).finish());
                }
            }
            Err(error) => {
                if let Some(waiting) = waiting {
                    waiting.reply.error(Refusal::from(error));
                }
            }
        }
    }

    /// Shows what an entry may have changed of what the front knows.
    pub(crate) fn after(&mut self, request: &InternalRaftRequest) {
        if let Some(compaction) = &request.compaction {
            self.tell_auto_compaction(compaction.revision);
        }
        if let Some(alarm) = &request.alarm {
            self.show_alarms();
            self.is_raising_alarm &= alarm.action == 0;
            self.board.set_alarms(self.state.alarms.list(0));
        }
        if request.auth_enable.is_some() || request.auth_disable.is_some() {
            self.board.set_auth_enabled(self.state.auth.is_enabled());
        }
        if request.cluster_version_set.is_some() {
            self.cluster_version_changed();
        }
        if request.cluster_member_attr_set.is_some() && !self.is_published {
            self.is_published = true;
            let cluster = &self.state.cluster;
            info!(
                "local-member-id" = format!("{:x}", cluster.local_id()),
                "local-member-attributes" = format!(
                    "{{Name:{} ClientURLs:[{}]}}",
                    self.config.name,
                    self.config.client_urls.join(" ")
                ),
                "cluster-id" = format!("{:x}", cluster.id()),
                "publish-timeout" = shown(self.config.request_timeout()),
                "published local member to cluster through raft" // upstream's text
            );
            if let Some(published) = self.on_published.take() {
                // Nobody may wait for it.
                let _ = published.send(());
            }
        }
    }

    /// Shows the alarms in metrics; those that were there and are not any more are shown as 0.
    fn show_alarms(&mut self) {
        let alarms = &self.metrics.server.alarms;
        let gauge = |alarm: &AlarmMember| {
            let kind = AlarmType::try_from(alarm.alarm).unwrap_or_default();
            alarms.with([&format!("{:x}", alarm.member_id), kind.as_str_name()])
        };
        for alarm in self.board.alarms() {
            gauge(&alarm).set(0.0);
        }
        for alarm in self.state.alarms.list(0) {
            gauge(&alarm).set(1.0);
        }
    }

    /// The store's layout is that of the cluster's version.
    pub(crate) fn cluster_version_changed(&mut self) {
        let Some(version) = self.state.cluster.version() else {
            return;
        };
        let before = self.board.cluster_version();
        let shown = &self.metrics.server.cluster_version;
        if let Some(before) = before.and_then(|text| text.parse::<Version>().ok()) {
            shown.with([&before.minor_text()]).set(0.0);
        }
        shown.with([&version.minor_text()]).set(1.0);
        self.board.set_cluster_version(version.to_string());
        if version >= Version::new(3, 6, 0) {
            let mut batch = etcd_backend::Batch::new();
            batch.put(
                etcd_backend::Bucket::Meta,
                "storageVersion",
                version.to_string(),
            );
            self.backend.write(batch);
            self.board.set_storage_version(version.to_string());
        }
    }
}

/// Measures something.
fn timed<T>(timing: &Histogram, job: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = job();
    timing.observe(began.elapsed().as_secs_f64());
    done
}

fn size(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// The field of an entry that holds the begin or end of a downgrade.
const DOWNGRADE_INFO_SET: u32 = 1302;
