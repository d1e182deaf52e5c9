//! The program `stack` from outside, with a stand-in for the services so that they can be made to fail at will.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

mod crypto_report;
mod detached;
mod faults;
mod fleet;
mod foreground;
mod real;
mod refusals;
mod stand_in;
mod workbench;
