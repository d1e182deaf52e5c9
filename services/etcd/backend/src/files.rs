//! The store's files in the folder: `store-<n>.mdb`, of which the one with the greatest number counts; beside each LMDB's
//! `-lock`; and `.copy` while a new one is made.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{FallocateFlags, fallocate},
};
use tracing::warn;

/// The file that counts, or the first one's path. Files that do not count any more are removed.
pub(crate) fn current_path(folder: &Path) -> io::Result<PathBuf> {
    let mut newest = 0;
    for entry in fs::read_dir(folder)? {
        newest = newest.max(number(&entry?.file_name()).unwrap_or(0));
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A crash between renaming the copy and removing the old file leaves both.
        if number(&entry.file_name()).is_some_and(|number| number < newest) {
            remove(&entry.path());
        }
    }
    remove_copies(folder);
    Ok(path(folder, newest.max(1)))
}

/// Whether there is a file of the store.
pub(crate) fn is_there(folder: &Path) -> bool {
    let mut entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| number(&entry.file_name()).is_some())
}

fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("store-{number}.mdb"))
}

fn number(name: &OsStr) -> Option<u64> {
    let digits = name
        .to_str()?
        .strip_prefix("store-")?
        .strip_suffix(".mdb")?;
    digits.parse().ok()
}

/// The path of the file that follows one.
pub(crate) fn next_path(current: &Path) -> PathBuf {
    let number = current.file_name().and_then(number).unwrap_or(0);
    path(
        current.parent().unwrap_or_else(|| Path::new("")),
        number + 1,
    )
}

/// The path of a copy that is to follow a file. No two files of a run have the same: LMDB knows a file by the path under
/// which it was opened for as long as it is mapped.
pub(crate) fn copy_path(current: &Path) -> PathBuf {
    let number = current.file_name().and_then(number).unwrap_or(0);
    current.with_file_name(format!("store.copy-{}", number + 1))
}

/// Removes copies that nobody will finish.
pub(crate) fn remove_copies(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(b"store.copy-")
        {
            remove(&entry.path());
        }
    }
}

/// Gives a finished copy its name, durably.
pub(crate) fn rename(copy: &Path, path: &Path) -> io::Result<()> {
    fs::rename(copy, path)?;
    // The lock file is LMDB's, made anew at every start; under the copy's name nobody would find it again.
    let _ = fs::remove_file(lock_path(copy));
    sync_folder(path.parent().unwrap_or_else(|| Path::new(".")))
}

/// Has the disk set aside what LMDB's lock file needs for so many readers, before it is mapped: it is written through the map,
/// and on a full disk that would end the process.
pub(crate) fn reserve_lock(store: &Path, readers: u32) -> io::Result<()> {
    /// A reader has a cache line; the header is less than a page.
    const READER_BYTES: i64 = 64;
    const HEADER_BYTES: i64 = 4096;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(lock_path(store))?;
    let length = i64::from(readers) * READER_BYTES + HEADER_BYTES;
    match fallocate(file, FallocateFlags::empty(), 0, length) {
        // A file system that cannot set aside: as well as it can be.
        Ok(()) | Err(Errno::EOPNOTSUPP) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether there is no room for so many bytes: for the store's user too, who may have a quota.
pub(crate) fn is_full(folder: &Path, bytes: usize) -> bool {
    /// What the tree needs beside keys and values.
    const MORE_BYTES: usize = 1 << 20;
    let path = folder.join("store.probe");
    let room = File::create(&path).and_then(|file| {
        let length = i64::try_from(bytes.saturating_add(MORE_BYTES)).unwrap_or(i64::MAX);
        Ok(fallocate(file, FallocateFlags::empty(), 0, length)?)
    });
    let _ = fs::remove_file(path);
    let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
    room.is_err_and(|error| full.contains(&error.kind()))
}

/// Makes the names of files durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes a file of the store, with what LMDB keeps beside it. Whoever has it open goes on with it.
pub(crate) fn remove(path: &Path) {
    for path in [path.to_owned(), lock_path(path)] {
        if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            warn!(path = %path.display(), %error, "a file of the store that is not needed any more stays");
        }
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-lock");
    name.into()
}
