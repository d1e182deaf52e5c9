//! A moment of the store: all that was written before, durable or not, and nothing that comes after.

use std::{
    collections::BTreeMap,
    fmt,
    iter::Peekable,
    ops::{Bound, Deref},
    sync::Arc,
    vec,
};

use bytes::Bytes;
use heed::{RoPrefix, RoRange, RoTxn, WithoutTls, types::Bytes as Raw};

use crate::{
    Bucket, ReadError,
    bucket::Stored,
    queue::{Layer, Revision},
    store::{Store, tree_key},
};

/// A moment of the store. It may be read on any thread, one at a time, and holds on to pages for as long as it lives.
pub struct View {
    pub(crate) store: Arc<Store>,
    pub(crate) transaction: RoTxn<'static, WithoutTls>,
    /// What was not durable, newest first: what waits, and what a commit is writing.
    pub(crate) layers: [Layer; 2],
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("store", &self.store.path())
            .finish_non_exhaustive()
    }
}

/// A value, in the store's pages or in the queue: no copy.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// In a page of the store.
    Page(&'a [u8]),
    /// Written, and not durable when the view was made.
    Queued(Bytes),
}

impl Deref for Value<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Value::Page(bytes) => bytes,
            Value::Queued(bytes) => bytes,
        }
    }
}

impl View {
    /// Returns the value of a key.
    ///
    /// # Errors
    /// [`ReadError`] when the file is damaged.
    pub fn get(&self, bucket: Bucket, key: &[u8]) -> Result<Option<Value<'_>>, ReadError> {
        if bucket == Bucket::Key {
            return self.revision(key);
        }
        let stored_key = Stored::key(bucket, key);
        for layer in &self.layers {
            if let Some(value) = layer.small_value(&stored_key) {
                let value = value.as_ref();
                return Ok(value.map(|value| {
                    Value::Queued(value.slice_ref(Stored::value(&stored_key, value)))
                }));
            }
        }
        let value = self.page(&stored_key)?;
        Ok(value.map(|value| Value::Page(Stored::value(&stored_key, value))))
    }

    fn revision(&self, key: &[u8]) -> Result<Option<Value<'_>>, ReadError> {
        for layer in &self.layers {
            if let Some(value) = layer.value(key) {
                return Ok(Some(Value::Queued(value.clone())));
            }
        }
        let (key, length) = tree_key(key);
        Ok(self.page(&key[..length])?.map(Value::Page))
    }

    fn page(&self, tree_key: &[u8]) -> Result<Option<&[u8]>, ReadError> {
        let value = self.store.tree().get(&self.transaction, tree_key);
        let value = value.map_err(|source| self.store.read_error(source))?;
        if let Some(value) = value {
            self.store.touch(value);
        }
        self.store.release_pages();
        Ok(value)
    }

    /// Walks a bucket other than `key`, in order of its keys (by checksum where the first 480 bytes are equal).
    ///
    /// # Errors
    /// [`ReadError`] when the file is damaged.
    pub fn iter(&self, bucket: Bucket) -> Result<Entries<'_>, ReadError> {
        assert!(
            bucket != Bucket::Key,
            "bucket `key` is walked by `revisions`"
        );
        let tag = [bucket.tag()];
        let pages = self.store.tree().prefix_iter(&self.transaction, &tag);
        let pages = pages.map_err(|source| self.store.read_error(source))?;
        let mut queued = BTreeMap::new();
        for layer in self.layers.iter().rev() {
            queued.extend(layer.small_bucket(bucket));
        }
        let queued: Vec<_> = queued
            .into_iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        Ok(Entries {
            store: &self.store,
            pages: pages.peekable(),
            queued: queued.into_iter().peekable(),
        })
    }

    /// Walks the revisions from `from` on, in order, values in the pages or the queue.
    ///
    /// # Errors
    /// [`ReadError`] when the file is damaged.
    pub fn revisions(&self, from: &[u8]) -> Result<Revisions<'_>, ReadError> {
        let (start, length) = tree_key(from);
        let pages = self.store.tree().range(
            &self.transaction,
            &(Bound::Included(&start[..length]), Bound::Unbounded),
        );
        let pages = pages.map_err(|source| self.store.read_error(source))?;
        let from = Bytes::copy_from_slice(from);
        let layers = self.layers.iter().rev();
        let mut removed: Vec<_> = layers
            .clone()
            .flat_map(Layer::removed)
            .map(|key| &key[..])
            .collect();
        removed.sort_unstable();
        Ok(Revisions {
            store: &self.store,
            pages: Some(pages),
            queued: Box::new(layers.flat_map(move |layer| layer.revisions(from.clone()))),
            last: &[],
            removed: removed.into_iter(),
        })
    }
}

