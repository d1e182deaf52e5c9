//! The services that have cases: one constant each.

use conformance_harness::service::Service;

/// Prometheus Pushgateway.
pub const PUSHGATEWAY: Service = Service {
    name: "pushgateway",
    listen_flag: "--web.listen-address=",
    version_flag: "--version",
    own_listener_flags: &["--web.systemd-socket"],
    own_families: &[
        "go_",
        "process_",
        "pushgateway_",
        "push_time_seconds",
        "push_failure_time_seconds",
    ],
};

/// etcd.
pub const ETCD: Service = Service {
    name: "etcd",
    version_flag: "--version",
    ..Service::EMPTY
};

/// All of them.
pub const ALL: &[Service] = &[PUSHGATEWAY, ETCD];

/// Returns the service of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Service> {
    ALL.iter().find(|service| service.name == name)
}
