//! Services that outlived their supervisor, because it was killed: found by the record, ended.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use nix::sys::signal::Signal;

use crate::{
    data_dir::{DataDir, Lock},
    record::{Record, RecordedService},
};

/// How often the end of a process is looked for; it is not our child, so nobody tells us.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Ends what an earlier supervisor left running and returns the names.
///
/// Demands the lock: while another supervisor holds it, these are its services.
pub(crate) fn stop(
    data_dir: &DataDir,
    _lock: &Lock,
    patience: Duration,
) -> anyhow::Result<Vec<String>> {
    let path = data_dir.record();
    let Some(record) = Record::read(&path)? else {
        return Ok(Vec::new());
    };
    let mut stopped = Vec::new();
    for service in record
        .services
        .iter()
        .rev()
        .filter(|service| service.process.is_alive())
    {
        stop_one(service, patience)
            .with_context(|| format!("stop {}, left by an earlier supervisor", service.name))?;
        stopped.push(service.name.clone());
    }
    Record::remove(&path)?;
    Ok(stopped)
}

fn stop_one(service: &RecordedService, patience: Duration) -> anyhow::Result<()> {
    let process = service.process;
    process.signal(Signal::SIGTERM)?;
    if is_gone_within(service, patience) {
        return Ok(());
    }
    process.signal(Signal::SIGKILL)?;
    anyhow::ensure!(
        is_gone_within(service, patience),
        "pid {} does not end",
        process.pid
    );
    Ok(())
}

fn is_gone_within(service: &RecordedService, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while service.process.is_alive() {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(LOOK_EVERY);
    }
    true
}
