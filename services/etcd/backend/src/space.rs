//! Giving free room in the file back: what is in use is copied to a new file, which takes the old one's place between two
//! commits. Nobody waits for it but who asked: writers only queue, and views keep the file they were made from.
//!
//! Source: etcd v3.7 server/storage/backend/backend.go (defrag), for what it is good for.

use std::{
    collections::BTreeSet,
    error::Error as _,
    io, mem,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use heed::PutFlags;
use parking_lot::Mutex;
use tracing::{info, warn};

use crate::{
    backend::Shared,
    error::SpaceError,
    files,
    queue::Layer,
    store::{Store, tree_key},
};

/// Sizes of the file before and after, in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Compacted {
    /// Before.
    pub before: u64,
    /// After.
    pub after: u64,
}

/// Time between two copies that nobody asked for.
const AUTOMATIC_INTERVAL: Duration = Duration::from_secs(60);

/// Starts a copy when half of the file is free.
#[derive(Debug, Default)]
pub(crate) struct Automatic {
    last: Option<Instant>,
}

impl Automatic {
    /// Looks at the file after a commit.
    pub(crate) fn consider(&mut self, shared: &Arc<Shared>) {
        let store = Arc::clone(&shared.state.lock().store);
        let size = store.size();
        let rested = self
            .last
            .is_none_or(|last| last.elapsed() >= AUTOMATIC_INTERVAL);
        if !rested || size < shared.options.space_least || store.size_in_use() > size / 2 {
            return;
        }
        self.last = Some(Instant::now());
        let started = thread::Builder::new().name("backend-space".to_owned()).spawn({
            let shared = Arc::clone(shared);
            move || match compact(&shared) {
                Ok(compacted) => info!(before = compacted.before, after = compacted.after, "free room in the store given back"),
                Err(SpaceError::Stopped) => {}
                Err(error) => warn!(%error, source = ?error.source(), "free room in the store not given back"),
            }
        });
        match started {
            Ok(thread) => {
                let mut threads = shared.automatic.lock();
                threads.retain(|thread| !thread.is_finished());
                threads.push(thread);
            }
            Err(error) => warn!(%error, "free room in the store not given back"),
        }
    }
}

/// Bytes that are copied at a time. They are synced each time, and then there is a rest as long as it took: the disk is the
/// write-ahead log's as well.
const CHUNK_BYTES: usize = 512 << 10;

/// Longest rest.
const REST_MAX: Duration = Duration::from_millis(100);

/// Changes that are left to the moment of the swap.
const LAST_CHANGES: usize = 1000;

/// Rounds of catching up before the swap takes what there is: with more, commits outrun the copy.
const ROUNDS_MAX: usize = 20;

/// What commits change while a copy is made.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// Keys outside bucket `key`.
    small: BTreeSet<Bytes>,
    /// Revisions that went.
    removed: Vec<Bytes>,
    /// Revisions that came.
    added: usize,
}

impl Recording {
    pub(crate) fn add(&mut self, layer: &Layer) {
        self.small.extend(layer.small().keys().cloned());
        self.removed.extend_from_slice(layer.removed());
        self.added += layer.revisions(Bytes::new()).count();
    }

    fn len(&self) -> usize {
        self.small.len() + self.removed.len() + self.added
    }
}

/// The recording of the one copy that may be under way.
pub(crate) type Recorder = Mutex<Option<Recording>>;

/// A copy that is almost there. The commit thread finishes it.
#[derive(Debug)]
pub(crate) struct Swap {
    copy: Copy,
    done: mpsc::SyncSender<Result<u64, SpaceError>>,
}

/// A new file, with everything up to a point.
#[derive(Debug)]
struct Copy {
    store: Store,
    /// The last key of the tree that was copied in order.
    last: Vec<u8>,
}

/// Copies the store and has the copy take its place.
pub(crate) fn compact(shared: &Shared) -> Result<Compacted, SpaceError> {
    let _one_at_a_time = shared.space.lock();
    let before = shared.state.lock().store.size();
    *shared.recorder.lock() = Some(Recording::default());
    let result = copy_and_swap(shared);
    *shared.recorder.lock() = None;
    let after = result.inspect_err(|_| files::remove_copies(&shared.options.folder))?;
    Ok(Compacted { before, after })
}

