//! One segment as a file: made, locked, made longer in advance.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use nix::fcntl::{FallocateFlags, fallocate};

use crate::error::{At as _, WalError};

/// A segment in which this process alone writes.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

impl Segment {
    /// Makes a segment of this length, readable by its owner alone; one of the name is emptied.
    pub(crate) fn create(path: PathBuf, length: u64) -> Result<Self, WalError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .at("create", &path)?;
        let segment = Self { file, path };
        // Emptied only once it is ours.
        segment.lock()?;
        segment.file.set_len(0).at("truncate", &segment.path)?;
        segment.extend(length)?;
        Ok(segment)
    }

    /// Opens a segment that is there.
    pub(crate) fn open(path: PathBuf) -> Result<Self, WalError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .at("open", &path)?;
        let segment = Self { file, path };
        segment.lock()?;
        Ok(segment)
    }

    /// The lock ends with the file, and says that somebody still needs the segment.
    fn lock(&self) -> Result<(), WalError> {
        self.file
            .try_lock()
            .map_err(io::Error::from)
            .at("lock", &self.path)
    }

    /// Makes the file this long, so that a later sync has only data to write.
    pub(crate) fn extend(&self, length: u64) -> Result<(), WalError> {
        let bytes = i64::try_from(length)
            .map_err(io::Error::other)
            .at("extend", &self.path)?;
        match fallocate(&self.file, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => Ok(()),
            Err(nix::errno::Errno::EOPNOTSUPP) => {
                self.file.set_len(length).at("extend", &self.path)
            }
            Err(error) => Err(io::Error::from(error)).at("extend", &self.path),
        }
    }

    /// Forgets what stands behind `end`, and keeps the length.
    pub(crate) fn clear_from(&self, end: u64) -> Result<(), WalError> {
        let length = self.file.metadata().at("read", &self.path)?.len();
        self.file.set_len(end).at("truncate", &self.path)?;
        self.extend(length)
    }

    pub(crate) fn sync(&self) -> Result<(), WalError> {
        self.file.sync_data().at("fdatasync", &self.path)
    }
}

/// Makes names in a folder survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), WalError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .at("fsync", folder)
}
