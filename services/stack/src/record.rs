//! The record a supervisor keeps in its data directory, so that commands in other terminals find it, and the next
//! supervisor finds what it left behind when it was killed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::process::{ProcessId, boot_id};

/// Who runs on a data directory.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Record {
    /// The boot the start times belong to.
    pub boot_id: String,
    /// The supervisor.
    pub supervisor: ProcessId,
    /// Where its status page listens, `host:port`.
    pub page: String,
    /// The running services.
    pub services: Vec<RecordedService>,
}

/// A running service.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RecordedService {
    /// Its name.
    pub name: String,
    /// Its process.
    pub process: ProcessId,
}

/// Why a record cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file cannot be read or written.
    #[error("state file {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// The file holds something else.
    #[error("state file {} is not one of ours", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

impl Record {
    /// Reads the record; `None` when there is none, or when it is of another boot and so of processes long gone.
    ///
    /// # Errors
    /// [`RecordError`] when the file is there and cannot be used.
    pub fn read(path: &Path) -> Result<Option<Self>, RecordError> {
        let file = |source| RecordError::File {
            path: path.to_owned(),
            source,
        };
        let text = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(file)?,
        };
        let record: Self =
            serde_json::from_slice(&text).map_err(|source| RecordError::Content {
                path: path.to_owned(),
                source,
            })?;
        let this_boot = boot_id().map_err(file)?;
        Ok(Some(record).filter(|record| record.boot_id == this_boot))
    }

    /// Writes the record in one step: a reader sees the old one or the new one.
    ///
    /// # Errors
    /// [`RecordError::File`].
    pub fn write(&self, path: &Path) -> Result<(), RecordError> {
        let mut text =
            serde_json::to_vec_pretty(self).expect("a record has only texts and numbers");
        text.push(b'\n');
        let new = path.with_extension("json.new");
        let written = fs::write(&new, text).and_then(|()| fs::rename(&new, path));
        written.map_err(|source| RecordError::File {
            path: path.to_owned(),
            source,
        })
    }

    /// Removes the record.
    ///
    /// # Errors
    /// [`RecordError::File`].
    pub fn remove(path: &Path) -> Result<(), RecordError> {
        fs::remove_file(path).map_err(|source| RecordError::File {
            path: path.to_owned(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let own = ProcessId::own().unwrap();
        Record {
            boot_id: boot_id().unwrap(),
            supervisor: own,
            page: "127.0.0.1:9000".into(),
            services: vec![RecordedService {
                name: "a".into(),
                process: own,
            }],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stack.json");
        assert_eq!(Record::read(&path).unwrap(), None);
        record().write(&path).unwrap();
        assert_eq!(Record::read(&path).unwrap(), Some(record()));
        Record::remove(&path).unwrap();
        assert_eq!(Record::read(&path).unwrap(), None);
    }

    #[test]
    fn a_record_of_another_boot_is_no_record() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stack.json");
        Record {
            boot_id: "another".into(),
            ..record()
        }
        .write(&path)
        .unwrap();
        assert_eq!(Record::read(&path).unwrap(), None);
    }

    #[test]
    fn a_broken_record_is_an_error_that_names_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stack.json");
        fs::write(&path, "{").unwrap();
        let error = Record::read(&path).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("state file {} is not one of ours", path.display())
        );
    }
}
