//! A whole member: front, engine, log and store.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use etcd_api::{
    etcdserverpb as pb,
    v3electionpb::{
        CampaignRequest, CampaignResponse, LeaderRequest, LeaderResponse, ProclaimRequest,
        ProclaimResponse, ResignRequest, ResignResponse,
    },
    v3lockpb::{LockRequest, LockResponse, UnlockRequest, UnlockResponse},
};
use etcd_auth::{AuthConfig, TokenConfig};
use etcd_server::{
    Board, CorruptionChecks, EngineConfig, EngineError, FilesKept, Front, Retention, Traffic,
    boot::{self, BootConfig, Booted},
    metrics::{Detail, Metrics},
};
use kit_http::{Shutdown, listen::Listener};
use pb::{
    compare::{CompareResult, CompareTarget, TargetUnion},
    request_op::Request,
    watch_request::RequestUnion,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::{
    client::{Client, body, framed, get, post, request, send},
    server::config,
};

mod folder;
mod hostile;
mod keys;
mod limits;
mod locks;
mod log;
mod past;
mod state;
mod streams;
mod users;

const PUT: &str = "/etcdserverpb.KV/Put";
const RANGE: &str = "/etcdserverpb.KV/Range";

struct Member {
    address: SocketAddr,
    stop: Shutdown,
    worked: JoinHandle<Result<(), EngineError>>,
}

fn boot_config(folder: &Path) -> BootConfig {
    BootConfig {
        data_folder: folder.to_owned(),
        wal_folder: None,
        cluster_token: "etcd-cluster".to_owned(),
        peer_urls: vec!["http://localhost:2380".to_owned()],
        learners_max: 1,
        backend: etcd_backend::Options {
            size_max: 1 << 30,
            ..etcd_backend::Options::new("")
        },
        wal: etcd_wal::Options::default(),
        raft: etcd_raft::Config::default(),
        auth: AuthConfig {
            tokens: TokenConfig::Simple {
                ttl: Duration::from_secs(300),
            },
            bcrypt_cost: 4,
        },
        has_lease_checkpoints: false,
        persists_lease_checkpoints: false,
        forces_new_cluster: false,
        free_bytes_max: 0,
        engine: EngineConfig {
            warn_apply: Duration::from_millis(100),
            prefers_revocations: false,
            corruption: CorruptionChecks::default(),
            files_kept: FilesKept {
                wals: 5,
                snapshots: 5,
            },
            name: "default".to_owned(),
            client_urls: vec!["http://localhost:2379".to_owned()],
            tick: Duration::from_millis(10),
            election_ticks: 10,
            request_bytes_max: 1_572_864,
            txn_ops_max: 128,
            quota_bytes: 0,
            has_client_cert_auth: false,
            snapshot_count: 10_000,
            compaction_batch: 1000,
            is_strict: true,
            retention: Retention::All,
            progress_pause: Duration::from_secs(600),
            compaction_rest: Duration::from_millis(10),
        },
    }
}

impl Member {
    async fn start(folder: &Path) -> Self {
        Self::start_with(boot_config(folder)).await
    }

    async fn start_with(boot: BootConfig) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test binds a port of its own")]
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let board = Arc::new(Board::default());
        let metrics = Metrics::new(Detail::Basic);
        let Booted {
            engine, published, ..
        } = boot::start(boot, board.clone(), metrics.clone()).unwrap();
        let (front, work) = Front::new(config(), board, metrics);
        let stop = Shutdown::new();
        let worked = tokio::spawn(engine.run(work, stop.clone()));
        published.await.unwrap();
        let token = stop.clone();
        tokio::spawn(async move {
            let listeners = vec![Listener::from(listener)];
            front.serve(listeners, None, Traffic::All, token).await
        });
        Self {
            address,
            stop,
            worked,
        }
    }

    async fn stop(self) {
        self.stop.trigger();
        self.worked.await.unwrap().unwrap();
    }
}

fn put(key: &str, value: &str) -> pb::PutRequest {
    pb::PutRequest {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: Bytes::copy_from_slice(value.as_bytes()),
        ..pb::PutRequest::default()
    }
}

fn range(key: &str) -> pb::RangeRequest {
    pb::RangeRequest {
        key: Bytes::copy_from_slice(key.as_bytes()),
        ..pb::RangeRequest::default()
    }
}

fn operation(request: Request) -> pb::RequestOp {
    pb::RequestOp {
        request: Some(request),
    }
}

fn messages<M: prost::Message + Default>(mut data: Bytes) -> Vec<M> {
    let mut all = Vec::new();
    while !data.is_empty() {
        let length = u32::from_be_bytes(data[1..5].try_into().unwrap()) as usize;
        all.push(M::decode(data.split_to(5 + length).slice(5..)).unwrap());
    }
    all
}
