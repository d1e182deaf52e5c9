//! Why a log cannot be read or written. The texts are upstream's; people search for them.

use std::{io, path::PathBuf};

/// Why a log cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WalError {
    /// The folder holds no segment.
    #[error("wal: file not found")]
    FileNotFound,
    /// Every segment begins behind the snapshot: the ones that follow it were removed.
    #[error("wal: file not found which matches the snapshot index '{0}'")]
    NoSegmentFor(u64),
    /// A segment is missing in between.
    #[error("wal: file sequence numbers (starting from {0}) do not increase continuously")]
    Gap(usize),
    /// Segments of two members lie in one folder.
    #[error("wal: conflicting metadata found")]
    MetadataConflict,
    /// The record that tells of the snapshot has another term.
    #[error("wal: snapshot mismatch")]
    SnapshotMismatch,
    /// No record tells of the snapshot.
    #[error("wal: snapshot not found")]
    SnapshotNotFound,
    /// Entries are missing in between.
    #[error(
        "wal: slice bounds out of range, snapshot[Index: {}, Term: {}], current entry[Index: {}, Term: {}], len(ents): {entries}",
        .snapshot.0, .snapshot.1, .entry.0, .entry.1
    )]
    EntryGap {
        /// Index and term of the snapshot.
        snapshot: (u64, u64),
        /// Index and term of the entry.
        entry: (u64, u64),
        /// How many entries were read before it.
        entries: usize,
    },
    /// A record is not what was written, and not because the machine stopped while it was.
    #[error("walpb: crc mismatch: in file '{file}' at position: {position}")]
    CrcMismatch {
        /// The name of the segment.
        file: String,
        /// Where the record begins.
        position: u64,
    },
    /// The last record was not wholly written; [`crate::repair`] takes it off.
    #[error("unexpected EOF: in file '{file}' at position: {position}")]
    Torn {
        /// The name of the segment.
        file: String,
        /// Where the record begins.
        position: u64,
    },
    /// A record whose checksum is right holds what nobody writes.
    #[error("wal: {what} in file '{file}' at position: {position}")]
    Malformed {
        /// What is wrong.
        what: String,
        /// The name of the segment.
        file: String,
        /// Where the record begins.
        position: u64,
    },
    /// An entry is none that this version or an older one wrote.
    #[error("version of an entry")]
    Version(#[source] etcd_api::VersionError),
    /// A file could not be made, read or written.
    #[error("{operation} {}", .path.display())]
    File {
        /// What was tried: `open`, `write`, `fdatasync`.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
}

/// Names the operation and the file of a failure.
pub(crate) trait At<T> {
    fn at(self, operation: &'static str, path: &std::path::Path) -> Result<T, WalError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, operation: &'static str, path: &std::path::Path) -> Result<T, WalError> {
        self.map_err(|source| WalError::File {
            operation,
            path: path.to_owned(),
            source,
        })
    }
}
