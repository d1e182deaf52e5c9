//! The way from the words of a command line to a configuration, as one process goes it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod start;
