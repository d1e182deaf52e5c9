//! The store at a start: the index made anew from the records, which one thread reads while another puts them in order.
//!
//! Source: etcd v3.7 server/storage/mvcc/kvstore.go (restore).

use std::{
    collections::BTreeMap,
    ops::Range,
    panic::resume_unwind,
    sync::mpsc::{SyncSender, sync_channel},
    thread,
};

use etcd_backend::{Backend, Batch, View};

use crate::{
    Compaction, Error, Record, Revision, Store, Version,
    compact::Compactions,
    index::{Index, Place},
};

/// A store that was opened.
#[derive(Debug)]
pub struct Restored {
    /// The store.
    pub store: Store,
    /// The keys that have a lease, with it.
    pub leases: BTreeMap<Vec<u8>, i64>,
    /// A compaction that was accepted and not finished. It is to be run, as [`Store::compact`] says.
    pub compaction: Option<Compaction>,
}

impl Store {
    /// Opens the store that the backend has, which may be empty.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Damaged`] when there is something else in it than revisions.
    pub fn open(backend: &Backend) -> Result<Restored, Error> {
        let view = backend.view()?;
        let compactions = Compactions::restore(&view)?;
        let mut index = Index::default();
        let (chunks, sorted) = sync_channel(CHUNKS_AHEAD);
        // The only thread of this crate: nobody has the store yet, and a start should not take longer than it must.
        let Read { newest, leases } = thread::scope(|scope| {
            let reader = scope.spawn(move || read(&view, &chunks));
            for chunk in sorted {
                Chunk::add_to(chunk, &mut index);
            }
            reader.join().unwrap_or_else(|panic| resume_unwind(panic))
        })?;
        // The newest revisions may be compacted and gone (upstream's issue 17780): revisions never go back.
        let revision = newest.main.max(compactions.least_revision());
        let unfinished = compactions.unfinished();
        let mut store = Self {
            reader: backend.reader(),
            backend: backend.clone(),
            index,
            revision,
            compactions,
        };
        let compaction = unfinished.map(|revision| {
            let mut batch = Batch::new();
            let compaction = store.compact(revision, &mut batch);
            backend.write(batch);
            compaction
        });
        Ok(Restored {
            store,
            leases,
            compaction: compaction.transpose()?,
        })
    }
}

/// What is read beside the index.
struct Read {
    newest: Revision,
    leases: BTreeMap<Vec<u8>, i64>,
}

/// Reads all records, and hands on their keys and versions.
fn read(view: &View, chunks: &SyncSender<Chunk>) -> Result<Read, Error> {
    let mut chunk = Chunk::default();
    let mut newest = Revision::start(1);
    let mut leases = BTreeMap::new();
    for entry in view.revisions(&Revision::default().to_bytes())? {
        let (key, bytes) = entry?;
        let (revision, deleted) = Revision::parse(key).ok_or(Error::Damaged(newest))?;
        let record = Record::parse(&bytes).ok_or(Error::Damaged(revision))?;
        newest = revision;
        chunk.push(
            record.key,
            Version::new(revision, deleted, &record, bytes.len()),
        );
        if chunk.versions.len() == CHUNK_VERSIONS {
            hand_on(&mut chunk, chunks);
        }
        if record.lease != 0 {
            leases.insert(record.key.to_vec(), record.lease);
        } else if !leases.is_empty() {
            leases.remove(record.key);
        }
    }
    hand_on(&mut chunk, chunks);
    Ok(Read { newest, leases })
}

fn hand_on(chunk: &mut Chunk, chunks: &SyncSender<Chunk>) {
    let mut chunk = std::mem::take(chunk);
    chunk.sort();
    // Who takes them is there until this side is gone, or is panicking.
    let _ = chunks.send(chunk);
}

/// Versions on their way into the index. In order of their keys many find the same block at hand, in order of their revisions
/// each another.
#[derive(Debug, Default)]
struct Chunk {
    keys: Vec<u8>,
    versions: Vec<Entry>,
}

/// A key and one of its versions.
#[derive(Debug)]
struct Entry {
    /// The first bytes of the key, which tell most keys apart.
    head: u64,
    key: Range<u32>,
    version: Version,
}

/// Versions in a chunk: a few MiB.
const CHUNK_VERSIONS: usize = 1 << 16;

/// Chunks that may wait for the index.
const CHUNKS_AHEAD: usize = 1;

impl Chunk {
    fn push(&mut self, key: &[u8], version: Version) {
        let position = |keys: &Vec<u8>| {
            u32::try_from(keys.len()).expect("65,536 keys of requests are below 4 GiB")
        };
        let start = position(&self.keys);
        self.keys.extend_from_slice(key);
        let mut head = [0; 8];
        let length = key.len().min(head.len());
        head[..length].copy_from_slice(&key[..length]);
        self.versions.push(Entry {
            head: u64::from_be_bytes(head),
            key: start..position(&self.keys),
            version,
        });
    }

    fn key<'a>(keys: &'a [u8], entry: &Entry) -> &'a [u8] {
        &keys[entry.key.start as usize..entry.key.end as usize]
    }

    /// Those of one key stay in order.
    fn sort(&mut self) {
        let keys = &self.keys;
        self.versions.sort_by(|a, b| {
            a.head
                .cmp(&b.head)
                .then_with(|| Self::key(keys, a).cmp(Self::key(keys, b)))
        });
    }

    fn add_to(self, index: &mut Index) {
        let mut near = Place::default();
        for entry in &self.versions {
            let key = Self::key(&self.keys, entry);
            let found = index.find_near(near, key);
            near = found.unwrap_or_else(|place| place);
            index.push(found, key, entry.version);
        }
    }
}
