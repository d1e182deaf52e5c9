//! The program from outside: the real binary, real sockets, and everything that goes wrong around it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(
    clippy::print_stderr,
    reason = "a test that checks nothing on this machine says why"
)]

mod certificate;
mod client;
mod confined;
mod crowd;
mod flood;
mod gateway;
mod huge;
mod killed;
mod malformed;
mod program_file;
mod race;
mod refused_start;
mod restart;
mod snapshot_target;
mod start;
mod stopping;
