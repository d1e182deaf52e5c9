//! Reading a log: what a member must know after a restart, and what tools want to see.

use std::{fs::File, path::Path};

use bytes::Bytes;
use etcd_api::{
    Version, oldest_for,
    raftpb::{Entry, HardState},
    walpb::{Record, Snapshot},
};
use prost::Message;

use crate::{
    error::{At as _, WalError},
    name::{self, Name},
    record::{CRC, Decoder, ENTRY, METADATA, SNAPSHOT, STATE},
};

/// What a log holds behind a snapshot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// Whose log it is: `etcdserverpb.Metadata`, encoded.
    pub metadata: Option<Bytes>,
    /// The last state.
    pub state: HardState,
    /// The entries behind the snapshot, without those that later ones replaced. The last may not be committed.
    pub entries: Vec<Entry>,
    /// Index of the last entry in the log, also of those before the snapshot.
    pub last_index: u64,
}

/// A log that was read to its end.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) contents: Contents,
    /// Where the last segment goes on.
    pub(crate) end: u64,
    /// The checksum of everything before it.
    pub(crate) crc: u32,
}

/// Reads what comes behind a snapshot from a log that nobody repairs: a torn end is taken for the end.
///
/// # Errors
/// [`WalError`], when the log is damaged anywhere else or does not tell of the snapshot.
pub fn contents(folder: &Path, start: &Snapshot) -> Result<Contents, WalError> {
    read(folder, start, true).map(|log| log.contents)
}

pub(crate) fn read(
    folder: &Path,
    start: &Snapshot,
    torn_end_is_end: bool,
) -> Result<Log, WalError> {
    let names = name::list_from(folder, start.index())?;
    let mut gatherer = Gatherer::new(start);
    let (end, crc) = walk(folder, &names, torn_end_is_end, |decoder, record| {
        gatherer.take(decoder, record)
    })?;
    if !gatherer.found_start {
        return Err(WalError::SnapshotNotFound);
    }
    Ok(Log {
        contents: gatherer.contents,
        end,
        crc,
    })
}

/// Returns the snapshots a log tells of that were committed by its end.
///
/// # Errors
/// [`WalError`], when the log is damaged.
pub fn snapshots(folder: &Path) -> Result<Vec<Snapshot>, WalError> {
    let (mut snapshots, state) = snapshots_in(folder, &name::list(folder)?)?;
    snapshots.retain(|snapshot| snapshot.index() <= state.commit());
    Ok(snapshots)
}

