//! What the settings mean: one plain value, checked, nothing opened yet.
//!
//! Source: etcd v3.7 server/embed/config.go `Config`.

use std::path::PathBuf;

use crypto::tls::Version;
use kit_cli::value::{GoDuration, Url};

use crate::{
    gates::{self, Gates},
    log::LogSettings,
    setting::Values,
};

mod check;
mod refuse;
#[cfg(test)]
mod tests;

pub use self::{check::ConfigError, refuse::NotYet};

/// Everything an operator chose. A time may be negative where upstream lets it be.
#[derive(Clone, Debug)]
pub struct Config {
    /// The name of this member.
    pub name: String,
    /// The data folder; empty means `<name>.etcd`.
    pub data_dir: PathBuf,
    /// The folder of the write-ahead log; empty means one in the data folder.
    pub wal_dir: PathBuf,
    /// How members find each other.
    pub cluster: ClusterConfig,
    /// Where this member listens and is reached.
    pub addresses: Addresses,
    /// TLS towards clients.
    pub client_tls: TlsConfig,
    /// TLS towards peers.
    pub peer_tls: TlsConfig,
    /// What both have in common.
    pub tls: TlsRules,
    /// Raft and its log.
    pub raft: RaftConfig,
    /// The store.
    pub backend: BackendConfig,
    /// Bounds of requests and connections.
    pub limits: Limits,
    /// Compactions nobody asks for.
    pub compaction: CompactionConfig,
    /// Users.
    pub auth: AuthSettings,
    /// What is looked at now and then.
    pub checks: Checks,
    /// What can be asked over HTTP.
    pub http: HttpConfig,
    /// Traces.
    pub tracing: TracingConfig,
    /// Logs.
    pub log: LogSettings,
    /// Gates.
    pub gates: Gates,
    /// Begin a cluster of this member alone from what is there.
    pub force_new_cluster: bool,
    /// Never wait for the disk. Data is lost.
    pub unsafe_no_fsync: bool,
}

/// How members find each other.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// `name=url,…` of the first members; empty when they are discovered.
    pub initial_cluster: String,
    /// `new` or `existing`.
    pub state: String,
    /// What distinguishes clusters of equal members.
    pub token: String,
    /// Names of services to ask for; empty for none.
    pub discovery_srv: String,
    /// What distinguishes such names.
    pub discovery_srv_name: String,
    /// The token of a discovery service.
    pub discovery_token: String,
    /// Where that service is.
    pub discovery_endpoints: Vec<String>,
    /// `exit` or `proxy`.
    pub discovery_fallback: String,
    /// Refuse changes of members that endanger the quorum.
    pub strict_reconfig_check: bool,
    /// Most learners at a time.
    pub max_learners: i64,
}

/// Where this member listens and is reached. All URLs are of addresses.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// For peers.
    pub listen_peer: Vec<Url>,
    /// For clients.
    pub listen_client: Vec<Url>,
    /// For clients that speak HTTP only; with one, `listen_client` speaks gRPC only.
    pub listen_client_http: Vec<Url>,
    /// For metrics and health only.
    pub listen_metrics: Vec<Url>,
    /// Where peers are told to find it.
    pub advertise_peer: Vec<Url>,
    /// Where clients are told to find it.
    pub advertise_client: Vec<Url>,
    /// `SO_REUSEPORT`.
    pub reuse_port: bool,
    /// `SO_REUSEADDR`.
    pub reuse_address: bool,
}

/// Certificates of one side.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TlsConfig {
    /// Certificate of the server.
    pub cert_file: PathBuf,
    /// Its key.
    pub key_file: PathBuf,
    /// Certificate for calls; the server's when empty.
    pub client_cert_file: PathBuf,
    /// Its key.
    pub client_key_file: PathBuf,
    /// Whoever calls must show a certificate.
    pub client_cert_auth: bool,
    /// Authorities that are believed.
    pub trusted_ca_file: PathBuf,
    /// Revoked certificates.
    pub crl_file: PathBuf,
    /// Make a certificate.
    pub auto: bool,
    /// Names one of which the certificate must have as its common name.
    pub allowed_cn: Vec<String>,
    /// Names one of which the certificate must be good for.
    pub allowed_hostname: Vec<String>,
    /// Do not compare names with addresses.
    pub skip_client_san_verification: bool,
}