fn copy_and_swap(shared: &Shared) -> Result<u64, SpaceError> {
    let source = Arc::clone(&shared.state.lock().store);
    let path = files::copy_path(source.path());
    let store = Store::open(path, shared.options.size_max)?;
    let mut copy = Copy {
        store,
        last: Vec::new(),
    };
    copy.append(&source, |took| {
        thread::sleep(took.min(REST_MAX));
        !shared.state.lock().stopping
    })?;
    for _ in 0..ROUNDS_MAX {
        let recording = shared
            .recorder
            .lock()
            .replace(Recording::default())
            .unwrap_or_default();
        if recording.len() <= LAST_CHANGES {
            // The commit thread takes it up again, with what comes until then.
            if let Some(newer) = &mut *shared.recorder.lock() {
                newer.small.extend(recording.small);
                newer.removed.extend(recording.removed);
            }
            break;
        }
        copy.follow(&source, &recording)?;
    }
    drop(source);
    let (done, is_done) = mpsc::sync_channel(1);
    let mut state = shared.state.lock();
    if state.stopping {
        return Err(SpaceError::Stopped);
    }
    state.swap = Some(Box::new(Swap { copy, done }));
    shared.work.notify_one();
    drop(state);
    is_done.recv().unwrap_or(Err(SpaceError::Stopped))
}

impl Copy {
    /// Copies all that comes after the last key, in chunks that are each durable. `go_on` hears how long each took.
    fn append(
        &mut self,
        source: &Store,
        mut go_on: impl FnMut(Duration) -> bool,
    ) -> Result<(), SpaceError> {
        loop {
            let began = Instant::now();
            let last = self.last.clone();
            // A moment for each chunk: pages of the source stay free to be used again.
            let moment = source.read()?;
            let mut copied = 0;
            let result = self.store.change(|tree, transaction| {
                for entry in source.after(&moment, &last)? {
                    let (key, value) = entry?;
                    tree.put_with_flags(transaction, PutFlags::APPEND, key, value)?;
                    copied += key.len() + value.len();
                    if copied >= CHUNK_BYTES {
                        self.last = key.to_vec();
                        return Ok(());
                    }
                }
                self.last = source.last_key(&moment)?;
                Ok(())
            });
            result.map_err(|error| self.write_error(error))?;
            if copied < CHUNK_BYTES {
                return Ok(());
            }
            if !go_on(began.elapsed()) {
                return Err(SpaceError::Stopped);
            }
        }
    }

    /// Makes the copy what the source is now, when all that changed since is in the recording.
    fn follow(&mut self, source: &Store, recording: &Recording) -> Result<(), SpaceError> {
        let moment = source.read()?;
        // Only revisions come after all others; other keys are put one by one.
        let (first, length) = tree_key(&[]);
        let mut last = first[..length].to_vec().max(mem::take(&mut self.last));
        let appended = &mut last;
        let result = self.store.change(|tree, transaction| {
            for key in &recording.small {
                match source.tree().get(&moment, key)? {
                    Some(value) => tree.put(transaction, key, value)?,
                    None => drop(tree.delete(transaction, key)?),
                }
            }
            for key in &recording.removed {
                let (key, length) = tree_key(key);
                tree.delete(transaction, &key[..length])?;
            }
            for entry in source.after(&moment, appended)? {
                let (key, value) = entry?;
                tree.put_with_flags(transaction, PutFlags::APPEND, key, value)?;
                *appended = key.to_vec();
            }
            Ok(())
        });
        self.last = last;
        result.map_err(|error| self.write_error(error))
    }

    fn write_error(&self, source: heed::Error) -> SpaceError {
        SpaceError::Copy {
            path: self.store.path().to_owned(),
            source,
        }
    }
}

impl Swap {
    /// Puts the copy in the place of the store. On the commit thread, so that nothing is committed meanwhile.
    pub(crate) fn run(self, shared: &Shared) {
        let Self { mut copy, done } = self;
        let result = copy.replace(shared);
        let size = result.map(|()| {
            let size = copy.store.size();
            let mut state = shared.state.lock();
            let old = mem::replace(&mut state.store, Arc::new(copy.store));
            state.commit_count += 1;
            drop(state);
            files::remove(old.path());
            shared.retired.lock().push(old);
            size
        });
        // Who asked may have gone.
        let _ = done.send(size);
    }
}

impl Copy {
    fn replace(&mut self, shared: &Shared) -> Result<(), SpaceError> {
        let source = Arc::clone(&shared.state.lock().store);
        let recording = shared.recorder.lock().take().unwrap_or_default();
        self.follow(&source, &recording)?;
        let path = files::next_path(source.path());
        let rename = |error: io::Error| SpaceError::Rename {
            path: path.clone(),
            source: error,
        };
        files::rename(self.store.path(), &path).map_err(rename)?;
        self.store.renamed(path);
        Ok(())
    }
}
