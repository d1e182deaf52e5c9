//! The services of the kit as data: one row each. Nothing else in this crate knows a service by name.
//!
//! Adding a service is adding its row. `{address}`, `{url}` and `{dir}` (the service's own folder) stand for the plan's
//! values in `arguments` and `first_steps`.

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
pub const CATALOG: &[Service] = &[Service {
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
}];
