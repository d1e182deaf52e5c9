//! The Pushgateway's metrics of itself and of its process.
//!
//! Source: pushgateway handler/misc.go, handler/push.go; client_golang v1.23.2 promhttp/instrument_server.go.

use std::{sync::Arc, time::Duration};

use http::{Method, StatusCode};
use kit_metrics::{
    model::Family,
    process::Process,
    registry::{Collect, Counter, CounterVec, Description, Registry, SummaryVec},
};
use kit_telemetry::BuildInfo;

use crate::reserved;

/// Everything counted, and where it is collected.
#[derive(Debug)]
pub(crate) struct SelfMetrics {
    requests: Arc<CounterVec<3>>,
    push_bytes: Arc<SummaryVec<1>>,
    push_seconds: Arc<SummaryVec<1>>,
    expired: Arc<Expired>,
    registry: Registry,
}

/// Groups dropped because their time was over; shown only if groups have a time at all.
#[derive(Debug, Default)]
struct Expired(Counter);

impl Collect for Expired {
    #[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
    fn collect(&self, families: &mut Vec<Family>) {
        families.push(described("pushgateway_groups_expired_total").counter(self.0.count() as f64));
    }
}

impl SelfMetrics {
    /// Makes all counters, at zero. `expiring` tells whether groups have a time to live.
    pub(crate) fn new(build: &BuildInfo, expiring: bool) -> Self {
        let requests = Arc::new(CounterVec::new(
            described("pushgateway_http_requests_total"),
            ["code", "handler", "method"],
        ));
        let push_bytes = Arc::new(SummaryVec::new(
            described("pushgateway_http_push_size_bytes"),
            ["method"],
        ));
        let push_seconds = Arc::new(SummaryVec::new(
            described("pushgateway_http_push_duration_seconds"),
            ["method"],
        ));
        let expired = Arc::new(Expired::default());
        let mut registry = Registry::default();
        registry.register(Arc::new(facts(build)));
        registry.register(Arc::new(Process::default()));
        registry.register(Arc::clone(&requests) as _);
        registry.register(Arc::clone(&push_bytes) as _);
        registry.register(Arc::clone(&push_seconds) as _);
        if expiring {
            registry.register(Arc::clone(&expired) as _);
        }
        Self {
            requests,
            push_bytes,
            push_seconds,
            expired,
            registry,
        }
    }

    /// Counts an answered request.
    pub(crate) fn count(&self, handler: &'static str, method: &Method, status: StatusCode) {
        self.requests
            .with([status.as_str(), handler, word(method)])
            .increment();
    }

    /// Counts an answered push and what it took.
    #[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
    pub(crate) fn pushed(
        &self,
        method: &Method,
        bytes: u64,
        elapsed: Duration,
        status: StatusCode,
    ) {
        self.count("push", method, status);
        self.push_bytes.with([word(method)]).observe(bytes as f64);
        self.push_seconds
            .with([word(method)])
            .observe(elapsed.as_secs_f64());
    }

    /// Counts groups dropped because their time was over.
    pub(crate) fn expired(&self, groups: usize) {
        (0..groups).for_each(|_| self.expired.0.increment());
    }

    /// Returns all families as they are now, sorted by name.
    pub(crate) fn collect(&self) -> Vec<Family> {
        self.registry.gather()
    }
}

/// Returns what never changes: what was built, and with what.
fn facts(build: &BuildInfo) -> Vec<Family> {
    let labels = [
        ("branch", build.branch),
        ("goarch", build.goarch()),
        ("goos", build.goos()),
        ("goversion", build.toolchain),
        ("revision", build.revision),
        ("tags", &build.tags),
        ("version", &build.version),
    ];
    let info = described("pushgateway_build_info").gauge(&labels, 1.0);
    vec![
        described("go_info").gauge(&[("version", build.toolchain)], 1.0),
        info,
    ]
}

/// Name and help of one of our metrics; the table of reserved names is the one place that knows them.
fn described(name: &str) -> Description {
    let own = reserved::find(name).expect("our own metrics are in the table");
    Description {
        name: own.name,
        help: own.help,
    }
}

fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "get",
        Method::PUT => "put",
        Method::POST => "post",
        Method::DELETE => "delete",
        Method::OPTIONS => "options",
        Method::HEAD => "head",
        Method::PATCH => "patch",
        Method::CONNECT => "connect",
        Method::TRACE => "trace",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_of_ours_is_reserved_with_its_type_and_help() {
        let metrics = SelfMetrics::new(&BuildInfo::replacing("1"), true);
        metrics.pushed(&Method::PUT, 100, Duration::from_millis(1), StatusCode::OK);
        let families = metrics.collect();
        assert!(families.len() > 12, "{} families", families.len());
        for family in families {
            let name = std::str::from_utf8(&family.name).unwrap();
            let own = reserved::find(name).unwrap_or_else(|| panic!("{name} is not reserved"));
            assert_eq!(
                (own.kind, Some(own.help)),
                (family.kind, family.help.as_deref()),
                "{name}"
            );
        }
    }
}
