//! The metrics of a member: one struct for each subject, each field a metric, and the page that shows them.

mod declare;
mod descriptors;
pub mod grpc;
mod page;
mod tables;

use std::sync::Arc;

use kit_metrics::{
    process::Process,
    registry::{Counter, Registry},
};
use parking_lot::Mutex;

pub(crate) use self::page::page;
pub use self::tables::{Disk, Network, Remains, Scrapes, Server, Store};
use self::{descriptors::Descriptors, grpc::GrpcMetrics};
use crate::method::Kind;

/// Whether the time of each method is measured (`--metrics`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Detail {
    /// It is not.
    Basic,
    /// It is.
    Extensive,
}

/// Every metric of a member.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Requests, consensus and health.
    pub server: Server,
    /// Clients and peers.
    pub network: Network,
    /// The log, the store and snapshots.
    pub disk: Disk,
    /// Keys, watches, leases and users.
    pub store: Store,
    /// The page itself.
    pub(crate) scrapes: Scrapes,
    /// What is there for those who look for it.
    pub remains: Remains,
    /// Methods of gRPC.
    pub grpc: Arc<GrpcMetrics>,
    /// The versions of clients seen so far.
    client_versions: Mutex<Vec<ClientVersion>>,
}

/// Requests of clients that say this version.
type ClientVersion = (Kind, Box<str>, Arc<Counter>);

impl Metrics {
    /// Declares them all.
    #[must_use]
    pub fn new(detail: Detail) -> Arc<Self> {
        let mut registry = Registry::default();
        let grpc = Arc::new(GrpcMetrics::new(detail));
        registry.register(grpc.clone());
        registry.register(Arc::new(Process::default()));
        registry.register(Arc::new(Descriptors));
        let scrapes = Scrapes::new(&mut registry);
        for code in ["200", "500", "503"] {
            // What is there from the beginning is shown from the beginning.
            let _ = scrapes.total.with([code]);
        }
        Arc::new(Self {
            scrapes,
            server: Server::new(&mut registry),
            network: Network::new(&mut registry),
            disk: Disk::new(&mut registry),
            store: Store::new(&mut registry),
            remains: Remains::new(&mut registry),
            grpc,
            client_versions: Mutex::default(),
            registry,
        })
    }

    /// Counts a request by the version its client says it has. Clients choose the text, so beyond [`CLIENT_VERSIONS_MAX`] different
    /// ones the rest is counted as `unknown`.
    pub(crate) fn client_request(&self, kind: Kind, version: &str) {
        let kind = if kind == Kind::Unary {
            kind
        } else {
            Kind::BidiStream
        };
        let mut seen = self.client_versions.lock();
        let known = seen
            .iter()
            .find(|(other, text, _)| *other == kind && **text == *version);
        if let Some((.., counter)) = known {
            return counter.increment();
        }
        let is_room = seen.len() < CLIENT_VERSIONS_MAX && version.len() <= CLIENT_VERSION_BYTES_MAX;
        let version = if is_room { version } else { "unknown" };
        let name = if kind == Kind::Unary {
            "unary"
        } else {
            "stream"
        };
        let counter = self.server.client_requests_total.with([name, version]);
        counter.increment();
        if is_room {
            seen.push((kind, version.into(), counter));
        }
    }
}

/// Different versions of clients that are told apart.
const CLIENT_VERSIONS_MAX: usize = 64;
const CLIENT_VERSION_BYTES_MAX: usize = 64;

#[cfg(test)]
mod tests;
