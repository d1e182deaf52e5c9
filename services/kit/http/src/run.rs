//! The life of a program: its runtime, its signals, its end.

use std::{io, time::Duration};

use kit_guard::notify;
use tokio::runtime::Builder;

use crate::shutdown::Shutdown;

/// Runs `program` on a multi-threaded runtime until it returns; SIGINT and SIGTERM trigger the token it gets, and a
/// watchdog of systemd hears of it.
///
/// Worker threads = cores. Blocking threads are few ([`BLOCKING_THREADS_MAX`]): files and password hashes only.
/// Blocking work still going on when `program` returns is waited for, at most [`BLOCKING_GRACE`].
///
/// # Errors
/// What `program` returns, or the system's reason not to give threads or signal handlers.
pub fn run<F, T, E>(program: impl FnOnce(Shutdown) -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: From<io::Error>,
{
    live(Builder::new_multi_thread().thread_name("worker"), program)
}

/// As [`run`], with one thread for everything that does not block: for a program whose state one thread owns.
///
/// # Errors
/// As [`run`].
pub fn run_on_one_thread<F, T, E>(program: impl FnOnce(Shutdown) -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: From<io::Error>,
{
    live(&mut Builder::new_current_thread(), program)
}

fn live<F, T, E>(builder: &mut Builder, program: impl FnOnce(Shutdown) -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: From<io::Error>,
{
    let runtime = builder
        .enable_all()
        .thread_stack_size(STACK_BYTES)
        .max_blocking_threads(BLOCKING_THREADS_MAX)
        .build()?;
    let outcome = runtime.block_on(async {
        let stop = Shutdown::new();
        stop.on_signals()?;
        tokio::spawn(tell_alive());
        program(stop).await
    });
    runtime.shutdown_timeout(BLOCKING_GRACE);
    outcome
}

/// Tells systemd that the runtime still runs tasks, as often as its watchdog wants to hear it.
async fn tell_alive() {
    if let Some(interval) = notify::watchdog_interval() {
        loop {
            notify::alive();
            tokio::time::sleep(interval).await;
        }
    }
}

/// Address space of a thread's stack; pages count only once touched.
const STACK_BYTES: usize = 1 << 20;

/// Enough to write a snapshot, read files and hash one password at the same time.
const BLOCKING_THREADS_MAX: usize = 16;

/// Time for blocking work that outlives the program's own future.
const BLOCKING_GRACE: Duration = Duration::from_secs(5);
