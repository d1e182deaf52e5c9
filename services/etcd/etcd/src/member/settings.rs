//! From the settings to what each part of the member wants to know.

use std::{path::PathBuf, time::Duration};

use etcd_auth::AuthConfig;
use etcd_server::{
    CorruptionChecks, EngineConfig, FilesKept, FrontConfig, Keepalive, Retention, boot::BootConfig,
};
use kit_cli::value::{self, DurationError, GoDuration};

use super::MemberError;
use crate::{
    Config, auth_token,
    config::{CompactionConfig, CompactionMode},
    gates::Gate,
};

pub(super) fn boot(config: &Config) -> Result<BootConfig, MemberError> {
    let ttl = Duration::from_secs(config.auth.token_ttl_seconds);
    let backend = etcd_backend::Options::new("");
    Ok(BootConfig {
        data_folder: config.data_dir.clone(),
        wal_folder: Some(config.wal_dir.clone()).filter(|folder| *folder != PathBuf::new()),
        cluster_token: config.cluster.token.clone(),
        peer_urls: texts(&config.addresses.advertise_peer),
        learners_max: usize::try_from(config.cluster.max_learners).unwrap_or(0),
        backend: etcd_backend::Options {
            batch_interval: or(config.backend.batch_interval, backend.batch_interval),
            batch_limit: usize::try_from(config.backend.batch_limit)
                .ok()
                .filter(|limit| *limit > 0)
                .unwrap_or(backend.batch_limit),
            ..backend
        },
        wal: etcd_wal::Options {
            sync: !config.unsafe_no_fsync,
            ..etcd_wal::Options::default()
        },
        raft: etcd_raft::Config {
            election_ticks: usize::try_from(config.raft.election_ticks()).unwrap_or(usize::MAX),
            pre_vote: config.raft.pre_vote,
            catch_up_entries: config.raft.snapshot_catchup_entries,
            ..etcd_raft::Config::default()
        },
        auth: AuthConfig {
            tokens: auth_token::read(&config.auth.token, ttl)?,
            bcrypt_cost: u32::try_from(config.auth.bcrypt_cost).unwrap_or(u32::MAX),
        },
        forces_new_cluster: config.force_new_cluster,
        free_bytes_max: config.backend.defrag_threshold_mib.saturating_mul(1 << 20),
        has_lease_checkpoints: config.gates.is_open(Gate::LeaseCheckpoint),
        persists_lease_checkpoints: config.gates.is_open(Gate::LeaseCheckpointPersist),
        engine: engine(
            config,
            retention(&config.compaction).map_err(MemberError::Retention)?,
        ),
    })
}

/// Reads what is kept of the past: a number of revisions or of hours, or a time.
///
/// Source: etcd v3.7 server/embed/etcd.go `parseCompactionRetention`.
fn retention(compaction: &CompactionConfig) -> Result<Retention, DurationError> {
    let nanoseconds = match (compaction.retention.parse::<u32>(), compaction.mode) {
        (Ok(revisions), CompactionMode::Revision) => i64::from(revisions),
        (Ok(hours), CompactionMode::Periodic) => i64::from(hours).saturating_mul(HOUR_NANOSECONDS),
        (Err(_), _) => value::parse_go_duration(&compaction.retention)?.nanoseconds(),
    };
    Ok(match (nanoseconds, compaction.mode) {
        (..=0, _) => Retention::All,
        (nanoseconds, CompactionMode::Periodic) => {
            Retention::Period(GoDuration::from_nanoseconds(nanoseconds).to_std())
        }
        // Upstream counts a time's nanoseconds as revisions, too.
        (revisions, CompactionMode::Revision) => Retention::Revisions(revisions),
    })
}

