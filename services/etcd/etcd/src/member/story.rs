//! What a member tells of itself when it begins and when it ends, in upstream's words.
//!
//! Source: etcd v3.7 server/embed/etcd.go `print`, `StartEtcd`, `Close`; client/pkg/osutil `HandleInterrupts`.

use kit_cli::value::GoDuration;
use kit_telemetry::{BuildInfo, json as raw};
use serde_json::{Value, json};
use tracing::info;

use super::settings::texts;
use crate::{Config, config::CompactionMode, data_dir, flags::UPSTREAM_VERSION, gates::Gate};

/// Tells of every setting, before anything on disk is opened.
pub(super) fn tell_start(config: &Config) {
    let mut fields = of_program(config);
    fields.extend(of_raft(config));
    fields.extend(of_addresses(config));
    fields.extend(of_checks(config));
    info!(zap_fields = ?raw(&fields), "starting an etcd server"); // upstream's text
}

type Fields = Vec<(&'static str, Value)>;

fn of_program(config: &Config) -> Fields {
    let build = BuildInfo::replacing(UPSTREAM_VERSION);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // What cannot be listed is no member yet; opening it says why.
    let is_initialized = data_dir::has_log(&config.data_dir, &config.wal_dir).unwrap_or_default();
    let wal_dir = config.wal_dir.display().to_string();
    vec![
        ("etcd-version", json!(UPSTREAM_VERSION)),
        ("git-sha", json!(build.revision)),
        ("go-version", json!(build.toolchain)),
        ("go-os", json!(build.goos())),
        ("go-arch", json!(build.goarch())),
        ("max-cpu-set", json!(cores)),
        ("max-cpu-available", json!(cores)),
        ("member-initialized", json!(is_initialized)),
        ("name", json!(config.name)),
        ("data-dir", json!(config.data_dir.display().to_string())),
        ("wal-dir", json!(wal_dir)),
        ("wal-dir-dedicated", json!(wal_dir)),
        (
            "member-dir",
            json!(config.data_dir.join("member").display().to_string()),
        ),
        ("force-new-cluster", json!(config.force_new_cluster)),
    ]
}

fn of_raft(config: &Config) -> Fields {
    let raft = &config.raft;
    vec![
        ("heartbeat-interval", milliseconds(raft.heartbeat_ms)),
        (
            "election-timeout",
            milliseconds(raft.election_ticks() * raft.heartbeat_ms),
        ),
        (
            "initial-election-tick-advance",
            json!(raft.election_tick_advance),
        ),
        ("snapshot-count", json!(raft.snapshot_count)),
        ("max-wals", json!(raft.max_wals)),
        ("max-snapshots", json!(raft.max_snapshots)),
        (
            "snapshot-catchup-entries",
            json!(raft.snapshot_catchup_entries),
        ),
    ]
}

fn of_addresses(config: &Config) -> Fields {
    let addresses = &config.addresses;
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort_unstable();
        json!(list)
    };
    let quota = match config.backend.quota_bytes {
        0 => QUOTA_DEFAULT,
        bytes => bytes,
    };
    vec![
        (
            "initial-advertise-peer-urls",
            json!(texts(&addresses.advertise_peer)),
        ),
        ("listen-peer-urls", json!(texts(&addresses.listen_peer))),
        (
            "advertise-client-urls",
            json!(texts(&addresses.advertise_client)),
        ),
        ("listen-client-urls", json!(texts(&addresses.listen_client))),
        (
            "listen-metrics-urls",
            json!(texts(&addresses.listen_metrics)),
        ),
        ("local-address", json!("")),
        ("cors", sorted(&config.http.cors)),
        ("host-whitelist", sorted(&config.http.host_whitelist)),
        ("initial-cluster", json!(config.cluster.initial_cluster)),
        ("initial-cluster-state", json!(config.cluster.state)),
        ("initial-cluster-token", json!(config.cluster.token)),
        ("quota-backend-bytes", json!(quota)),
        ("max-request-bytes", json!(config.limits.max_request_bytes)),
        (
            "max-concurrent-streams",
            json!(config.limits.max_concurrent_streams),
        ),
    ]
}

