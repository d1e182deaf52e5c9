//! The end of the log in memory: what raft still reads and what slow followers still want.

use std::collections::VecDeque;

use raft::{
    GetEntriesContext, RaftState, Storage, StorageError,
    eraftpb::{ConfState, Entry, Snapshot, SnapshotMetadata},
};

/// What an entry takes in memory beside its bytes.
const ENTRY_BYTES: usize = size_of::<Entry>();

/// The log behind a point, and the point where a snapshot may be taken.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Only read when raft starts.
    initial: RaftState,
    /// Index and term of the entry before the first that is here.
    before: (u64, u64),
    entries: VecDeque<Entry>,
    /// What the entries take, in bytes.
    bytes: usize,
    /// Up to where entries were applied, and who took part then.
    applied: SnapshotMetadata,
}

impl Log {
    /// A log that goes on behind an entry of this index and term.
    pub(crate) fn new(initial: RaftState, before: (u64, u64)) -> Self {
        let mut log = Self {
            initial,
            before,
            ..Self::default()
        };
        log.applied.index = before.0;
        log
    }

    /// Appends entries; those of the same indexes and all behind them are replaced.
    pub(crate) fn append(&mut self, entries: &[Entry]) {
        let Some(first) = entries.first() else { return };
        assert!(
            self.before.0 < first.index && first.index <= self.last() + 1,
            "entries from {} do not follow ({}, {}]",
            first.index,
            self.before.0,
            self.last()
        );
        while self.last() >= first.index {
            let replaced = self.entries.pop_back();
            self.bytes -= replaced.map_or(0, |entry| bytes_of(&entry));
        }
        self.bytes += entries.iter().map(bytes_of).sum::<usize>();
        self.entries.extend(entries.iter().cloned());
    }

    /// Notes up to where entries were applied.
    pub(crate) fn set_applied(&mut self, index: u64) {
        self.applied.index = index;
    }

    pub(crate) fn set_conf_state(&mut self, state: ConfState) {
        self.applied.set_conf_state(state);
    }

    pub(crate) fn applied(&self) -> &SnapshotMetadata {
        &self.applied
    }

    /// Lets go of applied entries, but for this many of them or these bytes at most.
    pub(crate) fn compact(&mut self, keep_entries: u64, keep_bytes: usize) {
        loop {
            let kept = self.applied.index.saturating_sub(self.before.0);
            if kept == 0 || kept <= keep_entries && self.bytes <= keep_bytes {
                return;
            }
            let Some(entry) = self.entries.pop_front() else {
                return;
            };
            self.before = (entry.index, entry.term);
            self.bytes -= bytes_of(&entry);
        }
    }

    /// Begins anew behind a snapshot that came from the leader.
    pub(crate) fn restore(&mut self, snapshot: &SnapshotMetadata) {
        self.before = (snapshot.index, snapshot.term);
        self.entries.clear();
        self.bytes = 0;
        self.applied = snapshot.clone();
    }

    fn last(&self) -> u64 {
        self.before.0 + self.entries.len() as u64
    }

    fn position(&self, index: u64) -> Result<usize, StorageError> {
        let position = index
            .checked_sub(self.before.0 + 1)
            .ok_or(StorageError::Compacted)?;
        usize::try_from(position).map_err(|_| StorageError::Unavailable)
    }
}

fn bytes_of(entry: &Entry) -> usize {
    ENTRY_BYTES + entry.data.len() + entry.context.len()
}

impl Storage for Log {
    fn initial_state(&self) -> raft::Result<RaftState> {
        Ok(self.initial.clone())
    }

    fn entries(
        &self,
        low: u64,
        high: u64,
        max_size: impl Into<Option<u64>>,
        _context: GetEntriesContext,
    ) -> raft::Result<Vec<Entry>> {
        let (from, to) = (self.position(low)?, self.position(high)?);
        assert!(to <= self.entries.len(), "index {high} is behind the log");
        let mut left = max_size.into().unwrap_or(u64::MAX);
        let fits = |entry: &&Entry| {
            let bytes = bytes_of(entry) as u64;
            let fits = bytes <= left;
            left = left.saturating_sub(bytes);
            fits
        };
        let found: Vec<_> = self
            .entries
            .range(from..to)
            .take_while(fits)
            .cloned()
            .collect();
        if found.is_empty() {
            // One is always given, however long.
            return Ok(self.entries.range(from..to).take(1).cloned().collect());
        }
        Ok(found)
    }

    fn term(&self, index: u64) -> raft::Result<u64> {
        if index == self.before.0 {
            return Ok(self.before.1);
        }
        let entry = self.entries.get(self.position(index)?);
        Ok(entry.ok_or(StorageError::Unavailable)?.term)
    }

    fn first_index(&self) -> raft::Result<u64> {
        Ok(self.before.0 + 1)
    }

    fn last_index(&self) -> raft::Result<u64> {
        Ok(self.last())
    }

    /// What was applied; the store's data is put beside it by who sends the message.
    fn snapshot(&self, request_index: u64, _to: u64) -> raft::Result<Snapshot> {
        let mut metadata = self.applied.clone();
        if metadata.index == 0 || metadata.index < request_index {
            return Err(StorageError::SnapshotTemporarilyUnavailable.into());
        }
        metadata.term = self.term(metadata.index)?;
        let mut snapshot = Snapshot::default();
        snapshot.set_metadata(metadata);
        Ok(snapshot)
    }
}

#[cfg(test)]
mod tests;
