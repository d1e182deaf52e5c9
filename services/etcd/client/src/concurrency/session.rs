//! A lease that is kept alive: who holds it is there.

use etcd_api::etcdserverpb::LeaseGrantRequest;

use crate::{Call, Client, Error, lease::KeepAlive};

/// A lease kept alive until the session is dropped.
#[derive(Debug)]
pub struct Session {
    client: Client,
    lease: i64,
    keep_alive: KeepAlive,
}

impl Session {
    /// Lifetime of a session's lease when nothing else is asked for, in seconds.
    pub const TTL_SECONDS: i64 = 60;

    /// Grants a lease and keeps it alive.
    ///
    /// # Errors
    /// [`Error`] of the call that grants it.
    pub async fn open(client: &Client, ttl_seconds: i64) -> Result<Self, Error> {
        let request = LeaseGrantRequest {
            ttl: ttl_seconds,
            ..LeaseGrantRequest::default()
        };
        let lease = client.lease_grant(Call::unlimited(), request).await?.id;
        Ok(Self {
            client: client.clone(),
            lease,
            keep_alive: client.keep_alive(lease),
        })
    }

    /// Returns the lease.
    #[must_use]
    pub const fn lease(&self) -> i64 {
        self.lease
    }

    /// Waits until the lease is lost.
    pub async fn expired(&mut self) {
        while self.keep_alive.next().await.is_some() {}
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    /// The key of this session under a prefix.
    pub(super) fn key(&self, prefix: &str) -> Vec<u8> {
        format!("{prefix}{:x}", self.lease).into_bytes()
    }
}
