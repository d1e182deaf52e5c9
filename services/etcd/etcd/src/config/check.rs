//! Whether settings go together, in the order in which upstream looks at them.
//!
//! Source: etcd v3.7 server/embed/config.go `Validate`; etcdmain/config.go `validate`.

use std::net::IpAddr;

use crypto::tls::Version;
use kit_cli::value::{GoDuration, Url, quote, split_host_port};
use tracing::warn;

use super::{CompactionMode, Config};
use crate::{
    gates::{Gate, GatesError},
    setting::Values,
};

/// Why settings make no sense. The texts are upstream's.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// A proxy of version 2 is asked for.
    #[error("v2 proxy is deprecated, and --discovery-fallback can't be configured as \"proxy\"")]
    Proxy,
    /// No feature gates.
    #[error(transparent)]
    Gates(GatesError),
    /// Sockets are bound to addresses.
    #[error("expected IP in URL for binding ({0})")]
    NoAddress(String),
    /// Peers cannot find this member.
    #[error("--initial-advertise-peer-urls {} must be \"host:port\" (unexpected empty host ({url}))", quote(.all))]
    PeerHost {
        /// All URLs.
        all: String,
        /// The one without a host.
        url: String,
    },
    /// Clients cannot find this member.
    #[error("--advertise-client-urls {} must be in the format \"host:port\", \"unix:/path/to/socket\" or \"unixs:/path/to/socket\" (unexpected empty host ({url}))", quote(.all))]
    ClientHost {
        /// All URLs.
        all: String,
        /// The one without a host.
        url: String,
    },
    /// Not `new`, not `existing`.
    #[error("unexpected clusterState {}", quote(.0))]
    ClusterState(String),
    /// Members are given and discovered.
    #[error(
        "multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\", \"discovery-endpoints\" or \"discovery-srv\""
    )]
    ManyBootstraps,
    /// One without the other.
    #[error("both --discovery-token and --discovery-endpoints must be set")]
    HalfDiscovery,
    /// Nothing between two commas.
    #[error("--discovery-endpoints must not contain empty endpoints")]
    EmptyEndpoint,
    /// No heartbeat.
    #[error("--heartbeat-interval must be >0 (set to 0ms)")]
    NoHeartbeat,
    /// No election.
    #[error("--election-timeout must be >0 (set to 0ms)")]
    NoElection,
    /// Elections before heartbeats can come.
    #[error(
        "--election-timeout[{election}ms] should be at least as 5 times as --heartbeat-interval[{heartbeat}ms]"
    )]
    ShortElection {
        /// The election's time.
        election: u64,
        /// The heartbeat's.
        heartbeat: u64,
    },
    /// Elections that take for ever.
    #[error(
        "--election-timeout[{0}ms] is too long, and should be set less than {ELECTION_MS_MAX}ms"
    )]
    LongElection(u64),
    /// Clients would be told an address nobody listens on.
    #[error("--advertise-client-urls is required when --listen-client-urls is set explicitly")]
    NoAdvertised,
    /// No mode.
    #[error("undefined auto-compaction-mode")]
    NoCompactionMode,
    /// Another mode.
    #[error("unknown auto-compaction-mode {}", quote(.0))]
    CompactionMode(String),
    /// More than all traces, or fewer than none.
    #[error("distributed tracing configurition is not valid: ({0})")]
    SamplingRate(&'static str),
    /// A gate that needs another one.
    #[error(
        "enabling feature gate LeaseCheckpointPersist requires enabling feature gate LeaseCheckpoint"
    )]
    PersistWithoutCheckpoint,
    /// Checks without a pause.
    #[error("--compact-hash-check-time must be >0 (set to {0})")]
    CompactHash(GoDuration),
    /// Another version of TLS.
    #[error("unexpected TLS version {} (must be one of: TLS1.2, TLS1.3)", quote(.0))]
    TlsVersion(String),
    /// No version in between.
    #[error("min version ({min}) is greater than max version ({max})")]
    TlsVersions {
        /// The lowest.
        min: String,
        /// The highest.
        max: String,
    },
    /// TLS 1.3 has its own.
    #[error("cipher suites cannot be configured when only TLS1.3 is enabled")]
    CipherSuites,
}

impl Config {
    /// Checks everything, and reads what is a word of a few.
    pub(super) fn checked(mut self, values: &Values) -> Result<Self, ConfigError> {
        if self.cluster.discovery_fallback == "proxy" {
            return Err(ConfigError::Proxy);
        }
        self.check_addresses()?;
        self.check_bootstrap()?;
        self.check_election()?;
        if !self.addresses.listen_client.is_empty() && self.addresses.advertise_client.is_empty() {
            return Err(ConfigError::NoAdvertised);
        }
        self.compaction.mode = match values.text("auto-compaction-mode") {
            "periodic" => CompactionMode::Periodic,
            "revision" => CompactionMode::Revision,
            "" => return Err(ConfigError::NoCompactionMode),
            other => return Err(ConfigError::CompactionMode(other.to_owned())),
        };
        self.check_tracing()?;
        self.check_gates()?;
        if self.checks.compact_hash <= GoDuration::default() {
            return Err(ConfigError::CompactHash(self.checks.compact_hash));
        }
        if self.name == "default" {
            warn!(
                name = self.name,
                "it isn't recommended to use default name, please set a value for --name. \
                 Note that etcd might run into issue when multiple members have the same default name" // upstream's text
            );
        }
        self.check_tls(values)?;
        Ok(self)
    }

