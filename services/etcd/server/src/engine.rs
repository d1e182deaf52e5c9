//! The engine: one task that owns all of a member's state, and everything that happens to it, one thing after the other.
//!
//! It takes what the front hands over, what the log's writer and other threads report, and the ticks of the clock; after each it does
//! what raft wants done ([`node`](crate::node)). Nothing here waits or holds the thread for long: what does (passwords, large ranges,
//! compactions, hashes) runs elsewhere and comes back as a [`Report`].
//!
//! Source: etcd v3.7 server/etcdserver/{server,v3_server,raft}.go.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use etcd_api::etcdserverpb::ResponseHeader;
use etcd_backend::Backend;
use etcd_mvcc::{StreamId, Watches};
use etcd_raft::{Node, Writer};
use kit_http::Shutdown;
use kit_metrics::registry::Histogram;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};
use tracing::info;

use crate::{
    apply::State,
    board::Board,
    call::Work,
    compactor::{Compactor, Retention},
    corrupt::{CorruptionChecks, Schedule},
    http::VERSION,
    ids::RequestIds,
    limit::Clock,
    metrics::Metrics,
    observe::Timings,
    proposal::Pending,
    purge::{FilesKept, Purge},
    quota::Quota,
    reads::Reads,
    requests::{early::Early, watch::WatchStream},
};

/// What the flags of the program say about the engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Name of the member (`--name`).
    pub name: String,
    /// Where clients reach it (`--advertise-client-urls`).
    pub client_urls: Vec<String>,
    /// Time between two ticks of raft (`--heartbeat-interval`, 100 ms).
    pub tick: Duration,
    /// Ticks of an election timeout (`--election-timeout` by the interval, 10).
    pub election_ticks: u32,
    /// Bytes of the largest request (`--max-request-bytes`, 1,572,864).
    pub request_bytes_max: usize,
    /// Operations in a transaction (`--max-txn-ops`, 128).
    pub txn_ops_max: usize,
    /// Bytes the store may take; 0 for 2 GiB, less for no limit (`--quota-backend-bytes`, 0).
    pub quota_bytes: i64,
    /// Whether clients prove who they are with a certificate (`--client-cert-auth`).
    pub has_client_cert_auth: bool,
    /// Applied entries between two snapshots (`--snapshot-count`, 10,000).
    pub snapshot_count: u64,
    /// Revisions that a compaction looks at between two rests (`--compaction-batch-limit`, 1000).
    pub compaction_batch: usize,
    /// What is kept when old revisions are compacted by the clock (`--auto-compaction-mode`, `--auto-compaction-retention`).
    pub retention: Retention,
    /// Time between two notices of progress to a watcher (`--watch-progress-notify-interval`, 10 min).
    pub progress_pause: Duration,
    /// Whether changes of members that would endanger the cluster are refused (`--strict-reconfig-check`, true).
    pub is_strict: bool,
    /// The rest (`--compaction-sleep-interval`, 10 ms).
    pub compaction_rest: Duration,
    /// Time after which an entry or a read is told to have taken long (`--warning-apply-duration`, 100 ms).
    pub warn_apply: Duration,
    /// Whether the end of leases may still be asked for when other requests are refused because too many wait (feature
    /// gate `PriorityRequest`, false).
    pub prefers_revocations: bool,
    /// Checks for corruption.
    pub corruption: CorruptionChecks,
    /// Old files that stay.
    pub files_kept: FilesKept,
}

impl EngineConfig {
    /// Returns the time a request may take.
    ///
    /// Source: etcd v3.7 server/config/config.go `ReqTimeout`.
    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(5) + 2 * self.tick * self.election_ticks
    }
}

