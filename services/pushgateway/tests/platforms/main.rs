//! The Pushgateway where operators run it: hosts, units of systemd, containers of a real Docker Engine, sandboxes.
//!
//! Each of these needs root and a tool or two (`scripts/setup.sh test docker`); what is missing is said and skipped.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(
    clippy::print_stderr,
    reason = "a test that checks nothing on this machine says why"
)]

mod docker;
mod engine;
mod fixes;
mod golden;
mod host;
mod place;
mod sandbox;
