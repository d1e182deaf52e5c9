//! A program that links the crate and calls nothing of it: its file must still carry the static report.

use crypto as _;

fn main() {}
