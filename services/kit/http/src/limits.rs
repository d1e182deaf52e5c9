//! Every bound on what clients may take, by name.
//!
//! Upstream has none of them except the size of a request's head; the defaults are wide enough that an honest client
//! never meets them.

use std::time::Duration;

/// Bounds on connections and on the time of clients that do nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Connections at a time over all listeners (default 8,192). Beyond it the longest idle one is closed; if none is
    /// idle, new ones wait in the kernel's queue.
    pub connections_max: usize,
    /// Bytes of a request's line and headers (default 1 MiB, and 4 KiB of slop as in Go). Beyond it: 431.
    pub head_bytes_max: usize,
    /// Time for a TLS handshake (default 10 s).
    pub handshake: Duration,
    /// Time from the first byte of a request's head to its last (default 30 s).
    pub head: Duration,
    /// Time a connection may stay without a request (default 10 min: longer than clients keep theirs).
    pub idle: Duration,
    /// Time without a single byte of a body that is waited for (default 60 s). A body that moves is never cut off.
    pub body_stall: Duration,
    /// Time without a single byte of an answer being taken by the client (default 2 min).
    pub answer_stall: Duration,
    /// Requests at a time on one h2 connection (default 250, Go's).
    pub streams_max: u32,
    /// Time for requests in flight when the server stops (default 10 s).
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 8192,
            head_bytes_max: 1 << 20,
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(30),
            idle: Duration::from_secs(600),
            body_stall: Duration::from_secs(60),
            answer_stall: Duration::from_secs(120),
            streams_max: 250,
            drain: Duration::from_secs(10),
        }
    }
}
