//! Appending to a log.
//!
//! A save is one write and at most one sync. A segment that is full is cut to what it holds, and the next one begins with
//! the checksum so far, the metadata and the last state, so that segments before it can be removed.
//!
//! Source: etcd v3.7 server/storage/wal/wal.go.

use std::{
    collections::VecDeque,
    fs, io,
    os::unix::fs::FileExt as _,
    path::PathBuf,
    time::{Duration, Instant},
};

use etcd_api::{
    raftpb::{Entry, HardState},
    walpb::Snapshot,
};
use tracing::{info, warn};

use crate::{
    error::{At as _, WalError},
    name::Name,
    pipeline::Pipeline,
    record::{Encoder, METADATA, SNAPSHOT, STATE},
    segment::{Segment, sync_folder},
};

mod open;

/// How a log is written.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long a segment gets before the next one is begun, in bytes. Default 64,000,000.
    pub segment_bytes: u64,
    /// Whether saves wait for the disk (default true); without it a power cut loses what was acknowledged.
    pub sync: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64_000_000,
            sync: true,
        }
    }
}

/// A sync that takes longer is logged.
const SLOW_SYNC: Duration = Duration::from_secs(1);

/// Written ahead of the records.
static ZEROS: [u8; 256 << 10] = [0; 256 << 10];

/// What a save took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Saved {
    /// Bytes written, frames and padding too.
    pub bytes: usize,
    /// How long the write took, without waiting for the disk.
    pub written: Duration,
    /// How long the disk was waited for, if it was.
    pub synced: Option<Duration>,
}

/// A log open for appending. Its segments are locked.
#[derive(Debug)]
pub struct Wal {
    folder: PathBuf,
    options: Options,
    metadata: Vec<u8>,
    state: HardState,
    last_index: u64,
    encoder: Encoder,
    /// Records on their way into the tail.
    buffer: Vec<u8>,
    /// Whether somebody waits for these to be on disk.
    must_sync: bool,
    tail: Segment,
    tail_name: Name,
    /// Where the tail goes on.
    position: u64,
    /// Up to where it was written, with zeros at the end.
    zeroed_to: u64,
    /// Segments before the tail that are still needed.
    older: VecDeque<(Name, Segment)>,
    pipeline: Pipeline,
}

impl Wal {
    /// Saves entries, and the state if it is not empty, in one write. Waits for the disk if raft needs that.
    ///
    /// # Errors
    /// As [`Self::flush`].
    pub fn save(&mut self, state: &HardState, entries: &[Entry]) -> Result<Saved, WalError> {
        self.put(state, entries);
        self.flush()
    }

    /// Saves that there is a snapshot, and waits for the disk.
    ///
    /// # Errors
    /// As [`Self::put_snapshot`] and [`Self::flush`].
    pub fn save_snapshot(&mut self, snapshot: &Snapshot) -> Result<Saved, WalError> {
        self.put_snapshot(snapshot)?;
        self.flush()
    }

