//! What needs `unsafe`: mapping the store's file.
#![expect(unsafe_code, reason = "LMDB reads its file through a memory map")]

use std::path::Path;

use heed::{Env, EnvFlags, EnvOpenOptions, WithoutTls};

/// Opens the file as an LMDB environment with full sync, whose read transactions may wander between threads.
pub(crate) fn open(
    path: &Path,
    size_max: usize,
    readers_max: u32,
) -> heed::Result<Env<WithoutTls>> {
    let mut options = EnvOpenOptions::new().read_txn_without_tls();
    options.map_size(size_max).max_readers(readers_max);
    // SAFETY: the flag only says that the path is a file's; none of those that weaken locks or syncs is set.
    unsafe { options.flags(EnvFlags::NO_SUB_DIR) };
    // SAFETY: the file is changed through LMDB alone: `store::lock` keeps other processes that know it away, and in this
    // one heed refuses to open a file twice.
    unsafe { options.open(path) }
}
