//! The store as its users hold it: write, commit, read.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::Instant,
};

use bytes::Bytes;
use nix::fcntl::{Flock, FlockArg};
use parking_lot::{Condvar, Mutex};

use crate::{
    Batch, Compacted, Failure, OpenError, Options, ReadError, Reader, SpaceError, View, commit,
    files,
    queue::Layer,
    reader::Moment,
    space::{self, Recorder, Swap},
    store::Store,
};

/// An open store. Clones are the same store; the last one that goes makes the rest durable and closes it.
#[derive(Clone, Debug)]
pub struct Backend {
    owner: Arc<Owner>,
}

/// What ends with the last [`Backend`].
#[derive(Debug)]
struct Owner {
    shared: Arc<Shared>,
    committer: Option<JoinHandle<()>>,
    _lock: Flock<File>,
}

/// What callers, readers and the commit thread share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) state: Mutex<State>,
    /// There is something to do for the commit thread.
    pub(crate) work: Condvar,
    /// A commit ended.
    pub(crate) ended: Condvar,
    /// Held while free room is given back.
    pub(crate) space: Mutex<()>,
    pub(crate) recorder: Recorder,
    /// Files that are not the store any more and that views may still read.
    pub(crate) retired: Mutex<Vec<Arc<Store>>>,
    /// Threads that give free room back by themselves.
    pub(crate) automatic: Mutex<Vec<JoinHandle<()>>>,
}

pub(crate) struct State {
    pub(crate) store: Arc<Store>,
    /// What waits for the next commit.
    pub(crate) waiting: Layer,
    /// Since when the oldest of it waits.
    pub(crate) waiting_since: Option<Instant>,
    /// What a commit is writing, or failed to write.
    pub(crate) committing: Option<Arc<Layer>>,
    /// Commits since the store was opened.
    pub(crate) commit_count: u64,
    /// Attempts at a commit.
    pub(crate) attempt_count: u64,
    /// Somebody waits: commit now.
    pub(crate) hurry: bool,
    pub(crate) stopping: bool,
    pub(crate) failure: Option<Failure>,
    pub(crate) failed_at: Option<Instant>,
    /// To be called when what is committing is durable.
    pub(crate) calls: Vec<OnDurable>,
    /// To be called when all that was written before is durable.
    pub(crate) on_durable: Vec<OnDurable>,
    /// A new file that is to take the store's place.
    pub(crate) swap: Option<Box<Swap>>,
}

/// A call that waits for a commit.
pub(crate) type OnDurable = Box<dyn FnOnce(Result<(), Failure>) + Send>;

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("commit_count", &self.commit_count)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