fn engine(config: &Config, retention: Retention) -> EngineConfig {
    EngineConfig {
        name: config.name.clone(),
        client_urls: texts(&config.addresses.advertise_client),
        tick: Duration::from_millis(config.raft.heartbeat_ms),
        election_ticks: u32::try_from(config.raft.election_ticks()).unwrap_or(u32::MAX),
        request_bytes_max: bytes(config.limits.max_request_bytes),
        txn_ops_max: bytes(config.limits.max_txn_ops),
        quota_bytes: config.backend.quota_bytes,
        has_client_cert_auth: config.client_tls.client_cert_auth,
        // Zero means the default, as upstream has it.
        snapshot_count: match config.raft.snapshot_count {
            0 => 10_000,
            count => count,
        },
        compaction_batch: match usize::try_from(config.compaction.batch_limit) {
            Ok(0) | Err(_) => 1000,
            Ok(limit) => limit,
        },
        is_strict: config.cluster.strict_reconfig_check,
        compaction_rest: or(config.compaction.sleep_interval, Duration::from_millis(10)),
        retention,
        progress_pause: or(config.checks.watch_progress, Duration::from_secs(600)),
        warn_apply: config.checks.warn_apply.to_std(),
        prefers_revocations: config.gates.is_open(Gate::PriorityRequest),
        corruption: CorruptionChecks {
            at_start: config.gates.is_open(Gate::InitialCorruptCheck),
            pause: Some(config.checks.corrupt.to_std()).filter(|pause| !pause.is_zero()),
            compaction_pause: config
                .gates
                .is_open(Gate::CompactHashCheck)
                .then(|| config.checks.compact_hash.to_std()),
        },
        files_kept: FilesKept {
            wals: count(config.raft.max_wals),
            snapshots: count(config.raft.max_snapshots),
        },
    }
}

pub(super) fn front(config: &Config, argv: Vec<String>, request_timeout: Duration) -> FrontConfig {
    FrontConfig {
        request_bytes_max: bytes(config.limits.max_request_bytes),
        streams_max: config.limits.max_concurrent_streams,
        keepalive: Keepalive {
            client_pause_min: config.limits.keepalive_min_time.to_std(),
            interval: never(config.limits.keepalive_interval),
            timeout: never(config.limits.keepalive_timeout),
        },
        cors: config.http.cors.iter().cloned().collect(),
        host_whitelist: config.http.host_whitelist.iter().cloned().collect(),
        has_gateway: config.http.gateway,
        has_client_cert_auth: config.client_tls.client_cert_auth,
        request_timeout,
        warn_unary: config.checks.warn_unary.to_std(),
        shows_heads: config.http.shows_heads,
        command_line: argv,
    }
}

pub(super) fn texts(urls: &[value::Url]) -> Vec<String> {
    urls.iter().map(ToString::to_string).collect()
}

fn count(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn bytes(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A time, or what stands for none.
fn or(time: GoDuration, default: Duration) -> Duration {
    match time.to_std() {
        Duration::ZERO => default,
        time => time,
    }
}

/// A time after which something happens; zero means never.
fn never(time: GoDuration) -> Duration {
    or(time, Duration::MAX)
}

const HOUR_NANOSECONDS: i64 = 3_600_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mode: CompactionMode, written: &str, expected: Retention) {
        let compaction = CompactionConfig {
            mode,
            retention: written.to_owned(),
            batch_limit: 0,
            sleep_interval: GoDuration::default(),
        };
        assert_eq!(retention(&compaction).unwrap(), expected);
    }

    #[test]
    fn a_number_is_of_hours_or_revisions_and_nothing_keeps_all() {
        check(CompactionMode::Periodic, "0", Retention::All);
        check(CompactionMode::Revision, "0", Retention::All);
        check(
            CompactionMode::Periodic,
            "2",
            Retention::Period(Duration::from_secs(7200)),
        );
        check(
            CompactionMode::Periodic,
            "90m",
            Retention::Period(Duration::from_secs(5400)),
        );
        check(CompactionMode::Revision, "1000", Retention::Revisions(1000));
    }
}
