//! The next segment, made while the present one is filled.

use std::{
    io,
    path::PathBuf,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

use crate::{
    error::{At as _, WalError},
    segment::Segment,
};

/// Makes segments named `0.tmp` and `1.tmp` in turn.
#[derive(Debug)]
pub(crate) struct Pipeline {
    folder: PathBuf,
    /// Closed before the maker is waited for, so that it ends.
    ready: Option<Receiver<Result<Segment, WalError>>>,
    maker: Option<JoinHandle<()>>,
}

impl Pipeline {
    pub(crate) fn start(folder: PathBuf, length: u64) -> Self {
        let (sender, ready) = sync_channel(0);
        let place = folder.clone();
        Self {
            folder,
            ready: Some(ready),
            maker: Some(thread::spawn(move || make(&place, length, &sender))),
        }
    }

    /// Returns a segment that has no name yet.
    ///
    /// # Errors
    /// When none can be made, for want of room mostly; then none is made any more.
    pub(crate) fn next(&self) -> Result<Segment, WalError> {
        let made = self.ready.as_ref().and_then(|ready| ready.recv().ok());
        made.unwrap_or_else(|| {
            Err(io::Error::other("the segment before could not be made")).at("create", &self.folder)
        })
    }
}

impl Drop for Pipeline {
    /// Waits for the maker: who opens the log next wants the same names.
    fn drop(&mut self) {
        drop(self.ready.take());
        if let Some(maker) = self.maker.take() {
            // A maker that panicked made nothing that is still there.
            let _ = maker.join();
        }
    }
}

/// Makes one segment after the other until nobody takes them, and removes the last.
fn make(folder: &std::path::Path, length: u64, sender: &SyncSender<Result<Segment, WalError>>) {
    for number in 0u64.. {
        let path = folder.join(format!("{}.tmp", number % 2));
        let made = Segment::create(path.clone(), length);
        let failed = made.is_err();
        if sender.send(made).is_err() {
            // Nobody misses it; the next pipeline empties one that stays.
            let _ = std::fs::remove_file(path);
            return;
        }
        if failed {
            return;
        }
    }
}
