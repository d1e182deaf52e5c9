//! The next segment, made while the present one is filled.

use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, sync_channel},
    thread,
};

use crate::{error::WalError, segment::Segment};

/// Makes segments named `0.tmp` and `1.tmp` in turn.
#[derive(Debug)]
pub(crate) struct Pipeline(Receiver<Result<Segment, WalError>>);

impl Pipeline {
    pub(crate) fn start(folder: PathBuf, length: u64) -> Self {
        let (sender, ready) = sync_channel(0);
        // Ends when the receiver is gone, and removes what it had made by then.
        thread::spawn(move || {
            for number in 0u64.. {
                let path = folder.join(format!("{}.tmp", number % 2));
                let made = Segment::create(path.clone(), length);
                let failed = made.is_err();
                if sender.send(made).is_err() {
                    let _ = std::fs::remove_file(path);
                    return;
                }
                if failed {
                    return;
                }
            }
        });
        Self(ready)
    }

    /// Returns a segment that has no name yet.
    ///
    /// # Errors
    /// When none can be made, for want of room mostly.
    pub(crate) fn next(&self) -> Result<Segment, WalError> {
        // After a failure the thread is gone; the caller is lost by then, too.
        self.0.recv().unwrap_or(Err(WalError::FileNotFound))
    }
}
