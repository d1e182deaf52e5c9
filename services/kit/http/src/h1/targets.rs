//! Targets that `http::Uri` cannot hold, on their way past hyper to the handler.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use bytes::Bytes;
use parking_lot::Mutex;

/// The odd targets of one connection, by the number of their request.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    /// Spares the usual request the lock.
    any: AtomicBool,
    waiting: Mutex<VecDeque<(u64, Bytes)>>,
}

impl Targets {
    /// Leaves the target of a request.
    pub(crate) fn put(&self, request: u64, target: Bytes) {
        self.waiting.lock().push_back((request, target));
        self.any.store(true, Relaxed);
    }

    /// Takes the target of a request; none when `http::Uri` holds it.
    pub(crate) fn take(&self, request: u64) -> Option<Bytes> {
        if !self.any.load(Relaxed) {
            return None;
        }
        let mut waiting = self.waiting.lock();
        let is_next = waiting
            .front()
            .is_some_and(|(number, _)| *number == request);
        is_next
            .then(|| waiting.pop_front())
            .flatten()
            .map(|(_, target)| target)
    }
}
