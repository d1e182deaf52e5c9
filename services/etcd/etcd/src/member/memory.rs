//! Memory that is never swapped out (`--memory-mlock`).
//!
//! Upstream locks the pages of its database's file. Here all pages are locked as they come into use: the file's, the index, the rest.

use nix::sys::mman::{MlockAllFlags, mlockall};

/// Keeps what is in memory, and what will be, from being swapped out.
pub(super) fn lock() -> nix::Result<()> {
    // Without it all the address space that the store reserves would be read in at once.
    let as_used = MlockAllFlags::from_bits_retain(MCL_ONFAULT);
    mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE | as_used)
}

/// Source: mlock(2), since Linux 4.4.
const MCL_ONFAULT: i32 = 4;