/// Why a member stops by itself.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The log cannot be written any more.
    #[error("write the log")]
    Log(#[source] etcd_raft::WriterError),
    /// The log holds what cannot be read.
    #[error("read a committed entry")]
    Entry(#[source] etcd_raft::RaftError),
    /// An entry is no request.
    #[error("decode a committed entry")]
    Request(#[source] prost::DecodeError),
    /// An entry asks for what this version does not know. To go on without doing it would make this member differ.
    #[error("the log holds a request of a newer version")]
    Unknown,
    /// The store cannot be written any more.
    #[error("write the store")]
    Store(#[source] etcd_backend::Failure),
    /// Watchers cannot be told of a change, and would miss it.
    #[error("tell watchers")]
    Watch(#[source] etcd_mvcc::Error),
    /// A change of the members cannot be followed.
    #[error("follow a change of the members")]
    Change(#[source] crate::membership::ChangeError),
    /// Old files cannot be removed.
    #[error("failed to purge files")]
    Purge(#[source] etcd_wal::WalError),
}

/// What other threads and tasks tell the engine.
pub(crate) enum Report {
    /// The writer of the log.
    Log(etcd_raft::Report),
    /// Something to be done with the engine: the end of what ran elsewhere.
    Then(Box<dyn FnOnce(&mut Engine) + Send>),
}

/// A member at work.
pub struct Engine {
    pub(crate) config: EngineConfig,
    pub(crate) node: Node,
    pub(crate) writer: Writer,
    pub(crate) backend: Backend,
    pub(crate) state: State,
    pub(crate) quota: Quota,
    pub(crate) compactor: Compactor,
    pub(crate) board: Arc<Board>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) ids: RequestIds,
    pub(crate) pending: Pending,
    pub(crate) reads: Reads,
    /// Rings when the time of somebody who waits is over.
    pub(crate) clock: Clock,
    pub(crate) watches: Watches,
    pub(crate) watch_streams: BTreeMap<StreamId, WatchStream>,
    /// Whether watchers that are behind can be told more now.
    pub(crate) has_more_to_tell: bool,
    /// Proposals made while nobody leads.
    pub(crate) parked: Vec<(u64, bytes::Bytes)>,
    /// Requests whose token counts from an index that is not applied yet.
    pub(crate) early: Vec<Early>,
    pub(crate) applied: u64,
    /// The term that the store has.
    pub(crate) stored_term: u64,
    /// The index of the last snapshot in the log.
    pub(crate) snapshot_index: u64,
    pub(crate) reports: mpsc::UnboundedSender<Report>,
    pub(crate) incoming: mpsc::UnboundedReceiver<Report>,
    /// The size of the store's file, as of a moment ago.
    pub(crate) store_bytes: u64,
    /// Ticks since somebody led.
    pub(crate) leaderless_ticks: u32,
    /// Whether an alarm for want of space is being raised.
    pub(crate) is_raising_alarm: bool,
    /// Whether this member has told the cluster its name.
    pub(crate) is_published: bool,
    pub(crate) on_published: Option<tokio::sync::oneshot::Sender<()>>,
    pub(crate) purge: Purge,
    pub(crate) checks: Schedule,
    pub(crate) apply_timings: Timings,
    pub(crate) request_timings: Timings,
    /// What the clock wanted compacted, and when, until it is applied.
    pub(crate) auto_compaction: Option<(i64, Instant)>,
    pub(crate) range_timing: Arc<Histogram>,
    /// When the member's own requests were proposed. Nobody waits for those.
    pub(crate) own: HashMap<u64, Instant>,
    /// Why the member cannot go on, found by something that ran elsewhere.
    pub(crate) fault: Option<EngineError>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Works until `stop` is triggered. Then the backend is made durable, and what waits is told that the server stops.
    ///
    /// # Errors
    /// [`EngineError`] when the member cannot go on.
    pub async fn run(
        mut self,
        mut work: mpsc::Receiver<Work>,
        stop: Shutdown,
    ) -> Result<(), EngineError> {
        let mut ticks = interval(self.config.tick);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(WORK_MAX);
        self.advance()?;
        self.node.begin();
        loop {
            tokio::select! {
                biased;
                () = stop.triggered() => break,
                Some(report) = self.incoming.recv() => self.report(report)?,
                count = work.recv_many(&mut batch, WORK_MAX) => {
                    if count == 0 {
                        break;
                    }
                }
                () = self.clock.ring() => self.expire(),
                _ = ticks.tick() => self.tick()?,
                () = std::future::ready(()), if self.has_more_to_tell => self.catch_up()?,
            }
            self.take_along(&mut work, &mut batch)?;
            self.advance()?;
            self.pump_watches();
        }
        self.tell_stop();
        // What fails here is in the log, and is applied again at the next start.
        let _ = self.backend.commit();
        Ok(())
    }

    /// Takes all else that has come by now, whatever woke the engine: so what is proposed is on its way to the disk while what is
    /// there already is applied, and one sync is for more.
    fn take_along(
        &mut self,
        work: &mut mpsc::Receiver<Work>,
        batch: &mut Vec<Work>,
    ) -> Result<(), EngineError> {
        for _ in 0..WORK_MAX {
            let Ok(report) = self.incoming.try_recv() else {
                break;
            };
            self.report(report)?;
        }
        while batch.len() < WORK_MAX
            && let Ok(more) = work.try_recv()
        {
            batch.push(more);
        }
        for work in batch.drain(..) {
            self.take(work);
        }
        Ok(())
    }

    fn report(&mut self, report: Report) -> Result<(), EngineError> {
        match report {
            Report::Log(etcd_raft::Report::Persisted(persisted)) => {
                let disk = &self.metrics.disk;
                if let Some(synced) = persisted.saved.synced {
                    disk.wal_fsync_duration_seconds
                        .observe(synced.as_secs_f64());
                }
                disk.wal_write_duration_seconds
                    .observe(persisted.saved.written.as_secs_f64());
                disk.wal_write_bytes_total.add(persisted.saved.bytes as f64);
                self.node.persisted(persisted.number);
            }
            Report::Log(etcd_raft::Report::SnapshotSaved { .. }) => {}
            Report::Log(etcd_raft::Report::Failed(error)) => return Err(EngineError::Log(error)),
            Report::Then(then) => then(self),
        }
        self.fault.take().map_or(Ok(()), Err)
    }

    /// Tells what the member begins with.
    pub(crate) fn tell_start(&self) {
        let local = format!("{:x}", self.state.cluster.local_id());
        let quota = self.quota.bytes();
        match (self.config.quota_bytes, quota) {
            (_, None) => info!(
                "quota-name" = QUOTA_NAME,
                "quota-size-bytes" = self.config.quota_bytes,
                "disabled backend quota" // upstream's text
            ),
            (0, Some(bytes)) => info!(
                "quota-name" = QUOTA_NAME,
                "quota-size-bytes" = bytes,
                "quota-size" = "2.1 GB",
                "enabled backend quota with default value" // upstream's text
            ),
            (_, Some(bytes)) => info!(
                "quota-name" = QUOTA_NAME,
                "quota-size-bytes" = bytes,
                "enabled backend quota" // upstream's text
            ),
        }
        match self.state.cluster.version() {
            Some(version) => info!(
                "local-member-id" = local,
                "local-server-version" = VERSION,
                "cluster-id" = format!("{:x}", self.state.cluster.id()),
                "cluster-version" = version.minor_text(),
                "starting etcd server" // upstream's text
            ),
            None => info!(
                "local-member-id" = local,
                "local-server-version" = VERSION,
                "cluster-version" = "to_be_decided",
                "starting etcd server" // upstream's text
            ),
        }
        self.purge.tell();
    }

    /// Tells that there is nobody to lead in place of this member.
    fn tell_stop(&self) {
        let local = format!("{:x}", self.state.cluster.local_id());
        if self.node.is_leader() && self.state.cluster.members().len() == 1 {
            info!(
                "local-member-id" = local,
                "current-leader-member-id" = local,
                "skipped leadership transfer for single voting member cluster" // upstream's text
            );
        }
    }

    /// Takes what the front hands over.
    pub(crate) fn take(&mut self, work: Work) {
        match work {
            Work::Call(call) => self.call(call),
            Work::Stream(stream) => self.stream(stream),
        }
    }

    /// Answers those whose time is over.
    fn expire(&mut self) {
        let now = Instant::now();
        for waiting in self.pending.expired(now) {
            self.metrics.server.proposals_failed_total.increment();
            waiting.reply.error(waiting.limit.error());
        }
        self.reads.expire(now);
        self.expire_early(now);
        let early = self.early.iter().map(|early| early.limit.at).min();
        let limits = [self.pending.next_limit(), self.reads.next_limit(), early];
        if let Some(next) = limits.into_iter().flatten().min() {
            self.clock.note(next);
        }
    }

    fn tick(&mut self) -> Result<(), EngineError> {
        self.node.tick();
        let now = Instant::now();
        self.watch_leader();
        self.reads.ask_again(now, &mut self.node, &mut self.ids);
        self.state.auth.expire_tokens(now);
        self.state.store.refresh();
        self.state.store.sweep();
        self.expire_leases(now);
        self.catch_up()?;
        self.tell_progress(now);
        self.compact_if_due(now);
        self.purge_if_due(now);
        self.check_if_due(now);
        self.look_at_store()
    }

    /// Tells the streams that want a leader when nobody has led for long.
    fn watch_leader(&mut self) {
        self.leaderless_ticks = match self.board.has_leader() {
            true => 0,
            false => self.leaderless_ticks.saturating_add(1),
        };
        let patience = LEADERLESS_ELECTIONS * self.config.election_ticks;
        self.board.set_leaderless(self.leaderless_ticks >= patience);
    }

    /// Notes the size of the store, for the quota and for metrics. Without room for it on the disk nothing more is taken, as without
    /// room under the quota: what is taken is in the log, but waits in memory.
    fn look_at_store(&mut self) -> Result<(), EngineError> {
        match self.backend.failure() {
            Some(failure) if failure.is_fatal() => return Err(EngineError::Store(failure)),
            Some(_) => self.raise_space_alarm(),
            None => {}
        }
        self.store_bytes = self.backend.size();
        let store = &self.metrics.store;
        store.db_total_size_in_bytes.set(self.store_bytes as f64);
        store
            .db_total_size_in_use_in_bytes
            .set(self.backend.size_in_use() as f64);
        store.keys_total.set(self.state.store.key_count() as f64);
        store
            .current_revision
            .set(self.state.store.revision() as f64);
        store
            .compact_revision
            .set(self.state.store.compact_revision() as f64);
        let watches = self.watches.counts();
        store.watch_stream_total.set(watches.streams as f64);
        store.watcher_total.set(watches.watchers as f64);
        store.slow_watcher_total.set(watches.slow as f64);
        store.auth_revision.set(self.state.auth.revision() as f64);
        Ok(())
    }

    /// Returns the header of an answer.
    pub(crate) fn header(&self) -> ResponseHeader {
        self.state.header(self.node.term())
    }

    /// Runs something on another thread, and what it returns with the engine.
    pub(crate) fn elsewhere<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
        then: impl FnOnce(&mut Self, T) + Send + 'static,
    ) {
        let reports = self.reports.clone();
        tokio::task::spawn_blocking(move || {
            let done = job();
            // The engine may have stopped meanwhile; then nobody waits for this.
            let _ = reports.send(Report::Then(Box::new(move |engine| then(engine, done))));
        });
    }
}

/// Election timeouts that streams go on without a leader.
///
/// Source: etcd v3.7 v3rpc/interceptor.go `maxNoLeaderCnt`.
const LEADERLESS_ELECTIONS: u32 = 3;

/// Source: etcd v3.7 server/etcdserver/apply/quota_apply.go.
const QUOTA_NAME: &str = "v3-applier";

/// Work, and reports, that are taken at a time, before raft is looked at.
const WORK_MAX: usize = 1024;
