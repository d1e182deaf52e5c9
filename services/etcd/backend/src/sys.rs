//! What needs `unsafe`: mapping the store's file, and letting go of its pages.
#![expect(unsafe_code, reason = "LMDB reads its file through a memory map")]

use std::{ops::Range, path::Path};

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

/// Takes the pages of a mapping of the store's file out of the process's memory. They come back when they are used.
pub(crate) fn release(mapping: &Range<usize>) {
    let start = std::ptr::with_exposed_provenance_mut(mapping.start);
    // SAFETY: the mapping is one of the store's file as the system lists it, which its environment keeps for as long as the
    // caller has the environment. It is shared and only read, so that its pages are read from the file again as they are.
    // The answer makes no difference: it is advice.
    unsafe { libc::madvise(start, mapping.len(), libc::MADV_DONTNEED) };
}
