//! How a store is opened, and who is told what it does.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use crate::Failure;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Folder of the store's files (`member/snap` of a data folder). It must exist.
    pub folder: PathBuf,
    /// Longest time a batch waits before it is made durable (upstream: 100 ms).
    pub batch_interval: Duration,
    /// Changes after which a commit starts at once (upstream: 10,000).
    pub batch_limit: usize,
    /// Address space for the file, in bytes: the largest it can get. It costs nothing until it is used.
    pub size_max: usize,
    /// Bytes below which a file is left as it is, however much of it is free. Above, it is compacted when half is.
    pub space_least: u64,
    /// Is told of commits and failures, on the threads where they happen.
    pub observer: Arc<dyn Observer>,
}

impl Options {
    /// Upstream's interval and limit, 1 TiB at most, and nobody who is told.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            batch_interval: Duration::from_millis(100),
            batch_limit: 10_000,
            size_max: 1 << 40,
            space_least: 64 << 20,
            observer: Arc::new(Nobody),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("folder", &self.folder)
            .field("batch_interval", &self.batch_interval)
            .field("batch_limit", &self.batch_limit)
            .field("size_max", &self.size_max)
            .field("space_least", &self.space_least)
            .finish_non_exhaustive()
    }
}

/// Is told what the store does, on the store's threads: it must return quickly.
pub trait Observer: Send + Sync {
    /// A commit is durable; `took` is from its first write to the end of its sync.
    fn committed(&self, took: Duration) {
        let _ = took;
    }

    /// A commit did not become durable. [`crate::Backend::failure`] has the same until a later one does.
    fn failed(&self, failure: &Failure) {
        let _ = failure;
    }
}

struct Nobody;

impl Observer for Nobody {}
