//! Beginning a log, and opening one that is there.

use std::{
    collections::VecDeque,
    fs, io,
    os::unix::fs::{DirBuilderExt as _, FileExt as _},
    path::{Path, PathBuf},
};

use etcd_api::{
    raftpb::{Entry, HardState},
    walpb::Snapshot,
};

use super::{Options, Wal, is_empty};
use crate::{
    error::{At as _, WalError},
    name::{self, Name},
    pipeline::Pipeline,
    read::{self, Contents, Log},
    record::{Encoder, METADATA, SNAPSHOT, STATE},
    segment::{Segment, sync_folder},
};

impl Wal {
    /// Begins a log whose segments all carry this metadata (`etcdserverpb.Metadata`, encoded). A crash leaves a whole log or
    /// none.
    ///
    /// # Errors
    /// When there is a log, or the folder cannot be made.
    pub fn create(folder: &Path, metadata: &[u8], options: Options) -> Result<Self, WalError> {
        Self::create_with(folder, metadata, &HardState::default(), &[], options)
    }

    /// As [`Self::create`], with a state and entries that are there from the beginning: a crash never leaves a log without
    /// them.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_with(
        folder: &Path,
        metadata: &[u8],
        state: &HardState,
        entries: &[Entry],
        options: Options,
    ) -> Result<Self, WalError> {
        if name::exists(folder) {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists)).at("create", folder);
        }
        let mut unfinished = folder.as_os_str().to_owned();
        unfinished.push(".tmp");
        let unfinished = PathBuf::from(unfinished);
        for old in [&unfinished, folder] {
            match fs::remove_dir_all(old) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).at("remove", old);
                }
                _ => {}
            }
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&unfinished).at("create", &unfinished)?;
        let name = Name {
            sequence: 0,
            index: 0,
        };
        let mut tail = Segment::create(unfinished.join(name.to_string()), options.segment_bytes)?;
        let mut encoder = Encoder::new(0);
        let mut buffer = Vec::new();
        encoder.put_crc(&mut buffer);
        encoder.put_bytes(&mut buffer, METADATA, metadata);
        let initial = Snapshot {
            index: Some(0),
            term: Some(0),
            conf_state: None,
        };
        encoder.put(&mut buffer, SNAPSHOT, &initial);
        for entry in entries {
            encoder.put_entry(&mut buffer, entry);
        }
        if !is_empty(state) {
            encoder.put(&mut buffer, STATE, state);
        }
        tail.file.write_all_at(&buffer, 0).at("write", &tail.path)?;
        tail.sync()?;
        sync_folder(&unfinished)?;
        fs::rename(&unfinished, folder).at("rename", &unfinished)?;
        sync_folder(match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        })?;
        tail.path = folder.join(name.to_string());
        Ok(Self {
            position: buffer.len() as u64,
            zeroed_to: 0,
            state: *state,
            last_index: entries.last().map_or(0, Entry::index),
            metadata: metadata.to_vec(),
            older: VecDeque::new(),
            pipeline: Pipeline::start(folder.to_owned(), options.segment_bytes),
            folder: folder.to_owned(),
            buffer: Vec::new(),
            must_sync: false,
            tail_name: name,
            options,
            encoder,
            tail,
        })
    }

    /// Opens a log and reads what comes behind a snapshot.
    ///
    /// # Errors
    /// [`WalError::Torn`] when [`crate::repair`] must be called first; any other when the log cannot be used.
    pub fn open(
        folder: &Path,
        start: &Snapshot,
        options: Options,
    ) -> Result<(Self, Contents), WalError> {
        let lock = |name: &Name| Segment::open(folder.join(name.to_string()));
        let locked = name::list_from(folder, start.index.unwrap_or_default())?
            .into_iter()
            .map(|name| Ok((name, lock(&name)?)));
        let mut older = locked.collect::<Result<VecDeque<_>, WalError>>()?;
        let Log { contents, end, crc } = read::read(folder, start, false)?;
        let (tail_name, tail) = older.pop_back().ok_or(WalError::FileNotFound)?;
        // What was half written behind the end would be taken for records once the end has moved there.
        tail.clear_from(end)?;
        let wal = Self {
            metadata: contents.metadata.clone().unwrap_or_default().to_vec(),
            state: contents.state,
            last_index: contents.last_index,
            encoder: Encoder::new(crc),
            pipeline: Pipeline::start(folder.to_owned(), options.segment_bytes),
            folder: folder.to_owned(),
            buffer: Vec::new(),
            must_sync: false,
            position: end,
            zeroed_to: end,
            options,
            tail,
            tail_name,
            older,
        };
        Ok((wal, contents))
    }
}
