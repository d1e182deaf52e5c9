//! Why a store cannot be opened, read, or made durable.

use std::{io, path::PathBuf, sync::Arc};

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{} is in use by another process", .path.display())]
    Locked {
        /// The file that is locked as long as the store is open.
        path: PathBuf,
    },
    /// The folder or a file in it cannot be used.
    #[error("open {}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file is there and is not a store, is damaged, or cannot be mapped.
    #[error("open store {}", .path.display())]
    Store {
        /// The store's file.
        path: PathBuf,
        /// What LMDB says.
        #[source]
        source: heed::Error,
    },
}

/// Why the store cannot be read: the file is damaged, or too many views are open.
#[derive(Debug, thiserror::Error)]
#[error("read store {}", .path.display())]
pub struct ReadError {
    /// The store's file.
    pub path: PathBuf,
    /// What LMDB says.
    #[source]
    pub source: heed::Error,
}

/// Why the newest attempt at a commit failed. What was written stays readable, and nothing of it is on disk.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// There is no room. The commit is tried again until there is.
    #[error("no space for a commit")]
    NoSpace(#[source] Arc<heed::Error>),
    /// The disk cannot be trusted any more, or the store is damaged. Nothing is tried again: the process has to end.
    #[error("commit")]
    Fatal(#[source] Arc<heed::Error>),
}

impl Failure {
    /// What an error of a commit means. `is_full` looks whether there is room: LMDB calls a write that was cut short an I/O error,
    /// and a disk that gets full cuts one.
    pub(crate) fn new(error: heed::Error, is_full: impl FnOnce() -> bool) -> Self {
        let no_space = match &error {
            heed::Error::Mdb(heed::MdbError::MapFull) => true,
            heed::Error::Io(error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => true,
                _ => error.raw_os_error() == Some(libc::EIO) && is_full(),
            },
            _ => false,
        };
        if no_space {
            Self::NoSpace(Arc::new(error))
        } else {
            Self::Fatal(Arc::new(error))
        }
    }

    /// Returns whether no later commit will succeed.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Fatal(_))
    }
}

/// Why free room in the file was not given back. The store is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SpaceError {
    /// The new file cannot be made.
    #[error("make a copy of the store")]
    Open(#[from] OpenError),
    /// The new file cannot be written: there may be no room for it beside the old one.
    #[error("copy the store to {}", .path.display())]
    Copy {
        /// The new file.
        path: PathBuf,
        /// What LMDB says.
        #[source]
        source: heed::Error,
    },
    /// The new file cannot take the old one's place.
    #[error("rename the copy to {}", .path.display())]
    Rename {
        /// The new file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The store cannot be read.
    #[error("copy the store")]
    Read(#[from] ReadError),
    /// The store is being closed.
    #[error("the store is being closed")]
    Stopped,
}
