//! Leases as the backend has them. Their keys are attached while the store of keys is read.
//!
//! Source: etcd server/lease/lessor.go `initAndRecover`; server/storage/schema/lease.go.

use std::{fmt::Write as _, time::Instant};

use etcd_api::leasepb;
use etcd_backend::{Bucket, View};
use prost::Message as _;

use crate::{LeaseConfig, Lessor, LoadError, lessor::Lease};

impl Lessor {
    /// Reads what is stored: at the start of a member, and after a snapshot of another one. Nobody counts yet.
    ///
    /// # Errors
    /// [`LoadError`] when what is stored cannot be understood.
    pub fn load(view: &View, config: LeaseConfig, now: Instant) -> Result<Self, LoadError> {
        let mut lessor = Self::new(config, now);
        for entry in view.iter(Bucket::Lease)? {
            let (key, value) = entry?;
            let stored = leasepb::Lease::decode(&value[..]).map_err(|source| LoadError::Lease {
                id: hexadecimal(&key),
                source,
            })?;
            let ttl = stored.ttl.max(config.ttl_seconds_min);
            let lease = Lease::new(ttl, stored.remaining_ttl);
            lessor.leases.insert(stored.id, lease);
        }
        Ok(lessor)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // a String takes everything
        text
    })
}
