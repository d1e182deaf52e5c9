//! The commit thread: takes all that waits, writes it, syncs it, and says so.

use std::{
    io, mem,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parking_lot::MutexGuard;
use tracing::{error, warn};

use crate::{
    Failure,
    backend::{OnDurable, Shared, State},
    files,
    queue::Layer,
    space::{Automatic, Swap},
    store::Store,
};

/// Time between two attempts when there is no room.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

pub(crate) fn spawn(shared: Arc<Shared>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new()
        .name("backend-commit".to_owned())
        .spawn(move || {
            let mut automatic = Automatic::default();
            while let Some(job) = next_job(&shared) {
                match job {
                    Job::Commit(commit) => commit.run(&shared),
                    Job::Swap(swap) => swap.run(&shared),
                }
                shared.close_retired();
                automatic.consider(&shared);
            }
            // Who waits for it hears that it will not be.
            shared.state.lock().swap = None;
        })
}

/// Waits for something to do; nothing when the store is being closed and all is done that can be.
fn next_job(shared: &Shared) -> Option<Job> {
    let mut state = shared.state.lock();
    loop {
        if let Some(swap) = state.swap.take() {
            return Some(Job::Swap(swap));
        }
        let is_over = state.failure.as_ref().is_some_and(Failure::is_fatal);
        if (is_over || state.is_durable()) && !state.on_durable.is_empty() {
            let calls = mem::take(&mut state.on_durable);
            answer(&mut state, calls);
            continue; // the lock was let go of: anything may have come
        }
        let due = match is_over || state.is_durable() {
            true => {
                state.hurry = false;
                None
            }
            false => Some(due(shared, &state)),
        };
        match due {
            None if state.stopping => return None,
            None => shared.work.wait(&mut state),
            Some(due) if due <= Instant::now() => return Some(Job::Commit(take(&mut state))),
            // The last attempt was moments ago; what it could not write is in the write-ahead log.
            Some(_) if state.stopping => return None,
            Some(due) => {
                shared.work.wait_until(&mut state, due);
            }
        }
    }
}

/// When the next commit is to start.
fn due(shared: &Shared, state: &State) -> Instant {
    let full = state.waiting.change_count >= shared.options.batch_limit;
    match (state.failed_at, state.waiting_since) {
        _ if state.hurry => Instant::now(),
        (Some(failed_at), _) => failed_at + RETRY_INTERVAL,
        (None, Some(since)) if !full && !state.stopping => since + shared.options.batch_interval,
        _ => Instant::now(),
    }
}

/// What the commit thread does next.
enum Job {
    Commit(Commit),
    Swap(Box<Swap>),
}

/// A layer to make durable.
struct Commit {
    store: Arc<Store>,
    layer: Arc<Layer>,
}

/// Takes what waits, or again what could not be written.
fn take(state: &mut State) -> Commit {
    state.hurry = false;
    state.attempt_count += 1;
    let layer = state.committing.take().unwrap_or_else(|| {
        state.waiting_since = None;
        state.calls = mem::take(&mut state.on_durable);
        Arc::new(mem::take(&mut state.waiting))
    });
    state.committing = Some(Arc::clone(&layer));
    Commit {
        store: Arc::clone(&state.store),
        layer,
    }
}

impl Commit {
    fn run(self, shared: &Shared) {
        let began = Instant::now();
        let is_full = || files::is_full(&shared.options.folder, self.layer.bytes);
        let result = self.store.commit(&self.layer);
        let result = result.map_err(|error| Failure::new(error, is_full));
        if result.is_ok()
            && let Some(recording) = &mut *shared.recorder.lock()
        {
            recording.add(&self.layer);
        }
        match &result {
            Ok(()) => shared.options.observer.committed(began.elapsed()),
            Err(failure) => {
                report(&self.store, failure, shared.state.lock().failure.is_none());
                shared.options.observer.failed(failure);
            }
        }
        let mut state = shared.state.lock();
        match result {
            Ok(()) => {
                state.committing = None;
                state.commit_count += 1;
                state.failure = None;
                state.failed_at = None;
                // Those who came while this one was tried again wait for the next.
                state.hurry |= !state.on_durable.is_empty();
            }
            Err(failure) => {
                state.failure = Some(failure);
                state.failed_at = Some(Instant::now());
            }
        }
        if state.failure.as_ref().is_none_or(Failure::is_fatal) {
            let calls = mem::take(&mut state.calls);
            answer(&mut state, calls);
        }
        shared.ended.notify_all();
        drop(state);
        self.store.release_pages();
        // A layer may be the last holder of many values: they go without the lock.
        drop(self.layer);
    }
}

/// Calls back those who wait, without the lock.
fn answer(state: &mut MutexGuard<'_, State>, calls: Vec<OnDurable>) {
    let result = state.failure.clone().map_or(Ok(()), Err);
    MutexGuard::unlocked(state, || {
        for call in calls {
            call(result.clone());
        }
    });
}

/// Says the first of a row of failures; the engine sees them all.
fn report(store: &Store, failure: &Failure, first: bool) {
    let path = store.path().display();
    match failure {
        Failure::Fatal(error) => error!(%path, %error, "the store cannot be made durable"),
        Failure::NoSpace(error) if first => {
            warn!(%path, %error, "no space for a commit, which is tried again")
        }
        Failure::NoSpace(_) => {}
    }
}
