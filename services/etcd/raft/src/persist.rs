//! The thread that writes the log. It takes all that is queued, writes once and waits for the disk once, while the engine
//! gathers the next; nothing is delayed on purpose.
//!
//! A write or sync that fails is never tried again: what the disk holds is not known then. The failure is reported once, the
//! thread ends, and nothing is acknowledged any more.

use std::{
    io,
    path::PathBuf,
    sync::mpsc::{Receiver, Sender, TryRecvError, channel},
    thread::{self, JoinHandle},
};

use etcd_api::{raftpb, walpb};
use etcd_wal::{Wal, WalError, snap};
use raft::eraftpb::Entry;
use tracing::info;

use crate::wire;

/// What a [`crate::Ready`] wants written.
#[derive(Debug)]
pub struct Persist {
    pub(crate) number: u64,
    pub(crate) state: Option<raftpb::HardState>,
    pub(crate) entries: Vec<Entry>,
    /// Written before all else: the entries come behind it.
    pub(crate) snapshot: Option<raftpb::Snapshot>,
}

/// What the writer tells.
#[derive(Debug)]
pub enum Report {
    /// All up to a number is on disk.
    Persisted(Persisted),
    /// A snapshot that [`Writer::snapshot`] was given is on disk.
    SnapshotSaved {
        /// Its index.
        index: u64,
    },
    /// The last report: nothing more will ever be on disk. The process must end.
    Failed(WriterError),
}

/// A round of writing.
#[derive(Clone, Copy, Debug)]
pub struct Persisted {
    /// What [`crate::Node::persisted`] wants.
    pub number: u64,
    /// What the write and the sync took.
    pub saved: etcd_wal::Saved,
}

/// Why nothing is written any more.
#[derive(Debug, thiserror::Error)]
pub enum WriterError {
    /// The disk failed.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// The thread has a fault of its own.
    #[error("the thread that writes the log panicked")]
    Panicked,
    /// There is no thread.
    #[error("start the thread that writes the log")]
    Thread(#[source] io::Error),
}

/// What waits to be written. Its length is bounded by what the server lets be proposed.
enum Job {
    Persist(Persist),
    Snapshot(raftpb::Snapshot),
}

/// A round ends when it has gathered this many bytes, so that memory is bounded and nobody waits for a long one.
const ROUND_BYTES: usize = 4 << 20;

/// The thread that writes the log.
#[derive(Debug)]
pub struct Writer {
    /// Taken when the writer stops.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. `report` is called on it, and should wake the engine.
    ///
    /// # Errors
    /// When there can be no more threads.
    pub fn start(
        wal: Wal,
        snap_folder: PathBuf,
        report: impl FnMut(Report) + Send + 'static,
    ) -> Result<Self, WriterError> {
        let (jobs, queue) = channel();
        let thread = thread::Builder::new()
            .name("wal".into())
            .spawn(move || {
                let mut rounds = Rounds {
                    wal,
                    snap_folder,
                    report,
                    is_whole: false,
                };
                let ended = rounds.run(&queue);
                rounds.is_whole = true;
                if let Err(error) = ended {
                    (rounds.report)(Report::Failed(error.into()));
                }
            })
            .map_err(WriterError::Thread)?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Queues what a ready wants written.
    pub fn persist(&self, persist: Persist) {
        self.queue(Job::Persist(persist));
    }

    /// Queues a snapshot of what was applied: its file, its record in the log, and letting go of the segments before it. The
    /// store must be on disk up to its index by now.
    pub fn snapshot(&self, snapshot: raftpb::Snapshot) {
        self.queue(Job::Snapshot(snapshot));
    }

    fn queue(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // A thread that ended has reported why; what comes now is never acknowledged.
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Writer {
    /// Waits until all that is queued is written.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic was reported.
            let _ = thread.join();
        }
    }
}

struct Rounds<R: FnMut(Report)> {
    wal: Wal,
    snap_folder: PathBuf,
    report: R,
    /// Whether the thread came to its end; otherwise it panicked.
    is_whole: bool,
}

impl<R: FnMut(Report)> Drop for Rounds<R> {
    fn drop(&mut self) {
        if !self.is_whole {
            (self.report)(Report::Failed(WriterError::Panicked));
        }
    }
}

impl<R: FnMut(Report)> Rounds<R> {
    fn run(&mut self, queue: &Receiver<Job>) -> Result<(), WalError> {
        while let Ok(first) = queue.recv() {
            let mut next = Some(first);
            while let Some(job) = next.take() {
                next = self.round(job, queue)?;
            }
        }
        Ok(())
    }

    /// Writes what is queued, up to a snapshot. Returns the job that ended the round, if one did.
    fn round(&mut self, first: Job, queue: &Receiver<Job>) -> Result<Option<Job>, WalError> {
        let mut job = first;
        let mut number = None;
        let left = loop {
            match job {
                Job::Persist(persist) if persist.snapshot.is_none() => {
                    number = Some(persist.number);
                    if self.put(persist) >= ROUND_BYTES {
                        break None;
                    }
                }
                // A snapshot has a round of its own.
                other if number.is_some() => break Some(other),
                other => return self.snapshot_round(other).map(|()| None),
            }
            match queue.try_recv() {
                Ok(next) => job = next,
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break None,
            }
        };
        if let Some(number) = number {
            let saved = self.wal.flush()?;
            (self.report)(Report::Persisted(Persisted { number, saved }));
        }
        Ok(left)
    }

    /// Segments are let go only once the record of the snapshot and a state that commits it are on disk.
    fn snapshot_round(&mut self, job: Job) -> Result<(), WalError> {
        match job {
            Job::Persist(mut persist) => {
                let index = self.put_snapshot(&persist.snapshot.take().unwrap_or_default())?;
                let number = persist.number;
                self.put(persist);
                let saved = self.wal.flush()?;
                self.wal.release_to(index);
                (self.report)(Report::Persisted(Persisted { number, saved }));
            }
            Job::Snapshot(snapshot) => {
                let index = self.put_snapshot(&snapshot)?;
                self.wal.flush()?;
                self.wal.release_to(index);
                info!(snapshot_index = index, "saved snapshot to disk"); // upstream's text
                (self.report)(Report::SnapshotSaved { index });
            }
        }
        Ok(())
    }

    fn put(&mut self, persist: Persist) -> usize {
        let entries: Vec<_> = persist.entries.into_iter().map(wire::entry_out).collect();
        self.wal.put(&persist.state.unwrap_or_default(), &entries)
    }

    /// First the file, then the record: a record whose file is missing would be worse than a file nobody knows of.
    fn put_snapshot(&mut self, snapshot: &raftpb::Snapshot) -> Result<u64, WalError> {
        let metadata = snapshot.metadata.clone().unwrap_or_default();
        snap::save(&self.snap_folder, snapshot)?;
        let index = metadata.index();
        self.wal.put_snapshot(&walpb::Snapshot {
            index: metadata.index,
            term: metadata.term,
            conf_state: metadata.conf_state,
        })?;
        Ok(index)
    }
}

#[cfg(test)]
mod tests;
