//! Keeps the [`Record`] on disk in step with what runs.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use tracing::error;

use crate::{
    process::ProcessId,
    record::{Record, RecordError, RecordedService},
};

/// The record of this supervisor. Written at every start and end of a service, removed at the end.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    record: Mutex<Record>,
}

impl Recorder {
    /// Writes the first record.
    ///
    /// # Errors
    /// [`RecordError::File`].
    pub fn begin(path: PathBuf, record: Record) -> Result<Self, RecordError> {
        record.write(&path)?;
        Ok(Self {
            path,
            record: Mutex::new(record),
        })
    }

    /// Notes a process that now runs.
    pub fn started(&self, name: &str, process: ProcessId) {
        self.change(|services| {
            services.push(RecordedService {
                name: name.to_owned(),
                process,
            })
        });
    }

    /// Notes that the process of a service is gone.
    pub fn ended(&self, name: &str) {
        self.change(|services| services.retain(|service| service.name != name));
    }

    /// Removes the record: nothing runs any more.
    ///
    /// # Errors
    /// [`RecordError::File`].
    pub fn finish(&self) -> Result<(), RecordError> {
        Record::remove(&self.path)
    }

    fn change(&self, edit: impl FnOnce(&mut Vec<RecordedService>)) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        edit(&mut record.services);
        if let Err(problem) = record.write(&self.path) {
            // The services run on; what suffers is the cleaning up after a killed supervisor.
            error!(error = %kit_telemetry::chain(&problem), "state file not written");
        }
    }
}