    /// Puts that there is a snapshot behind what waits for the next [`Self::flush`].
    ///
    /// # Errors
    /// When a snapshot that is not the first does not say who votes.
    pub fn put_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), WalError> {
        if snapshot.index() > 0 && snapshot.conf_state.is_none() {
            let what = "Saved (not-initial) snapshot is missing ConfState"; // upstream's text
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what))
                .at("write", &self.folder);
        }
        self.encoder.put(&mut self.buffer, SNAPSHOT, snapshot);
        self.last_index = self.last_index.max(snapshot.index());
        self.must_sync = true;
        Ok(())
    }

    /// Puts entries, and the state if it is not empty, behind what waits for the next [`Self::flush`]. Returns how many bytes
    /// wait then.
    pub fn put(&mut self, state: &HardState, entries: &[Entry]) -> usize {
        for entry in entries {
            self.encoder.put_entry(&mut self.buffer, entry);
            self.last_index = entry.index();
        }
        self.must_sync |= !entries.is_empty();
        if !is_empty(state) {
            self.must_sync |=
                state.term() != self.state.term() || state.vote() != self.state.vote();
            self.encoder.put(&mut self.buffer, STATE, state);
            self.state = *state;
        }
        self.buffer.len()
    }

    /// Writes all that waits, in one write. Waits for the disk if raft needs that: for entries, and for another term or vote.
    /// Goes on in the next segment if this one is full.
    ///
    /// # Errors
    /// When the disk fails; then nothing may be acknowledged any more, and the process must end.
    pub fn flush(&mut self) -> Result<Saved, WalError> {
        let bytes = self.buffer.len();
        let began = Instant::now();
        self.write_buffer()?;
        let written = began.elapsed();
        let must_sync = std::mem::take(&mut self.must_sync);
        let synced = if self.position >= self.options.segment_bytes {
            Some(self.cut()?)
        } else if must_sync {
            Some(self.sync()?)
        } else {
            None
        };
        Ok(Saved {
            bytes,
            written,
            synced,
        })
    }

    /// Lets go of segments whose entries all lie before `index`; who purges may remove them then.
    pub fn release_to(&mut self, index: u64) {
        let next_begins = |this: &Self| {
            this.older
                .get(1)
                .map_or(this.tail_name.index, |(name, _)| name.index)
        };
        while !self.older.is_empty() && next_begins(self) < index {
            self.older.pop_front();
        }
    }

    fn write_buffer(&mut self) -> Result<(), WalError> {
        let tail = &self.tail;
        tail.file
            .write_all_at(&self.buffer, self.position)
            .at("write", &tail.path)?;
        self.position += self.buffer.len() as u64;
        self.buffer.clear();
        self.zero_ahead()
    }

    /// Writes zeros over what comes next, now and then. Room that is allocated but was never written costs the file system a
    /// change of its own records at each sync; this way it is one for many.
    fn zero_ahead(&mut self) -> Result<(), WalError> {
        if self.position <= self.zeroed_to {
            return Ok(());
        }
        let end = self.position.next_multiple_of(ZEROS.len() as u64);
        let end = end.min(self.options.segment_bytes).max(self.position);
        let length = usize::try_from(end - self.position).expect("at most all zeros there are");
        self.tail
            .file
            .write_all_at(&ZEROS[..length], self.position)
            .at("write", &self.tail.path)?;
        self.zeroed_to = end;
        Ok(())
    }

    fn sync(&self) -> Result<Duration, WalError> {
        if !self.options.sync {
            return Ok(Duration::ZERO);
        }
        let started = Instant::now();
        self.tail.sync()?;
        let took = started.elapsed();
        if took > SLOW_SYNC {
            warn!(took = ?took, expected_duration = ?SLOW_SYNC, "slow fdatasync"); // upstream's text
        }
        Ok(took)
    }

    fn cut(&mut self) -> Result<Duration, WalError> {
        let tail = &self.tail;
        tail.file
            .set_len(self.position)
            .at("truncate", &tail.path)?;
        let mut took = self.sync()?;
        let name = Name {
            sequence: self.tail_name.sequence + 1,
            index: self.last_index + 1,
        };
        let next = self.pipeline.next()?;
        self.older
            .push_back((self.tail_name, std::mem::replace(&mut self.tail, next)));
        (self.position, self.zeroed_to) = (0, 0);
        self.encoder.put_crc(&mut self.buffer);
        self.encoder
            .put_bytes(&mut self.buffer, METADATA, &self.metadata);
        if self.state != HardState::default() {
            self.encoder.put(&mut self.buffer, STATE, &self.state);
        }
        self.write_buffer()?;
        took += self.sync()?;
        let path = self.folder.join(name.to_string());
        fs::rename(&self.tail.path, &path).at("rename", &self.tail.path)?;
        sync_folder(&self.folder)?;
        info!(path = %path.display(), "created a new WAL segment"); // upstream's text
        (self.tail.path, self.tail_name) = (path, name);
        Ok(took)
    }
}

fn is_empty(state: &HardState) -> bool {
    [state.term, state.vote, state.commit]
        .iter()
        .all(|number| number.unwrap_or_default() == 0)
}

#[cfg(test)]
mod tests;
