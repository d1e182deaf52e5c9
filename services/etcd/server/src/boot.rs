//! Where a member's work begins: its folders, its store, its log, and all that is read from them.
//!
//! Source: etcd v3.7 server/etcdserver/bootstrap.go; server/storage/backend.go.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use etcd_api::raftpb::ConfState;
use etcd_auth::{AuthConfig, AuthStore};
use etcd_backend::{Backend, Batch, Bucket, Observer, View};
use etcd_lease::{LeaseConfig, Lessor, ttl_seconds_min};
use etcd_mvcc::{Restored, Store, Watches};
use etcd_raft::{
    Writer,
    boot::{self, Applied, Existing, Founder, Identity},
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    alarms::Alarms,
    apply::State,
    board::Board,
    compactor::Compactor,
    corrupt::Schedule,
    engine::{Engine, EngineConfig, Report},
    ids::RequestIds,
    limit::Clock,
    membership::{Cluster, Member, bootstrap_id, cluster_id},
    metrics::Metrics,
    observe::{Timings, shown},
    proposal::Pending,
    purge::Purge,
    quota::Quota,
    reads::Reads,
};

/// What the flags of the program say about where a member is and who it is.
#[derive(Debug)]
pub struct BootConfig {
    /// Folder of all its data (`--data-dir`).
    pub data_folder: PathBuf,
    /// Folder of its log (`--wal-dir`); none for the data's.
    pub wal_folder: Option<PathBuf>,
    /// What makes clusters with the same URLs different (`--initial-cluster-token`).
    pub cluster_token: String,
    /// Where peers reach it (`--initial-advertise-peer-urls`).
    pub peer_urls: Vec<String>,
    /// Learners there may be (`--max-learners`).
    pub learners_max: usize,
    /// How the store is opened; its folder is set here.
    pub backend: etcd_backend::Options,
    /// How the log is opened.
    pub wal: etcd_wal::Options,
    /// How the member takes part in raft.
    pub raft: etcd_raft::Config,
    /// How users log in.
    pub auth: AuthConfig,
    /// Whether what is left of leases is written into the log (feature gate `LeaseCheckpoint`).
    pub has_lease_checkpoints: bool,
    /// Whether it is stored in any case (feature gate `LeaseCheckpointPersist`).
    pub persists_lease_checkpoints: bool,
    /// Whether it begins a cluster of itself alone with what it has (`--force-new-cluster`).
    pub forces_new_cluster: bool,
    /// Bytes that must be free in the store's file for it to be compacted at the start
    /// (`--bootstrap-defrag-threshold-megabytes`); 0 for never.
    pub free_bytes_max: u64,
    /// How the engine works.
    pub engine: EngineConfig,
}

