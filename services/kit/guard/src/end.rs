//! The end of a process that was asked for by a signal, told to whoever waits for it.

use nix::{
    sys::signal::{Signal, raise},
    unistd::{Pid, getpid},
};

use crate::{notify, sys};

/// Ends the process by a signal that it has handled, so that its exit status names the signal. Returns in the first
/// process of a namespace, which no signal without a handler can end, and for what is no signal.
///
/// Source: etcd client/pkg/osutil `HandleInterrupts`.
pub fn end_by_signal(number: i32) {
    let Ok(signal) = Signal::try_from(number) else {
        return;
    };
    if getpid() == Pid::from_raw(1) {
        return;
    }
    notify::stopping();
    // An error leaves the process to end by itself, with an exit status of its own.
    if sys::default_action(signal).is_ok() {
        let _ = raise(signal);
    }
}
