//! Services that outlived their supervisor, because it was killed: found by the record, ended.

use std::time::Duration;

use anyhow::Context;
use nix::sys::signal::Signal;

use crate::{
    data_dir::{DataDir, Lock},
    record::{Record, RecordedService},
};

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
    if process.ends_within(patience) {
        return Ok(());
    }
    process.signal(Signal::SIGKILL)?;
    anyhow::ensure!(
        process.ends_within(patience),
        "pid {} does not end",
        process.pid
    );
    Ok(())
}
