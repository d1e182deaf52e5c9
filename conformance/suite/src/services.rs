//! The services that have cases: one constant each.

use conformance_harness::service::{Beside, Service};

/// Prometheus Pushgateway.
pub const PUSHGATEWAY: Service = Service {
    name: "pushgateway",
    listen_flag: "--web.listen-address=",
    version_flag: "--version",
    peer: "pushgateway",
    recipe: "pushgateway/build",
    flags: &[],
    beside: None,
    own_listener_flags: &["--web.systemd-socket"],
    own_families: &[
        "go_",
        "process_",
        "pushgateway_",
        "push_time_seconds",
        "push_failure_time_seconds",
    ],
};

/// A member of its own for a case, with all that it has in the case's folder.
const MEMBER: &[&str] = &[
    "--data-dir=${dir}/data",
    "--listen-client-urls=${url}",
    "--advertise-client-urls=${url}",
    "--listen-peer-urls=http://127.0.0.1:${port2}",
    "--log-level=error",
];

/// etcd.
pub const ETCD: Service = Service {
    name: "etcd",
    version_flag: "--version",
    peer: "etcd/peer/etcd",
    recipe: "etcd/build.sh",
    flags: MEMBER,
    ..Service::EMPTY
};

/// etcd's command-line client, put to a member of upstream's etcd.
pub const ETCDCTL: Service = Service {
    name: "etcdctl",
    version_flag: "version",
    peer: "etcd/peer/etcdctl",
    recipe: "etcd/build.sh",
    flags: MEMBER,
    beside: Some(Beside {
        peer: "etcd/peer/etcd",
    }),
    ..Service::EMPTY
};

/// All of them.
pub const ALL: &[Service] = &[PUSHGATEWAY, ETCD, ETCDCTL];

/// Returns the service of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Service> {
    ALL.iter().find(|service| service.name == name)
}
