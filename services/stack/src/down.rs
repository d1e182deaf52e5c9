//! `stack down`: ask the supervisor to end, and wait until it did.

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use nix::sys::signal::Signal;

use crate::{
    claim::{Claim, claim},
    data_dir::DataDir,
    leftovers,
    record::Record,
    supervise::Timing,
    terminal::print,
};

/// Added to what the services may take, for the supervisor itself.
const OWN_PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn down(data_dir: &DataDir) -> anyhow::Result<ExitCode> {
    let place = data_dir.path().display();
    if !data_dir.path().exists() {
        print(&format!("nothing runs on {place}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = match claim(data_dir)? {
        Claim::Ours(lock) => {
            let stopped = leftovers::stop(data_dir, &lock, Timing::DEFAULT.stop_patience)?;
            match stopped.as_slice() {
                [] => format!("nothing runs on {place}\n"),
                names => format!(
                    "stopped {}, left by a supervisor that was killed\n",
                    names.join(", ")
                ),
            }
        }
        Claim::Theirs(record) => {
            stop_supervisor(
                data_dir,
                &record.context("the supervisor is just starting or ending; try again")?,
            )?;
            format!("stopped what ran on {place}\n")
        }
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn stop_supervisor(data_dir: &DataDir, record: &Record) -> anyhow::Result<()> {
    let process = record.supervisor;
    // One that ended since is fine: then its lock is free.
    process
        .signal(Signal::SIGTERM)
        .with_context(|| format!("signal pid {}", process.pid))?;
    let services = u32::try_from(record.services.len()).unwrap_or(u32::MAX);
    let patience = Timing::DEFAULT
        .stop_patience
        .saturating_mul(services)
        .saturating_add(OWN_PATIENCE);
    let too_slow = || {
        format!(
            "pid {} did not end within {} s",
            process.pid,
            patience.as_secs()
        )
    };
    data_dir.lock_within(patience).with_context(too_slow)?;
    // The kernel lets go of the lock a moment before the process is gone, and "stopped" is a promise.
    anyhow::ensure!(process.ends_within(OWN_PATIENCE), too_slow());
    Ok(())
}
