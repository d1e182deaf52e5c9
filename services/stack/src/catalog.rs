//! The services of the kit as data: one row each. Nothing else in this crate knows a service by name.
//!
//! Adding a service is adding its row. `{address}`, `{url}`, `{next}` (the address with the port after it), `{dir}` (the
//! service's own folder) and `{bin}` (that of the programs) stand for the plan's values in `arguments` and `first_steps`.

use crate::plot::{Measure, Plot};

/// One service of the kit.
#[derive(Debug)]
pub struct Service {
    /// Name of the service, its program and its folder in the data directory.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    /// Where it listens when nothing else is said, `host:port`.
    pub address: &'static str,
    /// Its command line.
    pub arguments: &'static [&'static str],
    /// Path that answers 200 when it is ready.
    pub ready_path: &'static str,
    /// What a newcomer types first.
    pub first_steps: &'static [FirstStep],
    /// What is drawn of it, read from its `/metrics`.
    pub plots: &'static [Plot],
}

/// One line to copy and paste.
#[derive(Debug)]
pub struct FirstStep {
    /// What it does, as a command to the reader.
    pub does: &'static str,
    /// The line.
    pub command: &'static str,
}

/// The services, in the order they start.
pub const CATALOG: &[Service] = &[PUSHGATEWAY, ETCD];

const PUSHGATEWAY: Service = Service {
    name: "pushgateway",
    about: "metrics of jobs too short to be scraped",
    address: "127.0.0.1:9091",
    arguments: &[
        "--web.listen-address={address}",
        "--persistence.file={dir}/metrics.snapshot",
        "--persistence.interval=10s",
    ],
    ready_path: "/-/ready",
    first_steps: &[
        FirstStep {
            does: "push a first metric",
            command: "echo 'first_metric 42' | curl --data-binary @- {url}/metrics/job/first",
        },
        FirstStep {
            does: "scrape it",
            command: "curl -s {url}/metrics | grep first_metric",
        },
    ],
    // Its page has all that was pushed: too much to read every two seconds.
    plots: &[],
};

const ETCD: Service = Service {
    name: "etcd",
    about: "keys and values that many can agree on",
    address: "127.0.0.1:2379",
    arguments: &[
        "--name=stack",
        "--data-dir={dir}/member.etcd",
        "--listen-client-urls=http://{address}",
        "--advertise-client-urls={url}",
        "--listen-peer-urls=http://{next}",
        "--initial-advertise-peer-urls=http://{next}",
        "--initial-cluster=stack=http://{next}",
    ],
    ready_path: "/readyz",
    first_steps: &[
        FirstStep {
            does: "put a first key",
            command: "{bin}/etcdctl --endpoints={url} put first 42",
        },
        FirstStep {
            does: "get it",
            command: "{bin}/etcdctl --endpoints={url} get first",
        },
    ],
    plots: &[
        Plot {
            title: "Puts",
            metric: "etcd_mvcc_put_total",
            measure: Measure::PerSecond,
        },
        Plot {
            title: "Ranges",
            metric: "etcd_mvcc_range_total",
            measure: Measure::PerSecond,
        },
        Plot {
            title: "Database",
            metric: "etcd_mvcc_db_total_size_in_bytes",
            measure: Measure::Bytes,
        },
        Plot {
            title: "Log sync",
            metric: "etcd_disk_wal_fsync_duration_seconds",
            measure: Measure::MeanSeconds,
        },
    ],
};
