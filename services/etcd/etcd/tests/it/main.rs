//! The way from the words of a command line to a configuration, and the program from outside: the real binary, real sockets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod life;
mod peers;
mod program;
mod secure;
mod settings;
mod start;
mod users;
