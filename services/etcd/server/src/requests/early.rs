//! Requests whose token counts from an entry that this member has not applied yet. Anybody can write such a token, so they are few,
//! and wait no longer than any other request.
//!
//! Source: etcd v3.7 server/auth/simple_token.go `isValidSimpleToken`.

use std::time::Instant;

use etcd_api::Error as ApiError;

use crate::{call::Call, engine::Engine, limit::Limit};

/// A request that waits for an entry.
#[derive(Debug)]
pub(crate) struct Early {
    index: u64,
    pub(crate) limit: Limit,
    call: Call,
}

impl Engine {
    /// Lets a call wait until an entry is applied.
    pub(super) fn call_after(&mut self, index: u64, call: Call) {
        if self.early.len() >= EARLY_MAX {
            return call.reply.error(ApiError::TooManyRequests);
        }
        let limit = Limit::new(call.deadline, self.config.request_timeout());
        self.clock.note(limit.at);
        self.early.push(Early { index, limit, call });
    }

    /// Takes the requests whose token counts by now.
    pub(crate) fn retry_early(&mut self) {
        let applied = self.applied;
        let due = self.early.extract_if(.., |early| early.index <= applied);
        for early in due.collect::<Vec<_>>() {
            self.call(early.call);
        }
    }

    /// Refuses those who waited for too long: nobody gave them their token.
    pub(crate) fn expire_early(&mut self, now: Instant) {
        for early in self.early.extract_if(.., |early| early.limit.at <= now) {
            early.call.reply.error(ApiError::InvalidAuthToken);
        }
    }
}

/// Requests that wait so. Each entry that is applied looks at all of them.
const EARLY_MAX: usize = 1024;
