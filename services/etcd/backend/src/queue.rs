//! What was written and is not durable yet, readable as it will be: revisions in order, everything else by key.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;

use crate::{Batch, Bucket, batch::Change, bucket::Stored};

/// Changes of whole batches, cheap to copy for a view.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    /// Revisions, ascending, in pieces that no longer change.
    pieces: Vec<Arc<Vec<Revision>>>,
    /// The newest revisions.
    tail: Vec<Revision>,
    /// Revisions that go.
    removed: Vec<Bytes>,
    /// Everything outside bucket `key`, as it lies in the tree; no value: it goes.
    small: Arc<BTreeMap<Bytes, Option<Bytes>>>,
    /// Changes in all batches.
    pub(crate) change_count: usize,
    /// Bytes of keys and values.
    pub(crate) bytes: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Revision {
    pub(crate) key: Bytes,
    pub(crate) value: Bytes,
}

/// Revisions in a piece. A view copies what is not in a piece yet, so small is quick for views and large for writers.
const PIECE_REVISIONS: usize = 256;

impl Layer {
    pub(crate) fn is_empty(&self) -> bool {
        self.change_count == 0
    }

    pub(crate) fn add(&mut self, batch: Batch) {
        self.change_count += batch.changes.len();
        for change in batch.changes {
            self.bytes += change.key.len() + change.value.as_ref().map_or(0, Bytes::len);
            match change {
                Change {
                    bucket: Bucket::Key,
                    key,
                    value: Some(value),
                } => self.append(Revision { key, value }),
                Change {
                    bucket: Bucket::Key,
                    key,
                    value: None,
                } => self.removed.push(key),
                Change { bucket, key, value } => self.set(bucket, &key, value),
            }
        }
    }

    fn append(&mut self, revision: Revision) {
        assert!(
            matches!(revision.key.len(), 17 | 18),
            "a key of bucket `key` is a revision"
        );
        assert!(
            self.last().is_none_or(|last| *last < revision.key),
            "revisions only grow"
        );
        self.tail.push(revision);
        if self.tail.len() == PIECE_REVISIONS {
            let piece = std::mem::replace(&mut self.tail, Vec::with_capacity(PIECE_REVISIONS));
            self.pieces.push(Arc::new(piece));
        }
    }

    fn set(&mut self, bucket: Bucket, key: &[u8], value: Option<Bytes>) {
        let value = value.map(|value| Stored::long_value(key, &value).map_or(value, Bytes::from));
        let key = Bytes::from(Stored::key(bucket, key));
        Arc::make_mut(&mut self.small).insert(key, value);
    }

    fn last(&self) -> Option<&Bytes> {
        let newest = self.tail.last();
        newest
            .or_else(|| self.pieces.last().and_then(|piece| piece.last()))
            .map(|revision| &revision.key)
    }

    /// The value at a revision.
    pub(crate) fn value(&self, key: &[u8]) -> Option<&Bytes> {
        let in_piece = |piece: &[Revision]| {
            let at = piece.partition_point(|revision| revision.key < key);
            piece
                .get(at)
                .filter(|revision| revision.key == key)
                .map(|_| at)
        };
        if self.tail.first().is_some_and(|first| first.key <= key) {
            return in_piece(&self.tail).map(|at| &self.tail[at].value);
        }
        let before = self.pieces.partition_point(|piece| piece[0].key <= key);
        let piece = &self.pieces[before.checked_sub(1)?];
        in_piece(piece).map(|at| &piece[at].value)
    }

    /// All revisions from `from` on, ascending.
    pub(crate) fn revisions(&self, from: Bytes) -> impl Iterator<Item = &Revision> + Send {
        let before = self.pieces.partition_point(|piece| piece[0].key < from);
        let pieces = self.pieces[before.saturating_sub(1)..].iter();
        pieces
            .flat_map(|piece| piece.iter())
            .chain(&self.tail)
            .skip_while(move |revision| revision.key < from)
    }

    /// What was written to a key outside bucket `key`: nothing, that it goes, or its value.
    pub(crate) fn small_value(&self, stored_key: &[u8]) -> Option<&Option<Bytes>> {
        self.small.get(stored_key)
    }

    /// The changes of a bucket other than `key`.
    pub(crate) fn small_bucket(
        &self,
        bucket: Bucket,
    ) -> impl Iterator<Item = (&Bytes, &Option<Bytes>)> {
        let tag = bucket.tag();
        self.small
            .range(Bytes::copy_from_slice(&[tag])..)
            .take_while(move |(key, _)| key[0] == tag)
    }

    /// Everything outside bucket `key`, as it lies in the tree.
    pub(crate) fn small(&self) -> &BTreeMap<Bytes, Option<Bytes>> {
        &self.small
    }

    pub(crate) fn removed(&self) -> &[Bytes] {
        &self.removed
    }
}

#[cfg(test)]
mod tests;
