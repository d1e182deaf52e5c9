//! Proposals: what becomes an entry of the log, and who waits for it to be applied.
//!
//! Source: etcd v3.7 server/etcdserver/v3_server.go `processInternalRaftRequestOnce`.

use std::time::Instant;

use bytes::Bytes;
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{InternalRaftRequest, RequestHeader},
};
use etcd_auth::AuthInfo;
use prost::Message as _;
use tonic::Status;

use crate::{
    call::{Call, Reply},
    engine::Engine,
    limit::Limit,
    method::Method,
    proposal::{self, Waiting},
};

impl Engine {
    /// Proposes a request; it is answered when it is applied.
    pub(crate) fn propose(
        &mut self,
        field: u32,
        message: &[u8],
        who: &AuthInfo,
        call: Call,
    ) -> Result<(), (Reply, Status)> {
        let is_preferred = self.config.prefers_revocations && call.method == Method::LeaseRevoke;
        let waiting_max = if is_preferred {
            2 * PENDING_MAX
        } else {
            PENDING_MAX
        };
        if self.pending.len() >= waiting_max {
            return Err((call.reply, ApiError::TooManyRequests.into()));
        }
        let id = self.ids.next();
        let data = proposal::entry(id, who, field, message);
        if data.len() > self.config.request_bytes_max {
            return Err((call.reply, ApiError::RequestTooLarge.into()));
        }
        self.wait_for(id, call);
        self.propose_data(id, data);
        Ok(())
    }

    /// Lets a call wait for an entry.
    pub(crate) fn wait_for(&mut self, id: u64, call: Call) {
        let limit = Limit::new(call.deadline, self.config.request_timeout());
        let waiting = Waiting {
            reply: call.reply,
            limit,
            _room: call.room,
        };
        self.clock.note(limit.at);
        self.pending.insert(id, waiting);
        self.metrics
            .server
            .proposals_pending
            .set(self.pending.len() as f64);
    }

    /// Proposes an entry; while nobody leads it waits for somebody who does.
    pub(crate) fn propose_data(&mut self, id: u64, data: Bytes) {
        if self.node.propose(data.clone()).is_err() {
            self.parked.push((id, data));
        }
    }

    /// Proposes what the member itself wants, on behalf of root. Nobody waits for it.
    pub(crate) fn propose_internal(&mut self, mut request: InternalRaftRequest) {
        let root = self.state.auth.root();
        let id = self.ids.next();
        request.header = Some(RequestHeader {
            id,
            username: root.username.as_ref().to_owned(),
            auth_revision: root.revision,
        });
        if self.own.len() < OWN_MAX {
            self.own.insert(id, Instant::now());
        }
        self.propose_data(id, request.encode_to_vec().into());
    }
}

/// Requests that wait to be applied. Upstream bounds how far applying may lag behind; here it never does.
const PENDING_MAX: usize = 50_000;

/// Requests of the member's own whose time is measured.
const OWN_MAX: usize = 1024;
