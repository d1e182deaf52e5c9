//! The token that says "stop", and the signals that trigger it.
//!
//! What is done on the way down (drain, flush, log lines) is each owner's; here is only the news and its cause.

use std::{
    fmt, io,
    sync::{Arc, OnceLock},
};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// Why the program stops.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cause {
    /// SIGINT or SIGTERM.
    Signal,
    /// [`Shutdown::trigger`]: the program itself, such as a quit request over the web.
    Request,
}

/// Says once, to everybody who holds a clone, that the program stops.
#[derive(Clone, Default)]
pub struct Shutdown(Arc<Inner>);

#[derive(Default)]
struct Inner {
    token: CancellationToken,
    cause: OnceLock<Cause>,
    signal: OnceLock<i32>,
}

impl Shutdown {
    /// Makes a token nobody has triggered.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the program with [`Cause::Request`]. Later triggers change nothing.
    pub fn trigger(&self) {
        self.trigger_because(Cause::Request);
    }

    /// Waits until somebody triggers. May be awaited any number of times.
    pub fn triggered(&self) -> WaitForCancellationFuture<'_> {
        self.0.token.cancelled()
    }

    /// Says why the program stops; none while it does not.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        self.0.cause.get().copied()
    }

    /// Returns the number of the signal that stops the program; none when it does not stop, or for another reason.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        self.0.signal.get().copied()
    }

    /// Says whether somebody triggered.
    #[must_use]
    pub fn is_triggered(&self) -> bool {
        self.0.token.is_cancelled()
    }

    fn trigger_because(&self, cause: Cause) {
        // Losing the race means that the program stops already, for the first cause.
        let _ = self.0.cause.set(cause);
        self.0.token.cancel();
    }

    /// Triggers at the first SIGINT or SIGTERM. SIGHUP keeps its default action, as upstream.
    pub(crate) fn on_signals(&self) -> io::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let stop = self.clone();
        tokio::spawn(async move {
            let kind = tokio::select! {
                _ = interrupt.recv() => SignalKind::interrupt(),
                _ = terminate.recv() => SignalKind::terminate(),
            };
            if !stop.is_triggered() {
                // Set once, here.
                let _ = stop.0.signal.set(kind.as_raw_value());
            }
            stop.trigger_because(Cause::Signal);
        });
        Ok(())
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown")
            .field("cause", &self.cause())
            .finish()
    }
}
