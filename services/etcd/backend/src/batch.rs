//! What one step of the member changes: it becomes durable whole, or not at all.

use bytes::Bytes;

use crate::Bucket;

/// Changes that belong together, in order: a later one to the same key wins.
#[derive(Debug, Default)]
pub struct Batch {
    pub(crate) changes: Vec<Change>,
}

/// One change; no value means that the key goes.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) bucket: Bucket,
    pub(crate) key: Bytes,
    pub(crate) value: Option<Bytes>,
}

impl Batch {
    /// Returns a batch that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key.
    ///
    /// In bucket `key` every key is greater than all that came before: revisions only grow.
    pub fn put(&mut self, bucket: Bucket, key: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.changes.push(Change {
            bucket,
            key: key.into(),
            value: Some(value.into()),
        });
    }

    /// Removes a key; one that is not there is no error.
    ///
    /// In bucket `key` this is for revisions that nobody may read any more: by key they are found until the batch is durable.
    pub fn delete(&mut self, bucket: Bucket, key: impl Into<Bytes>) {
        self.changes.push(Change {
            bucket,
            key: key.into(),
            value: None,
        });
    }

    /// Returns how many changes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Returns whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}
