//! The store as its users see it, against a plain model, and against what upstream answered.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod compaction;
mod hash;
mod model;
mod range;
mod rig;
mod store;
mod watch;
