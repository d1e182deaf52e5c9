//! The rows.

use super::{GoInt, Kind, Setting};

const fn setting(name: &'static str, kind: Kind, default: &'static str) -> Setting {
    Setting {
        name,
        kind,
        default,
        in_file: Some(name),
        has_flag: true,
    }
}

impl Setting {
    const fn at(mut self, place: &'static str) -> Self {
        self.in_file = Some(place);
        self
    }

    const fn not_in_file(mut self) -> Self {
        self.in_file = None;
        self
    }

    const fn file_only(mut self) -> Self {
        self.has_flag = false;
        self
    }
}

const fn text(name: &'static str, default: &'static str) -> Setting {
    setting(name, Kind::Text, default)
}

const fn bool(name: &'static str, default: &'static str) -> Setting {
    setting(name, Kind::Bool, default)
}

const fn uint(name: &'static str, default: &'static str) -> Setting {
    setting(name, Kind::Int(GoInt::Uint), default)
}

const fn int(name: &'static str, default: &'static str) -> Setting {
    setting(name, Kind::Int(GoInt::Int), default)
}

const fn time(name: &'static str, default: &'static str) -> Setting {
    setting(name, Kind::Duration, default)
}

const fn urls(name: &'static str, default: &'static str) -> Setting {
    setting(name, Kind::Urls, default)
}

const fn texts(name: &'static str) -> Setting {
    setting(name, Kind::Texts, "")
}

const fn ignored(name: &'static str) -> Setting {
    setting(name, Kind::Ignored, "").not_in_file()
}

/// What upstream's store of version 2 is said to be at; nothing depends on it.
pub(super) const DEPRECATION: &[&str] = &[
    "write-only",
    "write-only-skip-check",
    "write-only-drop-data",
    "gone",
];

