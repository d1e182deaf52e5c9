//! The client against servers that break, refuse and come back, which the real one cannot be made to do.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod failover;
mod fake;
mod snapshot;
mod token;
mod watch;
