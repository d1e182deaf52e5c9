//! Single values of bucket `key`, quickly: for the thread that answers most requests.

use std::sync::Arc;

use heed::{RoTxn, WithoutTls};

use crate::{
    Bucket, ReadError, Value,
    backend::Shared,
    store::{Store, tree_key},
};

/// Reads values by revision, newest state always. It keeps a moment of the file between calls, so a call opens nothing
/// unless a commit came in between.
#[derive(Debug)]
pub struct Reader {
    pub(crate) shared: Arc<Shared>,
    pub(crate) moment: Option<Moment>,
}

/// The file after a commit.
pub(crate) struct Moment {
    pub(crate) commit: u64,
    pub(crate) store: Arc<Store>,
    pub(crate) transaction: RoTxn<'static, WithoutTls>,
}

impl std::fmt::Debug for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Moment")
            .field("commit", &self.commit)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// Returns the value at a revision.
    ///
    /// # Errors
    /// [`ReadError`] when the file is damaged.
    pub fn value(&mut self, revision: &[u8]) -> Result<Option<Value<'_>>, ReadError> {
        debug_assert!(
            matches!(revision.len(), 17 | 18),
            "a key of bucket {:?}",
            Bucket::Key
        );
        let commit = match self.shared.queued(revision) {
            Ok(value) => return Ok(Some(Value::Queued(value))),
            Err(commit) => commit,
        };
        if self
            .moment
            .as_ref()
            .is_none_or(|moment| moment.commit != commit)
        {
            self.moment = None;
            self.moment = Some(self.shared.moment()?);
        }
        let Some(moment) = &self.moment else {
            return Ok(None);
        };
        let (key, length) = tree_key(revision);
        let value = moment.store.tree().get(&moment.transaction, &key[..length]);
        let value = value.map_err(|source| moment.store.read_error(source))?;
        if let Some(value) = value {
            // The commit thread lets go of pages: it takes longer than reading.
            moment.store.touch(value);
        }
        Ok(value.map(Value::Page))
    }

    /// Lets go of the kept moment when it is not the newest, so that its pages can be used again. To be called now and then
    /// by whoever may not read for long.
    pub fn refresh(&mut self) {
        if self
            .moment
            .as_ref()
            .is_some_and(|moment| moment.commit != self.shared.commit_count())
        {
            self.moment = None;
        }
    }
}
