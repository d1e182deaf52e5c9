//! The data directory: where everything of one stack lies, and the lock that only one supervisor can hold.
//!
//! `stack.lock` is locked (flock) while a supervisor lives, `stack.json` is its [`Record`](crate::record::Record),
//! `logs/` holds the logs, and each service has a folder of its name.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

/// The name under which the supervisor's own log is kept, beside those of the services.
pub const OWN_LOG: &str = "stack";

/// A data directory by its absolute path.
#[derive(Clone, Debug)]
pub struct DataDir(PathBuf);

/// Held while a supervisor runs; let go when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "open as long as the lock is held")] File);

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another supervisor holds it.
    #[error("the data directory is in use by a running stack")]
    Held,
    /// The lock file cannot be used.
    #[error("lock {}", .path.display())]
    File {
        /// The lock file.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
}

impl DataDir {
    /// Names a data directory; nothing is touched yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the folder for the data of a service.
    #[must_use]
    pub fn service(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Returns the log file of a service, or of the supervisor when `name` is [`OWN_LOG`].
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.0.join("logs").join(format!("{name}.log"))
    }

    /// Returns the file of the record.
    #[must_use]
    pub fn record(&self) -> PathBuf {
        self.0.join("stack.json")
    }

    /// Creates the directory and its folder for logs.
    ///
    /// # Errors
    /// What the operating system says; the path is the caller's to add.
    pub fn create(&self) -> io::Result<()> {
        fs::create_dir_all(self.0.join("logs"))
    }

    /// Takes the lock of an existing data directory, without waiting.
    ///
    /// # Errors
    /// [`LockError::Held`] when a supervisor runs on it.
    pub fn lock(&self) -> Result<Lock, LockError> {
        let file = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => Err(LockError::Held),
            Err(TryLockError::Error(source)) => Err(LockError::File {
                path: self.lock_path(),
                source,
            }),
        }
    }

    /// Waits up to `patience` for the supervisor to let the lock go, and takes it.
    ///
    /// # Errors
    /// [`LockError::Held`] when it still holds it then.
    pub fn lock_within(&self, patience: Duration) -> Result<Lock, LockError> {
        let file = self.lock_file()?;
        let (sender, taken) = mpsc::channel();
        // A thread of its own, because flock cannot be given a deadline. It ends with the lock or with the process.
        thread::spawn(move || sender.send(file.lock().map(|()| Lock(file))));
        match taken.recv_timeout(patience) {
            Ok(Ok(lock)) => Ok(lock),
            Ok(Err(source)) => Err(LockError::File {
                path: self.lock_path(),
                source,
            }),
            Err(_) => Err(LockError::Held),
        }
    }

    fn lock_file(&self) -> Result<File, LockError> {
        let path = self.lock_path();
        let open = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path);
        open.map_err(|source| LockError::File { path, source })
    }

    fn lock_path(&self) -> PathBuf {
        self.0.join("stack.lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data_dir() -> (tempfile::TempDir, DataDir) {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path().join("data"));
        data.create().unwrap();
        (dir, data)
    }

    #[test]
    fn a_second_lock_is_refused_until_the_first_is_gone() {
        let (_dir, data) = data_dir();
        let first = data.lock().unwrap();
        assert!(matches!(data.lock(), Err(LockError::Held)));
        assert!(matches!(
            data.lock_within(Duration::from_millis(1)),
            Err(LockError::Held)
        ));
        drop(first);
        data.lock_within(Duration::from_secs(60)).unwrap();
    }

    #[test]
    fn a_missing_directory_is_an_error_and_not_a_free_lock() {
        let data = DataDir::new("/nonexistent/data".into());
        assert!(matches!(data.lock(), Err(LockError::File { .. })));
    }
}