    fn check_addresses(&self) -> Result<(), ConfigError> {
        let addresses = &self.addresses;
        check_bound(&addresses.listen_peer)?;
        check_bound(&addresses.listen_client)?;
        check_bound(&addresses.listen_client_http)?;
        if addresses.listen_client_http.is_empty() {
            warn!(
                "Running http and grpc server on single port. This is not recommended for production."
            ); // upstream's text
        }
        check_bound(&addresses.listen_metrics)?;
        if let Some(url) = without_host(&addresses.advertise_peer) {
            let all = joined(&addresses.advertise_peer);
            return Err(ConfigError::PeerHost { all, url });
        }
        if let Some(url) = without_host(&addresses.advertise_client) {
            let all = joined(&addresses.advertise_client);
            return Err(ConfigError::ClientHost { all, url });
        }
        Ok(())
    }

    fn check_bootstrap(&self) -> Result<(), ConfigError> {
        let cluster = &self.cluster;
        if !matches!(&*cluster.state, "new" | "existing") {
            return Err(ConfigError::ClusterState(cluster.state.clone()));
        }
        let has_endpoints = !cluster.discovery_endpoints.is_empty();
        let ways = [
            !cluster.initial_cluster.is_empty(),
            !cluster.discovery_srv.is_empty(),
            has_endpoints,
        ];
        if ways.into_iter().filter(|is_set| *is_set).count() > 1 {
            return Err(ConfigError::ManyBootstraps);
        }
        if cluster.discovery_token.is_empty() == has_endpoints {
            return Err(ConfigError::HalfDiscovery);
        }
        if cluster
            .discovery_endpoints
            .iter()
            .any(|endpoint| endpoint.trim().is_empty())
        {
            return Err(ConfigError::EmptyEndpoint);
        }
        Ok(())
    }

    fn check_election(&self) -> Result<(), ConfigError> {
        let (heartbeat, election) = (self.raft.heartbeat_ms, self.raft.election_ms);
        if heartbeat == 0 {
            return Err(ConfigError::NoHeartbeat);
        }
        if election == 0 {
            return Err(ConfigError::NoElection);
        }
        // Go's numbers wrap here; a heartbeat of that length is refused all the same.
        if heartbeat.saturating_mul(5) > election {
            return Err(ConfigError::ShortElection {
                election,
                heartbeat,
            });
        }
        if election > ELECTION_MS_MAX {
            return Err(ConfigError::LongElection(election));
        }
        Ok(())
    }

    fn check_tracing(&self) -> Result<(), ConfigError> {
        match self.tracing.sampling_rate {
            _ if !self.tracing.enabled => Ok(()),
            ..0 => Err(ConfigError::SamplingRate(
                "tracing sampling rate must be positive",
            )),
            0..=1_000_000 => Ok(()),
            _ => Err(ConfigError::SamplingRate(
                "tracing sampling rate must be less than 1000000",
            )),
        }
    }

    fn check_gates(&self) -> Result<(), ConfigError> {
        let persist = self.gates.is_open(Gate::LeaseCheckpointPersist);
        match (self.gates.is_open(Gate::LeaseCheckpoint), persist) {
            (false, true) => Err(ConfigError::PersistWithoutCheckpoint),
            (true, false) => {
                warn!(
                    "Detected that checkpointing is enabled without persistence. Consider enabling feature gate LeaseCheckpointPersist"
                ); // upstream's text
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn check_tls(&mut self, values: &Values) -> Result<(), ConfigError> {
        let (min, max) = (
            values.text("tls-min-version"),
            values.text("tls-max-version"),
        );
        self.tls.version_min = tls_version(min)?;
        self.tls.version_max = tls_version(max)?;
        if self.tls.version_max.is_some() && self.tls.version_min > self.tls.version_max {
            return Err(ConfigError::TlsVersions {
                min: min.to_owned(),
                max: max.to_owned(),
            });
        }
        if self.tls.version_min == Some(Version::Tls13) && !self.tls.cipher_suites.is_empty() {
            return Err(ConfigError::CipherSuites);
        }
        Ok(())
    }
}

fn tls_version(name: &str) -> Result<Option<Version>, ConfigError> {
    match name {
        "" => Ok(None),
        "TLS1.2" => Ok(Some(Version::Tls12)),
        "TLS1.3" => Ok(Some(Version::Tls13)),
        other => Err(ConfigError::TlsVersion(other.to_owned())),
    }
}

/// Checks that every URL is one a socket can be bound to.
fn check_bound(urls: &[Url]) -> Result<(), ConfigError> {
    let is_address = |url: &Url| {
        let host = split_host_port(url.host())
            .map(|(host, _)| host)
            .unwrap_or_default();
        let host = std::str::from_utf8(host).unwrap_or_default();
        host == "localhost" || host.parse::<IpAddr>().is_ok()
    };
    let of_network = urls.iter().filter(|url| !url.scheme().starts_with("unix"));
    let wrong = of_network.into_iter().find(|url| !is_address(url));
    wrong.map_or(Ok(()), |url| Err(ConfigError::NoAddress(url.to_string())))
}

fn without_host(urls: &[Url]) -> Option<String> {
    let mut of_network = urls.iter().filter(|url| !url.scheme().starts_with("unix"));
    let wrong =
        of_network.find(|url| split_host_port(url.host()).is_none_or(|(host, _)| host.is_empty()));
    wrong.map(ToString::to_string)
}

fn joined(urls: &[Url]) -> String {
    let urls: Vec<_> = urls.iter().map(ToString::to_string).collect();
    urls.join(",")
}

/// Longest time of an election, in milliseconds.
const ELECTION_MS_MAX: u64 = 50_000;