/// Why a member does not start.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// A folder cannot be made.
    #[error("make the folder {}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] etcd_backend::OpenError),
    /// The log is gone, and the store is not.
    #[error(
        "the store has applied {applied} entries of a log that is not in {}: a new log beside it would lose them",
        .folder.display()
    )]
    NoLog {
        /// Where the log should be.
        folder: PathBuf,
        /// Index up to which the store has applied it.
        applied: u64,
    },
    /// The folder holds upstream's database and no store of ours.
    #[error(
        "{} is upstream's database (bbolt), which this release does not take over; copy its keys into a member with an empty \
         folder (etcdctl make-mirror)", .0.display()
    )]
    Foreign(PathBuf),
    /// The store cannot be read.
    #[error(transparent)]
    Read(#[from] etcd_backend::ReadError),
    /// The keys cannot be read.
    #[error(transparent)]
    Keys(#[from] etcd_mvcc::Error),
    /// The leases cannot be read.
    #[error(transparent)]
    Leases(#[from] etcd_lease::LoadError),
    /// The users cannot be read.
    #[error(transparent)]
    Users(#[from] etcd_auth::LoadError),
    /// The members cannot be read.
    #[error(transparent)]
    Members(#[from] crate::membership::MembershipError),
    /// The log cannot be used.
    #[error(transparent)]
    Log(#[from] etcd_raft::BootError),
    /// Room in the store's file cannot be given back.
    #[error(transparent)]
    Space(#[from] etcd_backend::SpaceError),
    /// The thread that writes the log cannot be started.
    #[error(transparent)]
    Writer(#[from] etcd_raft::WriterError),
}

/// A member that is ready to work.
#[derive(Debug)]
pub struct Booted {
    /// The engine.
    pub engine: Engine,
    /// Resolves once the member has told the cluster its name; requests are served from then on.
    pub published: oneshot::Receiver<()>,
    /// The number of the member.
    pub member_id: u64,
    /// The number of the cluster.
    pub cluster_id: u64,
}

/// Opens what a member has, or makes it.
///
/// # Errors
/// [`BootError`].
pub fn start(
    config: BootConfig,
    board: Arc<Board>,
    metrics: Arc<Metrics>,
) -> Result<Booted, BootError> {
    let snap_folder = config.data_folder.join("member/snap");
    let default_wal = config.data_folder.join("member/wal");
    let wal_folder = config.wal_folder.clone().unwrap_or(default_wal);
    make_folder(&snap_folder)?;
    let has_log = has_log(&wal_folder);
    let foreign = snap_folder.join("db");
    if foreign.exists() && !Backend::is_in(&snap_folder) {
        return Err(BootError::Foreign(foreign));
    }
    let opening = Instant::now();
    let backend = Backend::open(&etcd_backend::Options {
        folder: snap_folder.clone(),
        observer: Arc::new(CommitTimes(Arc::clone(&metrics))),
        ..config.backend
    })?;
    tracing::info!(
        path = %snap_folder.join("db").display(),
        took = shown(opening.elapsed()),
        "opened backend db" // upstream's text
    );
    if config.free_bytes_max > 0 {
        give_room_back(&backend, config.free_bytes_max)?;
    }
    let view = backend.view()?;
    let own = Member {
        id: bootstrap_id(&config.peer_urls, &config.cluster_token),
        peer_urls: config.peer_urls.clone(),
        name: config.engine.name.clone(),
        ..Member::default()
    };
    let (identity, node, wal, applied) = if has_log {
        let existing = Existing::open(&wal_folder, config.wal)?;
        let applied = applied_of(&view)?;
        let (identity, index) = (existing.identity(), applied.index);
        let (node, wal) = match config.forces_new_cluster {
            true => existing.restart_alone(applied, config.raft)?,
            false => existing.restart(applied, config.raft)?,
        };
        (identity, node, wal, index)
    } else {
        let applied = applied_of(&view)?.index;
        if applied > 0 {
            return Err(BootError::NoLog {
                folder: wal_folder,
                applied,
            });
        }
        let identity = Identity {
            member: own.id,
            cluster: cluster_id([own.id]),
        };
        tracing::info!(
            "local-member-id" = format!("{:x}", own.id),
            "cluster-id" = format!("{:x}", identity.cluster),
            "starting local member" // upstream's text
        );
        let founder = Founder {
            id: own.id,
            context: Bytes::from(own.to_json()),
        };
        let (node, wal) = boot::create(&wal_folder, identity, &[founder], config.wal, config.raft)?;
        (identity, node, wal, 0)
    };
    let now = Instant::now();
    let lease_config = LeaseConfig {
        ttl_seconds_min: ttl_seconds_min(config.engine.election_ticks, config.engine.tick),
        checkpoints: config.has_lease_checkpoints,
        checkpoints_persist: config.persists_lease_checkpoints,
    };
    let Restored {
        store,
        leases,
        compaction,
    } = Store::open(&backend)?;
    tracing::info!("current-rev" = store.revision(), "kvstore restored"); // upstream's text
    let mut lessor = Lessor::load(&view, lease_config, now)?;
    for (key, lease) in leases {
        // A key may outlive its lease only in a store that is damaged; it then has none.
        let _ = lessor.attach(lease, &key);
    }
    let mut loaded = Batch::new();
    let state = State {
        store,
        lessor,
        auth: AuthStore::load(&view, config.auth, &mut loaded)?,
        cluster: Cluster::load(
            &view,
            identity.cluster,
            identity.member,
            config.learners_max,
        )?,
        alarms: Alarms::load(&view)?,
    };
    board.set_auth_enabled(state.auth.is_enabled());
    board.set_alarms(state.alarms.list(0));
    drop(view);
    backend.write(loaded);
    let (reports, incoming) = mpsc::unbounded_channel();
    let to_engine = reports.clone();
    let report = move |report| {
        // The engine may have stopped; then nothing is acknowledged any more.
        let _ = to_engine.send(Report::Log(report));
    };
    let writer = Writer::start(wal, snap_folder.clone(), report)?;
    let (on_published, published) = oneshot::channel();
    let purge = Purge::new(config.engine.files_kept, &snap_folder, &wal_folder, now);
    let mut engine = Engine {
        purge,
        checks: Schedule::new(config.engine.corruption, now),
        apply_timings: Timings::default(),
        request_timings: Timings::default(),
        range_timing: metrics.server.range_duration_seconds.with(["true"]),
        own: HashMap::new(),
        auto_compaction: None,
        fault: None,
        quota: Quota::new(config.engine.quota_bytes),
        compactor: Compactor::new(config.engine.retention, now, state.store.revision()),
        config: config.engine,
        node,
        writer,
        backend,
        state,
        board,
        metrics,
        ids: RequestIds::new(identity.member),
        pending: Pending::default(),
        reads: Reads::default(),
        clock: Clock::default(),
        watches: Watches::default(),
        watch_streams: BTreeMap::new(),
        has_more_to_tell: false,
        parked: Vec::new(),
        early: Vec::new(),
        applied,
        stored_term: 0,
        snapshot_index: applied,
        reports,
        incoming,
        store_bytes: 0,
        leaderless_ticks: 0,
        is_raising_alarm: false,
        is_published: false,
        on_published: Some(on_published),
    };
    engine.show_members();
    engine.show_identity();
    engine.tell_start();
    if has_log && engine.config.corruption.at_start {
        engine.check_at_start().inspect_err(|error| {
            tracing::error!(
                error = kit_telemetry::chain(error),
                "checkInitialHashKV failed"
            ); // upstream's text
        })?;
    }
    engine.cluster_version_changed();
    if let Some(compaction) = compaction {
        tracing::info!("resume scheduled compaction"); // upstream's text
        engine.compact(compaction, None);
    }
    Ok(Booted {
        engine,
        published,
        member_id: identity.member,
        cluster_id: identity.cluster,
    })
}

/// Measures commits of the store.
struct CommitTimes(Arc<Metrics>);

impl Observer for CommitTimes {
    fn committed(&self, took: Duration) {
        self.0
            .disk
            .backend_commit_duration_seconds
            .observe(took.as_secs_f64());
    }
}

/// Gives free room in the store's file back, if there is so much of it.
fn give_room_back(backend: &Backend, free_bytes_max: u64) -> Result<(), BootError> {
    let (size, in_use) = (backend.size(), backend.size_in_use());
    if size.saturating_sub(in_use) < free_bytes_max {
        tracing::info!(
            "current-db-size-bytes" = size,
            "current-db-size-in-use-bytes" = in_use,
            "bootstrap-defrag-threshold-bytes" = free_bytes_max,
            "Skipping defragmentation" // upstream's text
        );
        return Ok(());
    }
    tracing::info!("starting defragment"); // upstream's text
    backend.compact_space()?;
    tracing::info!("finished defragment"); // upstream's text
    Ok(())
}

fn make_folder(path: &Path) -> Result<(), BootError> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    made.map_err(|source| BootError::Folder {
        path: path.to_owned(),
        source,
    })
}

fn has_log(folder: &Path) -> bool {
    let mut entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| entry.path().extension().is_some_and(|it| it == "wal"))
}

/// Reads up to where the store has applied the log, and who took part then.
fn applied_of(view: &View) -> Result<Applied, BootError> {
    let index = view.get(Bucket::Meta, b"consistent_index")?;
    let index = index.and_then(|bytes| Some(u64::from_be_bytes(bytes.as_ref().try_into().ok()?)));
    let stored = view.get(Bucket::Meta, b"confState")?;
    let conf_state = stored.and_then(|json| conf_state(&json));
    Ok(Applied {
        index: index.unwrap_or_default(),
        conf_state,
    })
}

fn conf_state(json: &[u8]) -> Option<ConfState> {
    let value: serde_json::Value = serde_json::from_slice(json).ok()?;
    let list = |name: &str| -> Vec<u64> {
        let list = value.get(name).and_then(|list| list.as_array());
        list.into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_u64)
            .collect()
    };
    Some(ConfState {
        voters: list("voters"),
        learners: list("learners"),
        auto_leave: Some(
            value
                .get("auto_leave")
                .and_then(|it| it.as_bool())
                .unwrap_or_default(),
        ),
        ..ConfState::default()
    })
}
