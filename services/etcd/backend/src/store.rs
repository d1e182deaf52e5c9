//! One file of the store: the LMDB environment, what is read and written in it, and its sizes.

use std::{
    ops::{Bound, Range},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use heed::{
    CommitOrAbort, Database, Env, PutFlags, RoRange, RoTxn, RwTxn, WithoutTls, types::Bytes as Raw,
};
use tracing::warn;

use crate::{
    Bucket, OpenError, ReadError, files,
    pages::{self, AROUND, TOUCHED_MAX},
    queue::Layer,
    sys,
};

/// Views that can be open at once. Each has a slot in the lock file.
const READERS_MAX: u32 = 4096;

/// An open file.
#[derive(Debug)]
pub(crate) struct Store {
    env: Env<WithoutTls>,
    tree: Tree,
    path: PathBuf,
    /// Bytes of the file.
    size: AtomicU64,
    /// Bytes of it that hold something.
    size_in_use: AtomicU64,
    /// Bytes that were looked at since pages were let go of.
    touched: AtomicUsize,
    /// Where the last one was, in pieces that come into memory together.
    last_touched: AtomicUsize,
    /// Where the file is mapped, as soon as that is known.
    mapping: OnceLock<Range<usize>>,
}

/// The one tree of a file.
pub(crate) type Tree = Database<'static, Raw, Raw>;

impl Store {
    /// Opens a file, and makes it when there is none.
    pub(crate) fn open(path: PathBuf, size_max: usize) -> Result<Self, OpenError> {
        match Self::open_file(&path, size_max) {
            Ok(store) => Ok(store),
            Err(source) => Err(OpenError::Store { path, source }),
        }
    }

    fn open_file(path: &Path, size_max: usize) -> heed::Result<Self> {
        files::reserve_lock(path, READERS_MAX)?;
        let env = map(path, size_max)?;
        let transaction = env.write_txn()?;
        let tree = env
            .create_databases_and_commit(transaction, |opener, transaction| {
                let tree = opener
                    .database_options()
                    .types::<Raw, Raw>()
                    .create(transaction)?;
                Ok::<_, heed::Error>(CommitOrAbort::<_, ()>::Commit(tree))
            })?
            .unwrap_commit();
        let store = Self {
            env,
            tree,
            path: path.to_owned(),
            size: AtomicU64::new(0),
            size_in_use: AtomicU64::new(0),
            touched: AtomicUsize::new(0),
            last_touched: AtomicUsize::new(0),
            mapping: OnceLock::new(),
        };
        store.measure()?;
        Ok(store)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn tree(&self) -> Tree {
        self.tree
    }

    pub(crate) fn size(&self) -> u64 {
        self.size.load(Ordering::Relaxed)
    }

    pub(crate) fn size_in_use(&self) -> u64 {
        self.size_in_use.load(Ordering::Relaxed)
    }

    /// A moment of the file. It keeps pages from being used again for as long as it lives.
    pub(crate) fn read(&self) -> Result<RoTxn<'static, WithoutTls>, ReadError> {
        let transaction = self.env.clone().static_read_txn();
        transaction.map_err(|source| self.read_error(source))
    }

    pub(crate) fn read_error(&self, source: heed::Error) -> ReadError {
        ReadError {
            path: self.path.clone(),
            source,
        }
    }

    /// Writes a layer and syncs it: all of it is durable after `Ok`, nothing of it is there after `Err`.
    pub(crate) fn commit(&self, layer: &Layer) -> heed::Result<()> {
        self.change(|_, transaction| self.put_all(transaction, layer))
    }

    /// Changes the tree, and syncs it.
    pub(crate) fn change<'a>(
        &'a self,
        change: impl FnOnce(Tree, &mut RwTxn<'a>) -> heed::Result<()>,
    ) -> heed::Result<()> {
        let mut transaction = self.env.write_txn()?;
        change(self.tree, &mut transaction)?;
        transaction.commit()?;
        if let Err(error) = self.measure() {
            // What is committed is committed.
            warn!(path = %self.path.display(), %error, "the sizes of the store are those of the commit before");
        }
        Ok(())
    }

    /// All entries of the tree after a key, which may be none.
    pub(crate) fn after<'a>(
        &self,
        moment: &'a RoTxn<'static, WithoutTls>,
        key: &[u8],
    ) -> heed::Result<RoRange<'a, Raw, Raw>> {
        let start = if key.is_empty() {
            Bound::Unbounded
        } else {
            Bound::Excluded(key)
        };
        self.tree.range(moment, &(start, Bound::Unbounded))
    }

    /// The last key of the tree; nothing when it has none.
    pub(crate) fn last_key(&self, moment: &RoTxn<'static, WithoutTls>) -> heed::Result<Vec<u8>> {
        let last = self.tree.last(moment)?;
        Ok(last.map_or_else(Vec::new, |(key, _)| key.to_vec()))
    }

    /// Takes note that a value in the file was looked at.
    pub(crate) fn touch(&self, value: &[u8]) {
        let around = value.as_ptr().addr() / AROUND;
        // What is near the last one is there with it.
        if self.last_touched.swap(around, Ordering::Relaxed) != around {
            let bytes = value.len().next_multiple_of(AROUND);
            self.touched.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Lets go of the file's pages when many were looked at.
    pub(crate) fn release_pages(&self) {
        if self.touched.load(Ordering::Relaxed) < TOUCHED_MAX {
            return;
        }
        self.touched.store(0, Ordering::Relaxed);
        if let Some(mapping) = self.mapping.get().cloned().or_else(|| self.find_mapping()) {
            sys::release(&mapping);
        }
    }

    /// LMDB does not say where it maps the file, but any key is in it.
    fn find_mapping(&self) -> Option<Range<usize>> {
        let moment = self.env.read_txn().ok()?;
        let (key, _) = self.tree.first(&moment).ok()??;
        let mapping = pages::mapping(key.as_ptr().addr())?;
        Some(self.mapping.get_or_init(|| mapping).clone())
    }

    /// Takes note that the file has another name.
    pub(crate) fn renamed(&mut self, path: PathBuf) {
        self.path = path;
    }

    fn put_all(&self, transaction: &mut RwTxn<'_>, layer: &Layer) -> heed::Result<()> {
        for (key, value) in layer.small() {
            match value {
                Some(value) => self.tree.put(transaction, key, value)?,
                None => {
                    self.tree.delete(transaction, key)?;
                }
            }
        }
        for revision in layer.revisions(Bytes::new()) {
            let (key, length) = tree_key(&revision.key);
            self.tree.put_with_flags(
                transaction,
                PutFlags::APPEND,
                &key[..length],
                &revision.value,
            )?;
        }
        for key in layer.removed() {
            let (key, length) = tree_key(key);
            self.tree.delete(transaction, &key[..length])?;
        }
        Ok(())
    }

    fn measure(&self) -> heed::Result<()> {
        let transaction = self.env.read_txn()?;
        let stat = self.tree.stat(&transaction)?;
        let pages = stat.branch_pages + stat.leaf_pages + stat.overflow_pages;
        let page_bytes = u64::from(stat.page_size);
        let file_pages = self.env.info().last_page_number as u64 + 1;
        self.size.store(file_pages * page_bytes, Ordering::Relaxed);
        self.size_in_use
            .store((pages as u64 + META_PAGES) * page_bytes, Ordering::Relaxed);
        Ok(())
    }
}

/// Pages at the start of the file that point to the tree.
const META_PAGES: u64 = 2;

/// A revision's key in the tree, and its length.
pub(crate) fn tree_key(key: &[u8]) -> ([u8; 19], usize) {
    let mut tree_key = [0; 19];
    tree_key[0] = Bucket::Key.tag();
    tree_key[1..=key.len()].copy_from_slice(key);
    (tree_key, 1 + key.len())
}

/// Maps the file. Where address space is limited (`ulimit -v`), less of it has to do.
fn map(path: &Path, size_max: usize) -> heed::Result<Env<WithoutTls>> {
    const SIZE_LEAST: usize = 1 << 30;
    let mut size = size_max;
    loop {
        match sys::open(path, size, READERS_MAX) {
            Err(heed::Error::Io(error))
                if error.raw_os_error() == Some(libc::ENOMEM) && size / 2 >= SIZE_LEAST =>
            {
                size /= 2;
            }
            result => return result,
        }
    }
}