/// All of them, in the order of upstream's help.
pub const SETTINGS: &[Setting] = &[
    text("name", "default"),
    text("data-dir", ""),
    text("wal-dir", ""),
    setting("snapshot-count", Kind::Int(GoInt::Uint64), "10000"),
    setting("snapshot-catchup-entries", Kind::Int(GoInt::Uint64), "5000"),
    uint("heartbeat-interval", "100"),
    uint("election-timeout", "1000"),
    bool("initial-election-tick-advance", "true"),
    urls("listen-peer-urls", "http://localhost:2380"),
    urls("listen-client-urls", "http://localhost:2379"),
    urls("listen-client-http-urls", ""),
    urls("listen-metrics-urls", ""),
    uint("max-snapshots", "5"),
    uint("max-wals", "5"),
    bool("memory-mlock", "false"),
    setting("quota-backend-bytes", Kind::Int(GoInt::Int64), "0"),
    text("backend-bbolt-freelist-type", ""),
    time("backend-batch-interval", "0s"),
    int("backend-batch-limit", "0"),
    uint("max-txn-ops", "128"),
    uint("max-request-bytes", "1572864"),
    setting(
        "max-concurrent-streams",
        Kind::Int(GoInt::Uint32),
        "4294967295",
    ),
    time("grpc-keepalive-min-time", "5s"),
    time("grpc-keepalive-interval", "2h0m0s"),
    time("grpc-keepalive-timeout", "20s"),
    bool("socket-reuse-port", "false").at("socket-options.reuse-port"),
    bool("socket-reuse-address", "false").at("socket-options.reuse-address"),
    bool("enable-grpc-gateway", "true"),
    time("raft-read-timeout", "5s").not_in_file(),
    time("raft-write-timeout", "5s").not_in_file(),
    setting("feature-gates", Kind::Gates, ""),
    // Clustering
    urls("initial-advertise-peer-urls", "http://localhost:2380"),
    text("initial-cluster", "default=http://localhost:2380"),
    setting(
        "initial-cluster-state",
        Kind::OneOf(&["new", "existing"]),
        "new",
    ),
    text("initial-cluster-token", "etcd-cluster"),
    urls("advertise-client-urls", "http://localhost:2379"),
    text("discovery-token", "").at("discovery-config.token"),
    setting("discovery-endpoints", Kind::TextSet, "").at("discovery-config.client.endpoints"),
    time("discovery-dial-timeout", "2s").at("discovery-config.client.dial-timeout"),
    time("discovery-request-timeout", "5s").at("discovery-config.client.request-timeout"),
    time("discovery-keepalive-time", "2s").at("discovery-config.client.keepalive-time"),
    time("discovery-keepalive-timeout", "6s").at("discovery-config.client.keepalive-timeout"),
    bool("discovery-insecure-transport", "true")
        .at("discovery-config.client.secure.insecure-transport"),
    bool("discovery-insecure-skip-tls-verify", "false")
        .at("discovery-config.client.secure.insecure-skip-tls-verify"),
    text("discovery-cert", "").at("discovery-config.client.secure.cert"),
    text("discovery-key", "").at("discovery-config.client.secure.key"),
    text("discovery-cacert", "").at("discovery-config.client.secure.cacert"),
    text("discovery-user", "").at("discovery-config.client.auth.username"),
    text("discovery-password", "").at("discovery-config.client.auth.password"),
    setting(
        "discovery-fallback",
        Kind::OneOf(&["exit", "proxy"]),
        "exit",
    )
    .not_in_file(),
    text("discovery-srv", ""),
    text("discovery-srv-name", ""),
    bool("strict-reconfig-check", "true"),
    bool("pre-vote", "true"),
    text("auto-compaction-retention", "0"),
    text("auto-compaction-mode", "periodic"),
    setting("v2-deprecation", Kind::SomeOf(DEPRECATION), "write-only"),
    // Security
    text("cert-file", "").at("client-transport-security.cert-file"),
    text("key-file", "").at("client-transport-security.key-file"),
    text("client-cert-file", "").at("client-transport-security.client-cert-file"),
    text("client-key-file", "").at("client-transport-security.client-key-file"),
    bool("client-cert-auth", "false").at("client-transport-security.client-cert-auth"),
    text("client-crl-file", "").not_in_file(),
    texts("client-cert-allowed-cn")
        .at("client-transport-security.allowed-cn")
        .file_only(),
    texts("client-cert-allowed-hostname").at("client-transport-security.allowed-hostname"),
    text("trusted-ca-file", "").at("client-transport-security.trusted-ca-file"),
    bool("auto-tls", "false").at("client-transport-security.auto-tls"),
    text("peer-cert-file", "").at("peer-transport-security.cert-file"),
    text("peer-key-file", "").at("peer-transport-security.key-file"),
    text("peer-client-cert-file", "").at("peer-transport-security.client-cert-file"),
    text("peer-client-key-file", "").at("peer-transport-security.client-key-file"),
    bool("peer-client-cert-auth", "false").at("peer-transport-security.client-cert-auth"),
    text("peer-trusted-ca-file", "").at("peer-transport-security.trusted-ca-file"),
    bool("peer-auto-tls", "false").at("peer-transport-security.auto-tls"),
    uint("self-signed-cert-validity", "1"),
    text("peer-crl-file", "").not_in_file(),
    texts("peer-cert-allowed-cn").at("peer-transport-security.allowed-cn"),
    texts("peer-cert-allowed-hostname").at("peer-transport-security.allowed-hostname"),
    texts("cipher-suites"),
    bool("peer-skip-client-san-verification", "false")
        .at("peer-transport-security.skip-client-san-verification"),
    text("tls-min-version", "TLS1.2"),
    text("tls-max-version", ""),
    setting("cors", Kind::Origins, "*"),
    setting("host-whitelist", Kind::Hosts, "*"),
    // Auth
    text("auth-token", "simple"),
    uint("bcrypt-cost", "10"),
    uint("auth-token-ttl", "300"),
    // Profiling and monitoring
    bool("enable-pprof", "false"),
    text("metrics", "basic"),
    bool("enable-distributed-tracing", "false"),
    text("distributed-tracing-address", "localhost:4317"),
    text("distributed-tracing-service-name", "etcd"),
    text("distributed-tracing-instance-id", ""),
    int("distributed-tracing-sampling-rate", "0"),
    // Logging
    text("logger", "zap"),
    setting("log-outputs", Kind::TextSet, "default"),
    text("log-level", "info"),
    text("log-format", "json"),
    bool("enable-log-rotation", "false"),
    text(
        "log-rotation-config-json",
        r#"{"maxsize": 100, "maxage": 0, "maxbackups": 0, "localtime": false, "compress": false}"#,
    ),
    time("warning-apply-duration", "100ms"),
    time("warning-unary-request-duration", "300ms"),
    // Features
    time("corrupt-check-time", "0s"),
    time("compact-hash-check-time", "1m0s"),
    int("compaction-batch-limit", "0"),
    time("compaction-sleep-interval", "0s"),
    time("watch-progress-notify-interval", "0s"),
    time("downgrade-check-time", "5s"),
    uint("bootstrap-defrag-threshold-megabytes", "0"),
    int("max-learners", "1"),
    bool("force-new-cluster", "false"),
    bool("unsafe-no-fsync", "false"),
    // Of old
    ignored("cluster-active-size"),
    ignored("cluster-remove-delay"),
    ignored("cluster-sync-interval"),
    ignored("config"),
    ignored("force"),
    ignored("max-result-buffer"),
    ignored("max-retry-attempts"),
    ignored("peer-heartbeat-interval"),
    ignored("peer-election-timeout"),
    ignored("retry-interval"),
    ignored("snapshot"),
    ignored("v"),
    ignored("vv"),
    ignored("test.coverprofile"),
    ignored("test.outputdir"),
];
