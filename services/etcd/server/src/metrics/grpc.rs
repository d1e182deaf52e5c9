//! Metrics of gRPC: how often each method was called, how it ended, how many messages went each way.
//!
//! Source: go-grpc-middleware providers/prometheus v1.1.0 server_metrics.go.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use kit_metrics::{
    model::Family,
    registry::{Collect, CounterVec, Description, Histogram, HistogramVec},
};
use tonic::Code;

use super::{Detail, Metrics};
use crate::method::{Kind, Method};

const STARTED: Description = Description {
    name: "grpc_server_started_total",
    help: "Total number of RPCs started on the server.",
};
const HANDLED: Description = Description {
    name: "grpc_server_handled_total",
    help: "Total number of RPCs completed on the server, regardless of success or failure.",
};
const RECEIVED: Description = Description {
    name: "grpc_server_msg_received_total",
    help: "Total number of RPC stream messages received on the server.",
};
const SENT: Description = Description {
    name: "grpc_server_msg_sent_total",
    help: "Total number of gRPC stream messages sent by the server.",
};
const HANDLING: Description = Description {
    name: "grpc_server_handling_seconds",
    help: "Histogram of response latency (seconds) of gRPC that had been application-level handled by the server.",
};

/// Counters of each method, found by its number: counting costs no search.
#[derive(Debug)]
pub struct GrpcMetrics {
    methods: Box<[Counts]>,
    handling: Option<HistogramVec<3>>,
}

#[derive(Debug, Default)]
struct Counts {
    started: AtomicU64,
    handled: [AtomicU64; CODES.len()],
    received: AtomicU64,
    sent: AtomicU64,
    handling: Option<Arc<Histogram>>,
}

impl GrpcMetrics {
    pub(crate) fn new(detail: Detail) -> Self {
        let bounds = HANDLING_BOUNDS.to_vec();
        let handling = (detail == Detail::Extensive).then(|| {
            HistogramVec::new(
                HANDLING,
                ["grpc_type", "grpc_service", "grpc_method"],
                bounds,
            )
        });
        let counts = |method: &Method| Counts {
            handling: handling.as_ref().map(|family| family.with(labels(*method))),
            ..Counts::default()
        };
        Self {
            methods: Method::ALL.iter().map(counts).collect(),
            handling,
        }
    }

    fn of(&self, method: Method) -> &Counts {
        &self.methods[method as usize]
    }
}

fn labels(method: Method) -> [&'static str; 3] {
    [method.kind().name(), method.service(), method.name()]
}

impl Collect for GrpcMetrics {
    fn collect(&self, families: &mut Vec<Family>) {
        let names = ["grpc_type", "grpc_service", "grpc_method"];
        let [kind, service, name] = names;
        let counters = |description, value: fn(&Counts) -> u64| {
            let family = CounterVec::new(description, names);
            for (method, counts) in Method::ALL.iter().zip(&self.methods) {
                family.with(labels(*method)).add(value(counts));
            }
            family
        };
        counters(STARTED, |it| it.started.load(Relaxed)).collect(families);
        counters(RECEIVED, |it| it.received.load(Relaxed)).collect(families);
        counters(SENT, |it| it.sent.load(Relaxed)).collect(families);
        let handled = CounterVec::new(HANDLED, [kind, service, name, "grpc_code"]);
        for (method, counts) in Method::ALL.iter().zip(&self.methods) {
            let [kind, service, name] = labels(*method);
            for (code, count) in CODES.iter().zip(&counts.handled) {
                handled
                    .with([kind, service, name, code])
                    .add(count.load(Relaxed));
            }
        }
        handled.collect(families);
        if let Some(handling) = &self.handling {
            handling.collect(families);
        }
    }
}

/// Counts one call of a method, or nothing, for what is a part of another call.
#[derive(Clone, Debug)]
pub(crate) struct Meter(Option<Counted>);

#[derive(Clone, Debug)]
struct Counted {
    metrics: Arc<Metrics>,
    method: Method,
    began: Instant,
}

impl Counted {
    fn counts(&self) -> &Counts {
        self.metrics.grpc.of(self.method)
    }
}

impl Meter {
    /// Begins a call. The one message of a unary call counts as received with it.
    pub(crate) fn begin(metrics: Arc<Metrics>, method: Method) -> Self {
        let counted = Counted {
            metrics,
            method,
            began: Instant::now(),
        };
        let counts = counted.counts();
        counts.started.fetch_add(1, Relaxed);
        if method.kind() == Kind::Unary {
            counts.received.fetch_add(1, Relaxed);
        }
        Self(Some(counted))
    }

    /// Counts nothing.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn received(&self) {
        if let Some(counted) = &self.0 {
            counted.counts().received.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn sent(&self, messages: u64) {
        if let Some(counted) = &self.0 {
            counted.counts().sent.fetch_add(messages, Relaxed);
        }
    }

    pub(crate) fn handled(&self, code: Code) {
        let Some(counted) = &self.0 else { return };
        let counts = counted.counts();
        counts.handled[code as usize].fetch_add(1, Relaxed);
        if let Some(handling) = &counts.handling {
            handling.observe(counted.began.elapsed().as_secs_f64());
        }
    }
}

/// The names of codes in metrics, by number.
const CODES: [&str; 17] = [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

/// Source: client_golang v1.23.2 prometheus/histogram.go `DefBuckets`.
const HANDLING_BOUNDS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
