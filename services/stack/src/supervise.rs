//! The life of one service: start it, watch its health, start it again when it ends, stop it when asked.
//!
//! The rule for the waits is [`backoff`](crate::backoff)'s, one process is [`child`]'s, all services together are
//! [`fleet`](crate::fleet)'s.

use std::{convert::Infallible, time::Duration};

use tokio::{sync::watch, time};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    backoff::{Backoff, BackoffPolicy},
    condition::{Condition, Phase},
    http_get,
    plan::Plan,
    recorder::Recorder,
};

mod child;
mod version;

use child::Child;

/// The times of supervision.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Waits before a service is started again.
    pub backoff: BackoffPolicy,
    /// How often a service that is not ready yet is asked.
    pub starting_probe_every: Duration,
    /// How often a service that was ready is asked.
    pub probe_every: Duration,
    /// How long an answer may take.
    pub probe_patience: Duration,
    /// How long all services together may take until they are ready, when somebody waits for it.
    pub start_patience: Duration,
    /// How long a service may take to end after SIGTERM before it gets SIGKILL.
    pub stop_patience: Duration,
}

impl Timing {
    /// What `stack up` uses.
    pub const DEFAULT: Self = Self {
        backoff: BackoffPolicy {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(30),
            stable_after: Duration::from_secs(60),
        },
        starting_probe_every: Duration::from_millis(50),
        probe_every: Duration::from_secs(2),
        probe_patience: Duration::from_secs(2),
        start_patience: Duration::from_secs(30),
        stop_patience: Duration::from_secs(15),
    };
}

/// Longest answer of a health path that is read; what it says does not matter.
const HEALTH_BODY_BYTES_MAX: usize = 64 << 10;

/// Longest page of metrics that is read.
const METRICS_BODY_BYTES_MAX: usize = 4 << 20;

/// Supervises one service until `stop` is triggered; returns when its process is gone.
pub(crate) async fn supervise(
    plan: &Plan,
    timing: &Timing,
    recorder: &Recorder,
    condition: &watch::Sender<Condition>,
    stop: &CancellationToken,
) {
    let name = plan.service.name;
    let mut backoff = Backoff::new(timing.backoff);
    while !stop.is_cancelled() {
        let started = time::Instant::now();
        let how = match Child::start(plan) {
            Ok(child) => {
                let Some(how) = run(child, plan, timing, recorder, condition, stop).await else {
                    break;
                };
                how
            }
            Err(error) => {
                condition.send_modify(Condition::fail_to_begin);
                format!("could not be started: {error}")
            }
        };
        let wait = backoff.after_run(started.elapsed());
        warn!(
            name,
            end = how,
            restart_in_ms = wait.as_millis(),
            "service ended"
        );
        condition.send_modify(|condition| condition.end(how, wait));
        tokio::select! {
            () = stop.cancelled() => {}
            () = time::sleep(wait) => {}
        }
    }
    condition.send_modify(Condition::stop);
}

/// Watches one run. Returns how it ended, or `None` when it was ended as asked.
async fn run(
    mut child: Child,
    plan: &Plan,
    timing: &Timing,
    recorder: &Recorder,
    condition: &watch::Sender<Condition>,
    stop: &CancellationToken,
) -> Option<String> {
    let name = plan.service.name;
    let process = child.process();
    recorder.started(name, process);
    condition.send_modify(|condition| condition.begin(process));
    info!(
        name,
        pid = process.pid,
        address = plan.address,
        "service started"
    );
    let ended = tokio::select! {
        end = child.wait() => Some(end),
        () = stop.cancelled() => None,
        never = watch_health(plan, timing, condition) => match never {},
    };
    let result = match ended {
        Some(end) => Some(end),
        None => {
            condition.send_modify(|condition| condition.phase = Phase::Stopping);
            let end = child.stop(timing.stop_patience).await;
            info!(name, pid = process.pid, end, "service stopped");
            None
        }
    };
    child.clean_up().await;
    recorder.ended(name);
    result
}

/// Asks for the health of the running process for as long as it is polled.
async fn watch_health(
    plan: &Plan,
    timing: &Timing,
    condition: &watch::Sender<Condition>,
) -> Infallible {
    let mut is_version_known = false;
    loop {
        let health = probe(plan, timing.probe_patience).await;
        let is_ready = health.is_ok();
        condition.send_modify(|condition| condition.observe(health));
        if is_ready && !plan.service.plots.is_empty() {
            let body = metrics(plan, timing.probe_patience).await;
            let now = time::Instant::now();
            condition.send_modify(|condition| {
                let plots = &mut condition.plots;
                plots.observe(plan.service.plots, now, body.as_deref());
            });
        }
        if is_ready && !is_version_known {
            let version = version::of(&plan.program).await;
            condition.send_modify(|condition| condition.version = version);
            is_version_known = true;
        }
        let pause = if is_version_known {
            timing.probe_every
        } else {
            timing.starting_probe_every
        };
        time::sleep(pause).await;
    }
}

/// Reads what a service says about its work; `None` when it says nothing now.
async fn metrics(plan: &Plan, patience: Duration) -> Option<bytes::Bytes> {
    let address = crate::plan::reachable(&plan.address);
    let asked = http_get::get(&address, "/metrics", METRICS_BODY_BYTES_MAX);
    match time::timeout(patience, asked).await {
        Ok(Ok((status, body))) if status.is_success() => Some(body),
        _ => None,
    }
}

/// Asks once; `Err` holds why it is not ready, in words for a person.
async fn probe(plan: &Plan, patience: Duration) -> Result<(), String> {
    let address = crate::plan::reachable(&plan.address);
    let path = plan.service.ready_path;
    match time::timeout(
        patience,
        http_get::get(&address, path, HEALTH_BODY_BYTES_MAX),
    )
    .await
    {
        Ok(Ok((status, _))) if status.is_success() => Ok(()),
        Ok(Ok((status, _))) => Err(format!("{path} answers {status}")),
        Ok(Err(error)) => Err(kit_telemetry::chain(&error)),
        Err(_) => Err(format!(
            "{path} gives no answer within {} s",
            patience.as_secs_f32()
        )),
    }
}
