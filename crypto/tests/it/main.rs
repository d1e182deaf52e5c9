//! The public face of the crate: real handshakes, in memory and with OpenSSL's programs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod alerts;
mod allowed;
mod certificates;
mod client_auth;
mod corpus;
mod differential;
mod handshake;
mod install;
mod matrix;
mod openssl;
mod pipe;
mod program_file;
mod reload;
mod report;
mod selection;
mod verification;
mod wycheproof;