impl TlsConfig {
    /// Returns whether no certificate is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cert_file.as_os_str().is_empty() && self.key_file.as_os_str().is_empty()
    }
}

/// What TLS towards clients and peers has in common.
#[derive(Clone, Debug)]
pub struct TlsRules {
    /// Lowest version; none leaves it to the library.
    pub version_min: Option<Version>,
    /// Highest version.
    pub version_max: Option<Version>,
    /// Suites of TLS 1.2, by Go's names; empty leaves them to the library.
    pub cipher_suites: Vec<String>,
    /// How long certificates of our own making are valid, in years.
    pub self_signed_years: u64,
}

/// Raft and its log.
#[derive(Clone, Copy, Debug)]
pub struct RaftConfig {
    /// Time between two heartbeats, in milliseconds.
    pub heartbeat_ms: u64,
    /// Time without one after which a member wants to lead, in milliseconds.
    pub election_ms: u64,
    /// Count most of the first election's time as over.
    pub election_tick_advance: bool,
    /// Ask before wanting to lead.
    pub pre_vote: bool,
    /// Entries after which a snapshot is taken.
    pub snapshot_count: u64,
    /// Entries that are kept for slow followers.
    pub snapshot_catchup_entries: u64,
    /// Snapshot files that are kept; 0 for all.
    pub max_snapshots: u64,
    /// Segments of the log that are kept; 0 for all.
    pub max_wals: u64,
    /// Time a peer may take to send.
    pub read_timeout: GoDuration,
    /// Time a peer may take to receive.
    pub write_timeout: GoDuration,
}

impl RaftConfig {
    /// Returns the ticks of an election.
    #[must_use]
    pub fn election_ticks(&self) -> u64 {
        self.election_ms / self.heartbeat_ms
    }
}

/// The store.
#[derive(Clone, Copy, Debug)]
pub struct BackendConfig {
    /// Time between two commits; zero means upstream's 100 ms.
    pub batch_interval: GoDuration,
    /// Operations between two commits; zero means upstream's 10,000.
    pub batch_limit: i64,
    /// Largest size, in bytes: zero means 2 GiB, less none.
    pub quota_bytes: i64,
    /// Keep its memory from being swapped out.
    pub mlock: bool,
    /// Compact the file at the start when so many MiB become free; zero never does.
    pub defrag_threshold_mib: u64,
}

/// Bounds of requests and connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Operations in a transaction.
    pub max_txn_ops: u64,
    /// Bytes of a request.
    pub max_request_bytes: u64,
    /// Streams of a connection.
    pub max_concurrent_streams: u32,
    /// Shortest time between two pings of a client.
    pub keepalive_min_time: GoDuration,
    /// Time without anything after which a client is pinged; zero never does.
    pub keepalive_interval: GoDuration,
    /// Time a client may take to answer a ping; zero means as long as it likes.
    pub keepalive_timeout: GoDuration,
}

/// Compactions.
#[derive(Clone, Debug)]
pub struct CompactionConfig {
    /// By what history is measured.
    pub mode: CompactionMode,
    /// How much of it is kept, as written.
    pub retention: String,
    /// Revisions removed at a time; zero means upstream's 1000.
    pub batch_limit: i64,
    /// Pause between two batches; zero means upstream's 10 ms.
    pub sleep_interval: GoDuration,
}

/// By what history is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CompactionMode {
    /// By time.
    Periodic,
    /// By revisions.
    Revision,
}

/// Users.
#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// Tokens, as written; [`crate::auth_token`] reads it.
    pub token: String,
    /// How long a simple token counts, in seconds; zero means upstream's 300.
    pub token_ttl_seconds: u64,
    /// The strength of password hashes.
    pub bcrypt_cost: u64,
}