/// Returns what segments tell of snapshots, and the last state.
fn snapshots_in(folder: &Path, names: &[Name]) -> Result<(Vec<Snapshot>, HardState), WalError> {
    let (mut snapshots, mut state) = (Vec::new(), HardState::default());
    walk(folder, names, true, |decoder, record| {
        match record.r#type() {
            SNAPSHOT => snapshots.push(decoded(decoder, &record)?),
            STATE => state = decoded(decoder, &record)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok((snapshots, state))
}

/// Returns the newest of [`snapshots`], without reading the segments before it.
///
/// # Errors
/// [`WalError`], when the log is damaged behind it.
pub fn newest_snapshot(folder: &Path) -> Result<Snapshot, WalError> {
    let mut committed = None;
    for name in name::list(folder)?.into_iter().rev() {
        let (found, state) = snapshots_in(folder, &[name])?;
        // Every segment begins with the state so far, so that the last one tells it.
        let committed = *committed.get_or_insert_with(|| state.commit());
        let mut newest_first = found.into_iter().rev();
        if let Some(newest) = newest_first.find(|snapshot| snapshot.index() <= committed) {
            return Ok(newest);
        }
    }
    Ok(Snapshot::default())
}

/// Returns the oldest version of etcd that can interpret what is behind the last snapshot; `None` when nothing is. The log may
/// be open for appending.
///
/// # Errors
/// [`WalError`], when the log is damaged or holds what no member writes.
///
/// Source: etcd v3.7 server/storage/storage.go `MinimalEtcdVersion`.
pub fn oldest_version(folder: &Path) -> Result<Option<Version>, WalError> {
    let start = newest_snapshot(folder)?;
    let contents = contents(folder, &start)?;
    oldest_for(&contents.entries).map_err(WalError::Version)
}

/// What a fuzzer calls: reads a segment of any bytes as one that may be torn, and gathers what is in it.
pub(crate) fn fuzz_record(data: &[u8]) {
    let bytes = Box::new(std::io::Cursor::new(data.to_vec()));
    let length = data.len() as u64;
    let mut decoder = Decoder::over(bytes, length, "fuzz.wal".to_owned(), 0, true);
    let mut gatherer = Gatherer::new(&Snapshot::default());
    while let Ok(Some(record)) = decoder.next() {
        if gatherer.take(&decoder, record).is_err() {
            return;
        }
    }
    assert!(decoder.offset() <= length, "nothing is read behind the end");
    let indexes = gatherer.contents.entries.iter().map(Entry::index);
    assert!(
        indexes.zip(1..).all(|(index, wanted)| index == wanted),
        "entries follow each other"
    );
}

/// Passes every record; returns the end of the last segment and the checksum there.
fn walk(
    folder: &Path,
    names: &[Name],
    torn_end_is_end: bool,
    mut take: impl FnMut(&Decoder, Record) -> Result<(), WalError>,
) -> Result<(u64, u32), WalError> {
    let (mut end, mut crc) = (0, 0);
    for (at, name) in names.iter().enumerate() {
        let path = folder.join(name.to_string());
        let file = File::open(&path).at("open", &path)?;
        let is_last = at + 1 == names.len();
        let mut decoder = Decoder::new(file, name.to_string(), crc, is_last).at("read", &path)?;
        loop {
            match decoder.next() {
                Ok(Some(record)) => take(&decoder, record)?,
                Ok(None) => break,
                Err(WalError::Torn { .. }) if is_last && torn_end_is_end => break,
                Err(error) => return Err(error),
            }
        }
        (end, crc) = (decoder.offset(), decoder.crc());
    }
    Ok((end, crc))
}

struct Gatherer {
    start: (u64, u64),
    found_start: bool,
    contents: Contents,
}

impl Gatherer {
    fn new(start: &Snapshot) -> Self {
        Self {
            start: (start.index(), start.term()),
            found_start: false,
            contents: Contents::default(),
        }
    }

    fn take(&mut self, decoder: &Decoder, record: Record) -> Result<(), WalError> {
        match record.r#type() {
            ENTRY => self.take_entry(decoded(decoder, &record)?),
            STATE => {
                self.contents.state = decoded(decoder, &record)?;
                Ok(())
            }
            METADATA => {
                let found = record.data.unwrap_or_default();
                match self.contents.metadata.replace(found.clone()) {
                    Some(before) if before != found => Err(WalError::MetadataConflict),
                    _ => Ok(()),
                }
            }
            SNAPSHOT => self.take_snapshot(&decoded(decoder, &record)?),
            CRC => Ok(()),
            kind => Err(decoder.malformed(format!("unexpected block type {kind}"))),
        }
    }

    fn take_entry(&mut self, entry: Entry) -> Result<(), WalError> {
        let entries = &mut self.contents.entries;
        self.contents.last_index = entry.index();
        let Some(position) = entry.index().checked_sub(self.start.0 + 1) else {
            return Ok(());
        };
        if position > entries.len() as u64 {
            return Err(WalError::EntryGap {
                snapshot: self.start,
                entry: (entry.index(), entry.term()),
                entries: entries.len(),
            });
        }
        // One that was not committed is replaced, and all behind it with it.
        entries.truncate(usize::try_from(position).expect("at most how many there are"));
        entries.push(entry);
        Ok(())
    }

    fn take_snapshot(&mut self, snapshot: &Snapshot) -> Result<(), WalError> {
        if snapshot.index() == self.start.0 {
            if snapshot.term() != self.start.1 {
                return Err(WalError::SnapshotMismatch);
            }
            self.found_start = true;
        }
        Ok(())
    }
}

fn decoded<M: Message + Default>(decoder: &Decoder, record: &Record) -> Result<M, WalError> {
    M::decode(record.data.clone().unwrap_or_default())
        .map_err(|error| decoder.malformed(error.to_string()))
}