fn of_checks(config: &Config) -> Fields {
    let mode = match config.compaction.mode {
        CompactionMode::Periodic => "periodic",
        CompactionMode::Revision => "revision",
    };
    vec![
        ("pre-vote", json!(config.raft.pre_vote)),
        ("feature-gates", json!(config.gates.to_string())),
        (
            "initial-corrupt-check",
            json!(config.gates.is_open(Gate::InitialCorruptCheck)),
        ),
        (
            "corrupt-check-time-interval",
            json!(config.checks.corrupt.to_string()),
        ),
        (
            "compact-check-time-interval",
            json!(config.checks.compact_hash.to_string()),
        ),
        ("auto-compaction-mode", json!(mode)),
        (
            "auto-compaction-retention",
            json!(config.compaction.retention),
        ),
        (
            "downgrade-check-interval",
            json!(config.checks.downgrade.to_string()),
        ),
        ("max-learners", json!(config.cluster.max_learners)),
        ("v2-deprecation", json!("write-only")),
    ]
}

fn milliseconds(count: u64) -> Value {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    json!(GoDuration::from_nanoseconds(count.saturating_mul(1_000_000)).to_string())
}

/// Tells where the member is reached.
pub(super) fn tell_serving(config: &Config, member_id: u64) {
    let addresses = &config.addresses;
    info!(
        "local-member-id" = format!("{member_id:x}"),
        "initial-advertise-peer-urls" = ?raw(&texts(&addresses.advertise_peer)),
        "listen-peer-urls" = ?raw(&texts(&addresses.listen_peer)),
        "advertise-client-urls" = ?raw(&texts(&addresses.advertise_client)),
        "listen-client-urls" = ?raw(&texts(&addresses.listen_client)),
        "listen-metrics-urls" = ?raw(&texts(&addresses.listen_metrics)),
        "now serving peer/client/metrics" // upstream's text
    );
}

/// What is told when a member ends.
#[derive(Debug)]
pub(super) struct Farewell {
    name: String,
    data_dir: String,
    peer_urls: Vec<String>,
    client_urls: Vec<String>,
    listen_peer: Vec<String>,
}

impl Farewell {
    pub(super) fn of(config: &Config) -> Self {
        let addresses = &config.addresses;
        let hosts = addresses
            .listen_peer
            .iter()
            .map(|url| String::from_utf8_lossy(url.host()).into_owned());
        Self {
            name: config.name.clone(),
            data_dir: config.data_dir.display().to_string(),
            peer_urls: texts(&addresses.advertise_peer),
            client_urls: texts(&addresses.advertise_client),
            listen_peer: hosts.collect(),
        }
    }

    /// Tells that the end begins, and why.
    pub(super) fn begin(&self, signal: Option<i32>) {
        if let Some(number) = signal {
            let signal = match number {
                SIGINT => "interrupt",
                _ => "terminated",
            };
            info!(signal, "received signal; shutting down"); // upstream's text
        }
        self.tell("closing etcd server"); // upstream's text
    }

    /// Tells that peers are not served any longer.
    pub(super) fn stop_peers(&self) {
        for address in &self.listen_peer {
            info!(address, "stopping serving peer traffic"); // upstream's text
        }
    }

    /// Tells that all has ended.
    pub(super) fn end(&self) {
        self.tell("closed etcd server"); // upstream's text
    }

    fn tell(&self, text: &str) {
        info!(
            name = self.name,
            "data-dir" = self.data_dir,
            "advertise-peer-urls" = ?raw(&self.peer_urls),
            "advertise-client-urls" = ?raw(&self.client_urls),
            "{text}"
        );
    }
}

const SIGINT: i32 = 2;

/// Source: etcd v3.7 server/storage/quota.go `DefaultQuotaBytes`.
const QUOTA_DEFAULT: i64 = 2 << 30;
