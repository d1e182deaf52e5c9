//! The snapshot file: loaded before anything is served, written after pushes and at the end.
//!
//! A snapshot is written beside its target, made durable, and renamed over it, so there is always a whole one, whenever the
//! program or the machine dies (deviation D5). One that cannot be read is set aside, not overwritten (deviation D4).
//!
//! Source: pushgateway storage/diskmetricstore.go `persist`, `restore`, `loop`.

mod gob;
pub(crate) mod snapshot;

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    hash::{BuildHasher, RandomState},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use kit_guard::preflight::{self, Need};
use kit_http::Shutdown;
use kit_telemetry::chain;
use tracing::{error, info};

use crate::store::{Store, clock::Moment, state::State};

/// Where the snapshot lives.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotFile {
    path: PathBuf,
}

/// Why a snapshot was not written. The text is Go's, as operators know it from upstream.
#[derive(Debug, thiserror::Error)]
#[error("{step} {}: {}", .path.display(), go_text(.reason))]
pub(crate) struct SaveError {
    step: &'static str,
    path: PathBuf,
    /// Part of the text, as Go has it.
    reason: io::Error,
}

/// The flag that names the file.
const ORIGIN: &str = "--persistence.file";

/// Snapshots hold whatever jobs push; nobody else needs to read them.
const FILE_MODE: u32 = 0o600;

/// What stands between the name of the target and the random end in the name of a snapshot being written.
const IN_PROGRESS: &str = ".in_progress.";

impl SnapshotFile {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Loads the snapshot. Without a file, or with one that cannot be read, the store starts empty.
    pub(crate) fn load(&self) -> State {
        // For the guard's report; an error speaks for itself when the first snapshot is due.
        preflight::check(&self.path, Need::ReplaceFile, ORIGIN);
        self.remove_unfinished();
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return State::default(),
            Err(error) => {
                error!(err = %format!("open {}: {}", self.path.display(), go_text(&error)), "could not load persisted metrics");
                // The next snapshot must not replace what merely may not be read. A directory would not be replaced.
                if self.path.is_file() {
                    self.set_aside();
                }
                return State::default();
            }
        };
        snapshot::read(&bytes).unwrap_or_else(|error| {
            error!(err = %chain(&error), "could not load persisted metrics");
            self.set_aside();
            State::default()
        })
    }

    /// Writes a snapshot of `state` in place of the one before.
    ///
    /// # Errors
    /// [`SaveError`]; the snapshot before is then still there, and nothing else.
    pub(crate) fn save(&self, state: &State) -> Result<(), SaveError> {
        let unfinished = Unfinished::create(self)?;
        let path = &unfinished.path;
        let at = |step| {
            move |reason| SaveError {
                step,
                path: path.clone(),
                reason,
            }
        };
        snapshot::write(state, &unfinished.file).map_err(at("write"))?;
        unfinished.file.sync_all().map_err(at("sync"))?;
        fs::rename(path, &self.path).map_err(at("rename"))?;
        File::open(self.directory())
            .and_then(|directory| directory.sync_all())
            .map_err(at("sync"))
    }

    /// Logs, once, what an operator can do about a snapshot that cannot be written.
    pub(crate) fn explain(&self, error: &SaveError) {
        if let Some(explanation) =
            preflight::explain(&self.path, Need::ReplaceFile, ORIGIN, &error.reason)
        {
            error!("{explanation}");
        }
    }

    fn directory(&self) -> &Path {
        self.path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or_else(|| Path::new("."))
    }

    fn unfinished_prefix(&self) -> OsString {
        let mut prefix = self.path.file_name().unwrap_or_default().to_owned();
        prefix.push(IN_PROGRESS);
        prefix
    }

    /// Removes what a program that was killed while writing left behind.
    fn remove_unfinished(&self) {
        let prefix = self.unfinished_prefix();
        let is_unfinished = |name: &OsStr| {
            name.as_encoded_bytes()
                .starts_with(prefix.as_encoded_bytes())
        };
        for entry in fs::read_dir(self.directory())
            .into_iter()
            .flatten()
            .flatten()
        {
            if is_unfinished(&entry.file_name()) {
                match fs::remove_file(entry.path()) {
                    Ok(()) => info!(file = %entry.path().display(), "removed unfinished snapshot"),
                    Err(error) => {
                        error!(file = %entry.path().display(), err = %error, "unfinished snapshot not removed")
                    }
                }
            }
        }
    }

    /// Keeps a snapshot that cannot be read from being overwritten by the next one.
    fn set_aside(&self) {
        // The second after is free, should this one have seen another.
        let aside = (Moment::now().seconds..)
            .map(|second| {
                let mut name = self.path.clone().into_os_string();
                name.push(format!(".corrupt-{second}"));
                PathBuf::from(name)
            })
            .find(|path| path.symlink_metadata().is_err())
            .expect("a folder holds fewer files than there are seconds");
        match fs::rename(&self.path, &aside) {
            Ok(()) => error!(file = %aside.display(), "unreadable snapshot set aside"),
            Err(error) => {
                error!(err = %error, "unreadable snapshot not set aside; it will be overwritten")
            }
        }
    }
}

/// A snapshot being written; removed unless it was renamed.
struct Unfinished {
    path: PathBuf,
    file: File,
}

impl Unfinished {
    fn create(target: &SnapshotFile) -> Result<Self, SaveError> {
        let mut name = target.unfinished_prefix();
        // Nobody else writes here but another program given the same file; a name taken is an error like any other.
        name.push(RandomState::new().hash_one(Moment::now().nanos).to_string());
        let path = target.directory().join(name);
        match File::options()
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(&path)
        {
            Ok(file) => Ok(Self { path, file }),
            Err(reason) => Err(SaveError {
                step: "open",
                path,
                reason,
            }),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Gone already if it was renamed.
        let _ = fs::remove_file(&self.path);
    }
}

/// Returns the words of an error of the operating system as Go has them: lower case, without the number.
fn go_text(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text
        .split_once(" (os error")
        .map_or(&*text, |(text, _)| text);
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    first.to_lowercase() + rest
}

/// Writes snapshots until `stop`: one is due `interval` after the last was begun, or at once if that is past.
pub(crate) async fn keep_saving(
    store: Arc<Store>,
    file: SnapshotFile,
    interval: Duration,
    stop: Shutdown,
) {
    let mut versions = store.versions();
    let mut last_begun = Instant::now();
    loop {
        tokio::select! {
            changed = versions.changed() => if changed.is_err() { return },
            () = stop.triggered() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(interval.saturating_sub(last_begun.elapsed())) => {}
            () = stop.triggered() => return,
        }
        last_begun = Instant::now();
        versions.mark_unchanged();
        let (state, target) = (store.state(), file.clone());
        let saved = tokio::task::spawn_blocking(move || target.save(&state)).await;
        match saved.expect("writing a snapshot does not panic") {
            Ok(()) => info!(file = %file.path.display(), "metrics persisted"),
            Err(error) => {
                error!(err = %error, "error persisting metrics"); // upstream's text
                file.explain(&error);
            }
        }
    }
}

#[cfg(test)]
mod tests;