/// What is looked at now and then.
#[derive(Clone, Copy, Debug)]
pub struct Checks {
    /// Time between two comparisons with the other members; zero never compares.
    pub corrupt: GoDuration,
    /// Time between two comparisons of compactions.
    pub compact_hash: GoDuration,
    /// Time between two looks at a downgrade.
    pub downgrade: GoDuration,
    /// Time between two messages to quiet watchers; zero means upstream's 10 minutes.
    pub watch_progress: GoDuration,
    /// Applying a request longer than this is told.
    pub warn_apply: GoDuration,
    /// Answering a request longer than this is told.
    pub warn_unary: GoDuration,
}

/// What can be asked over HTTP.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// The JSON gateway.
    pub gateway: bool,
    /// Profiles.
    pub pprof: bool,
    /// Histograms of every gRPC method, too.
    pub extensive_metrics: bool,
    /// Origins that may ask; `*` for all.
    pub cors: Vec<String>,
    /// Hosts it may be called by; `*` for all.
    pub host_whitelist: Vec<String>,
    /// Whether what requests begin with goes to standard error (`GODEBUG` with `http2debug=2`).
    pub shows_heads: bool,
}

/// Traces.
#[derive(Clone, Debug)]
pub struct TracingConfig {
    /// Whether there are any.
    pub enabled: bool,
    /// Who collects them.
    pub address: String,
    /// The name of the service in them.
    pub service_name: String,
    /// The name of this member in them.
    pub instance_id: String,
    /// How many of a million.
    pub sampling_rate: i64,
}

impl Config {
    /// Takes the meaning of settings whose log has been checked.
    ///
    /// # Errors
    /// [`ConfigError`] for settings that make no sense, alone or together, in upstream's order.
    pub fn of(values: &Values, log: LogSettings) -> Result<Self, ConfigError> {
        let path = |name| PathBuf::from(values.text(name));
        let gates = gates::parse(values.text("feature-gates")).map_err(ConfigError::Gates)?;
        let unchecked = Self {
            name: values.text("name").to_owned(),
            data_dir: path("data-dir"),
            wal_dir: path("wal-dir"),
            cluster: cluster(values),
            addresses: addresses(values),
            client_tls: client_tls(values),
            peer_tls: peer_tls(values),
            tls: TlsRules {
                version_min: None,
                version_max: None,
                cipher_suites: values.texts("cipher-suites"),
                self_signed_years: values.int("self-signed-cert-validity"),
            },
            raft: raft(values),
            backend: backend(values),
            limits: limits(values),
            compaction: CompactionConfig {
                mode: CompactionMode::Periodic,
                retention: values.text("auto-compaction-retention").to_owned(),
                batch_limit: values.int("compaction-batch-limit"),
                sleep_interval: values.duration("compaction-sleep-interval"),
            },
            auth: AuthSettings {
                token: values.text("auth-token").to_owned(),
                token_ttl_seconds: values.int("auth-token-ttl"),
                bcrypt_cost: values.int("bcrypt-cost"),
            },
            checks: checks(values),
            http: HttpConfig {
                gateway: values.bool("enable-grpc-gateway"),
                pprof: values.bool("enable-pprof"),
                extensive_metrics: values.text("metrics") == "extensive",
                cors: values.texts("cors"),
                host_whitelist: values.texts("host-whitelist"),
                shows_heads: false,
            },
            tracing: TracingConfig {
                enabled: values.bool("enable-distributed-tracing"),
                address: values.text("distributed-tracing-address").to_owned(),
                service_name: values.text("distributed-tracing-service-name").to_owned(),
                instance_id: values.text("distributed-tracing-instance-id").to_owned(),
                sampling_rate: values.int("distributed-tracing-sampling-rate"),
            },
            log,
            gates,
            force_new_cluster: values.bool("force-new-cluster"),
            unsafe_no_fsync: values.bool("unsafe-no-fsync"),
        };
        unchecked.checked(values)
    }
}

fn cluster(values: &Values) -> ClusterConfig {
    let text = |name| values.text(name).to_owned();
    ClusterConfig {
        initial_cluster: text("initial-cluster"),
        state: text("initial-cluster-state"),
        token: text("initial-cluster-token"),
        discovery_srv: text("discovery-srv"),
        discovery_srv_name: text("discovery-srv-name"),
        discovery_token: text("discovery-token"),
        discovery_endpoints: values.texts("discovery-endpoints"),
        discovery_fallback: text("discovery-fallback"),
        strict_reconfig_check: values.bool("strict-reconfig-check"),
        max_learners: values.int("max-learners"),
    }
}