impl Backend {
    /// Returns whether a folder holds a store.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        files::is_there(folder)
    }

    /// Opens the store of a folder, and makes it when there is none.
    ///
    /// # Errors
    /// [`OpenError`] when another process has it, or its file cannot be used.
    pub fn open(options: &Options) -> Result<Self, OpenError> {
        let lock = lock(&options.folder)?;
        let folder_error = |source| OpenError::Io {
            path: options.folder.clone(),
            source,
        };
        let path = files::current_path(&options.folder).map_err(folder_error)?;
        let store = Store::open(path, options.size_max)?;
        files::sync_folder(&options.folder).map_err(folder_error)?;
        let shared = Arc::new(Shared {
            options: options.clone(),
            state: Mutex::new(State {
                store: Arc::new(store),
                waiting: Layer::default(),
                waiting_since: None,
                committing: None,
                commit_count: 0,
                attempt_count: 0,
                hurry: false,
                stopping: false,
                failure: None,
                failed_at: None,
                calls: Vec::new(),
                on_durable: Vec::new(),
                swap: None,
            }),
            work: Condvar::new(),
            ended: Condvar::new(),
            space: Mutex::default(),
            recorder: Mutex::default(),
            retired: Mutex::default(),
            automatic: Mutex::default(),
        });
        let committer = commit::spawn(Arc::clone(&shared)).map_err(folder_error)?;
        Ok(Self {
            owner: Arc::new(Owner {
                shared,
                committer: Some(committer),
                _lock: lock,
            }),
        })
    }

    /// Writes a batch: it can be read at once, and is durable after the next commit, with all batches before it.
    pub fn write(&self, batch: Batch) {
        if batch.is_empty() {
            return;
        }
        let shared = &self.owner.shared;
        let mut state = shared.state.lock();
        state.waiting.add(batch);
        let first = state.waiting_since.is_none();
        if first {
            state.waiting_since = Some(Instant::now());
        }
        if first || state.waiting.change_count >= shared.options.batch_limit {
            shared.work.notify_one();
        }
    }

    /// Makes all that was written durable, and waits for it. It takes as long as the disk does.
    ///
    /// # Errors
    /// [`Failure`] when a commit that began after the call failed. What was written stays where it is.
    pub fn commit(&self) -> Result<(), Failure> {
        let shared = &self.owner.shared;
        let mut state = shared.state.lock();
        // One commit may be under way; the one after it has everything.
        let enough = state.attempt_count + 1 + u64::from(state.committing.is_some());
        while !state.is_durable() && state.attempt_count < enough {
            if let Some(failure) = state.failure.as_ref().filter(|failure| failure.is_fatal()) {
                return Err(failure.clone());
            }
            state.hurry = true;
            shared.work.notify_one();
            shared.ended.wait(&mut state);
        }
        match &state.failure {
            Some(failure) if !state.is_durable() => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    /// Starts a commit now, and calls back when all that was written before is durable, or no commit can succeed any more.
    /// The call comes on the commit thread and must return quickly.
    pub fn commit_then(&self, call: impl FnOnce(Result<(), Failure>) + Send + 'static) {
        let shared = &self.owner.shared;
        let mut state = shared.state.lock();
        state.on_durable.push(Box::new(call));
        state.hurry = true;
        shared.work.notify_one();
    }

    /// Returns this moment of the store.
    ///
    /// # Errors
    /// [`ReadError`] when 4096 moments are held already, or the file is damaged.
    pub fn view(&self) -> Result<View, ReadError> {
        let state = self.owner.shared.state.lock();
        Ok(View {
            transaction: state.store.read()?,
            store: Arc::clone(&state.store),
            layers: [
                state.waiting.clone(),
                state.committing.as_deref().cloned().unwrap_or_default(),
            ],
        })
    }

    /// Returns what reads single values of bucket `key` quickly.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader {
            shared: Arc::clone(&self.owner.shared),
            moment: None,
        }
    }

    /// Gives free room in the file back, and waits for it: all that is in use is copied. Nobody else waits; what is in use
    /// is on disk twice until the end.
    ///
    /// # Errors
    /// [`SpaceError`] when the copy cannot be made; the store is then as it was.
    pub fn compact_space(&self) -> Result<Compacted, SpaceError> {
        space::compact(&self.owner.shared)
    }

    /// Returns why the newest attempt at a commit failed; nothing when it did not.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        self.owner.shared.state.lock().failure.clone()
    }

    /// Returns the size of the file, in bytes, as of the last commit.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.owner.shared.state.lock().store.size()
    }

    /// Returns how much of the file holds something, in bytes, as of the last commit.
    #[must_use]
    pub fn size_in_use(&self) -> u64 {
        self.owner.shared.state.lock().store.size_in_use()
    }

    /// Returns the bytes that were written and are not durable. They grow for as long as commits fail.
    #[must_use]
    pub fn backlog_bytes(&self) -> usize {
        let state = self.owner.shared.state.lock();
        state.waiting.bytes + state.committing.as_ref().map_or(0, |layer| layer.bytes)
    }
}

impl State {
    /// Whether nothing waits.
    pub(crate) fn is_durable(&self) -> bool {
        self.committing.is_none() && self.waiting.is_empty()
    }
}

impl Shared {
    /// The value at a revision when it is not durable yet; otherwise the number of commits, of which the last has it.
    pub(crate) fn queued(&self, revision: &[u8]) -> Result<Bytes, u64> {
        let state = self.state.lock();
        let committing = || state.committing.as_ref()?.value(revision);
        let value = state.waiting.value(revision).or_else(committing);
        value.cloned().ok_or(state.commit_count)
    }

    /// The file as of the last commit.
    pub(crate) fn moment(&self) -> Result<Moment, ReadError> {
        let state = self.state.lock();
        Ok(Moment {
            commit: state.commit_count,
            transaction: state.store.read()?,
            store: Arc::clone(&state.store),
        })
    }

    /// Closes retired files that nobody reads any more: unmapping takes milliseconds, which readers should not have to wait for.
    pub(crate) fn close_retired(&self) {
        self.retired
            .lock()
            .retain(|store| Arc::strong_count(store) > 1);
    }

    pub(crate) fn commit_count(&self) -> u64 {
        self.state.lock().commit_count
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.state.lock().stopping = true;
        self.shared.work.notify_one();
        if let Some(committer) = self.committer.take() {
            // A panic of the thread was reported where it happened.
            let _ = committer.join();
        }
        let automatic = std::mem::take(&mut *self.shared.automatic.lock());
        for thread in automatic {
            let _ = thread.join();
        }
    }
}

/// Keeps other processes away for as long as the store is open.
fn lock(folder: &Path) -> Result<Flock<File>, OpenError> {
    let path: PathBuf = folder.join("store.lock");
    let file = match File::create(&path) {
        Ok(file) => file,
        Err(source) => return Err(OpenError::Io { path, source }),
    };
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => Ok(lock),
        Err((_, nix::errno::Errno::EWOULDBLOCK)) => Err(OpenError::Locked { path }),
        Err((_, source)) => Err(OpenError::Io {
            path,
            source: source.into(),
        }),
    }
}

#[cfg(test)]
mod tests;