/// The entries of a bucket, key and value, in order of the keys.
pub struct Entries<'a> {
    store: &'a Store,
    pages: Peekable<RoPrefix<'a, Raw, Raw>>,
    queued: Peekable<vec::IntoIter<(Bytes, Option<Bytes>)>>,
}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").finish_non_exhaustive()
    }
}

impl Entries<'_> {
    fn queued_first(&mut self) -> bool {
        match (self.pages.peek(), self.queued.peek()) {
            (Some(Ok((page, _))), Some((queued, _))) => queued[..] <= **page,
            (Some(Err(_)), _) | (_, None) => false,
            (None, Some(_)) => true,
        }
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<(Bytes, Bytes), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let owned = |key: &[u8], value: &[u8]| {
            let (key, value) = Stored::split(key, value);
            Some(Ok((
                Bytes::copy_from_slice(key),
                Bytes::copy_from_slice(value),
            )))
        };
        while self.queued_first() {
            let (key, value) = self.queued.next()?;
            // What is queued takes the place of what is in a page.
            self.pages
                .next_if(|page| page.as_ref().is_ok_and(|(page, _)| **page == key[..]));
            if let Some(value) = value {
                return owned(&key, &value);
            }
        }
        match self.pages.next()? {
            Ok((key, value)) => owned(key, value),
            Err(source) => Some(Err(self.store.read_error(source))),
        }
    }
}

/// The revisions of the store: key and value, ascending.
pub struct Revisions<'a> {
    store: &'a Store,
    pages: Option<RoRange<'a, Raw, Raw>>,
    queued: Box<dyn Iterator<Item = &'a Revision> + Send + 'a>,
    /// The last one that came from a page: what is queued may be in the pages too.
    last: &'a [u8],
    /// Those that go, ascending.
    removed: vec::IntoIter<&'a [u8]>,
}

impl Revisions<'_> {
    /// Whether a revision's removal was written. Revisions are asked for in order.
    fn is_removed(&mut self, key: &[u8]) -> bool {
        while self
            .removed
            .as_slice()
            .first()
            .is_some_and(|removed| *removed < key)
        {
            self.removed.next();
        }
        self.removed.as_slice().first() == Some(&key)
    }
}

impl fmt::Debug for Revisions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revisions").finish_non_exhaustive()
    }
}

impl<'a> Iterator for Revisions<'a> {
    type Item = Result<(&'a [u8], Value<'a>), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(pages) = &mut self.pages {
            match pages.next() {
                Some(Ok((key, value))) => {
                    self.last = &key[1..];
                    self.store.touch(value);
                    self.store.release_pages();
                    if !self.is_removed(self.last) {
                        return Some(Ok((self.last, Value::Page(value))));
                    }
                }
                Some(Err(source)) => return Some(Err(self.store.read_error(source))),
                None => self.pages = None,
            }
        }
        let last = self.last;
        loop {
            let revision = self.queued.find(|revision| revision.key[..] > *last)?;
            if !self.is_removed(&revision.key) {
                return Some(Ok((&revision.key, Value::Queued(revision.value.clone()))));
            }
        }
    }
}
