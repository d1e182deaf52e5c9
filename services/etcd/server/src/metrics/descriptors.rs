//! How many descriptors the process has open, and how many it may.
//!
//! Source: etcd v3.7 server/etcdserver/metrics.go `monitorFileDescriptor`; pkg/runtime/fds_linux.go.

use std::fs;

use kit_metrics::{
    model::Family,
    registry::{Collect, Description, Gauge},
};

/// Counts them at each scrape.
#[derive(Debug)]
pub(super) struct Descriptors;

impl Collect for Descriptors {
    fn collect(&self, families: &mut Vec<Family>) {
        let numbers = [(LIMIT, limit()), (USED, used())];
        for (description, number) in numbers {
            let gauge = Gauge::new(description);
            // What cannot be read is not known to be none, and upstream shows 0 too.
            gauge.set(number.unwrap_or(0.0));
            gauge.collect(families);
        }
    }
}

fn used() -> Option<f64> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count() as f64)
}

fn limit() -> Option<f64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

const LIMIT: Description = Description {
    name: "os_fd_limit",
    help: "The file descriptor limit.",
};
const USED: Description = Description {
    name: "os_fd_used",
    help: "The number of used file descriptors.",
};
