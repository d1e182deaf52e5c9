//! Whose the data directory is: ours, or that of the supervisor that lives on it.

use std::time::Duration;

use crate::{
    data_dir::{DataDir, Lock, LockError},
    record::Record,
};

/// The answer.
pub(crate) enum Claim {
    /// Nobody runs on it, and now nobody else can.
    Ours(Lock),
    /// A supervisor runs on it; without its record it is just starting or ending.
    Theirs(Option<Record>),
}

/// How long the lock may outlive its supervisor. A process it was about to start when it was killed holds the lock for
/// the moment between fork and exec.
const HALF_STARTED_PATIENCE: Duration = Duration::from_secs(5);

/// How long a holder without a record is waited for: a command of another terminal is done at once, and a supervisor
/// that starts has its record soon.
const BRIEF_PATIENCE: Duration = Duration::from_secs(1);

/// Takes the lock, unless a supervisor holds it.
pub(crate) fn claim(data_dir: &DataDir) -> anyhow::Result<Claim> {
    let patience = match Record::read(&data_dir.record())? {
        None => BRIEF_PATIENCE,
        Some(record) if record.supervisor.is_alive() => Duration::ZERO,
        Some(_) => HALF_STARTED_PATIENCE,
    };
    let taken = data_dir.lock().or_else(|error| match error {
        LockError::Held => data_dir.lock_within(patience),
        LockError::File { .. } => Err(error),
    });
    match taken {
        Ok(lock) => Ok(Claim::Ours(lock)),
        Err(LockError::Held) => Ok(Claim::Theirs(Record::read(&data_dir.record())?)),
        Err(error) => Err(error.into()),
    }
}