fn addresses(values: &Values) -> Addresses {
    Addresses {
        listen_peer: values.urls("listen-peer-urls"),
        listen_client: values.urls("listen-client-urls"),
        listen_client_http: values.urls("listen-client-http-urls"),
        listen_metrics: values.urls("listen-metrics-urls"),
        advertise_peer: values.urls("initial-advertise-peer-urls"),
        advertise_client: values.urls("advertise-client-urls"),
        reuse_port: values.bool("socket-reuse-port"),
        reuse_address: values.bool("socket-reuse-address"),
    }
}

fn client_tls(values: &Values) -> TlsConfig {
    let path = |name| PathBuf::from(values.text(name));
    TlsConfig {
        cert_file: path("cert-file"),
        key_file: path("key-file"),
        client_cert_file: path("client-cert-file"),
        client_key_file: path("client-key-file"),
        client_cert_auth: values.bool("client-cert-auth"),
        trusted_ca_file: path("trusted-ca-file"),
        crl_file: path("client-crl-file"),
        auto: values.bool("auto-tls"),
        allowed_cn: values.texts("client-cert-allowed-cn"),
        allowed_hostname: values.texts("client-cert-allowed-hostname"),
        skip_client_san_verification: false,
    }
}

fn peer_tls(values: &Values) -> TlsConfig {
    let path = |name| PathBuf::from(values.text(name));
    TlsConfig {
        cert_file: path("peer-cert-file"),
        key_file: path("peer-key-file"),
        client_cert_file: path("peer-client-cert-file"),
        client_key_file: path("peer-client-key-file"),
        client_cert_auth: values.bool("peer-client-cert-auth"),
        trusted_ca_file: path("peer-trusted-ca-file"),
        crl_file: path("peer-crl-file"),
        auto: values.bool("peer-auto-tls"),
        allowed_cn: values.texts("peer-cert-allowed-cn"),
        allowed_hostname: values.texts("peer-cert-allowed-hostname"),
        skip_client_san_verification: values.bool("peer-skip-client-san-verification"),
    }
}

fn raft(values: &Values) -> RaftConfig {
    RaftConfig {
        heartbeat_ms: values.int("heartbeat-interval"),
        election_ms: values.int("election-timeout"),
        election_tick_advance: values.bool("initial-election-tick-advance"),
        pre_vote: values.bool("pre-vote"),
        snapshot_count: values.int("snapshot-count"),
        snapshot_catchup_entries: values.int("snapshot-catchup-entries"),
        max_snapshots: values.int("max-snapshots"),
        max_wals: values.int("max-wals"),
        read_timeout: values.duration("raft-read-timeout"),
        write_timeout: values.duration("raft-write-timeout"),
    }
}

fn backend(values: &Values) -> BackendConfig {
    BackendConfig {
        batch_interval: values.duration("backend-batch-interval"),
        batch_limit: values.int("backend-batch-limit"),
        quota_bytes: values.int("quota-backend-bytes"),
        mlock: values.bool("memory-mlock"),
        defrag_threshold_mib: values.int("bootstrap-defrag-threshold-megabytes"),
    }
}

fn limits(values: &Values) -> Limits {
    Limits {
        max_txn_ops: values.int("max-txn-ops"),
        max_request_bytes: values.int("max-request-bytes"),
        max_concurrent_streams: values.int("max-concurrent-streams"),
        keepalive_min_time: values.duration("grpc-keepalive-min-time"),
        keepalive_interval: values.duration("grpc-keepalive-interval"),
        keepalive_timeout: values.duration("grpc-keepalive-timeout"),
    }
}

fn checks(values: &Values) -> Checks {
    Checks {
        corrupt: values.duration("corrupt-check-time"),
        compact_hash: values.duration("compact-hash-check-time"),
        downgrade: values.duration("downgrade-check-time"),
        watch_progress: values.duration("watch-progress-notify-interval"),
        warn_apply: values.duration("warning-apply-duration"),
        warn_unary: values.duration("warning-unary-request-duration"),
    }
}
