//! What is known about one service at this moment. Its supervisor task writes it, everybody else watches it.

use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::time::Instant;

use crate::{plot::Plots, process::ProcessId};

/// The condition of one service.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Where it is in its life.
    pub phase: Phase,
    /// Its process, while it has one.
    pub run: Option<Run>,
    /// How often a process was started, the first time included.
    pub starts: u64,
    /// Its version, once it said so.
    pub version: Option<String>,
    /// How the last run ended, if one did.
    pub last_end: Option<String>,
    /// What it did over time.
    pub plots: Plots,
}

/// One run of a service.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The process.
    pub process: ProcessId,
    /// When it was started.
    pub since: Instant,
}

/// Where a service is in its life.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Phase {
    /// Started, never ready since; why not yet, once that is known.
    Starting(Option<String>),
    /// It says that it is ready.
    Healthy,
    /// It was ready once and is not now, for this reason.
    Unhealthy(String),
    /// It ended; the next start is at this time.
    Waiting(Instant),
    /// It was asked to end.
    Stopping,
    /// It ended as asked.
    Stopped,
}

impl Condition {
    /// A service that was not started yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            phase: Phase::Starting(None),
            run: None,
            starts: 0,
            version: None,
            last_end: None,
            plots: Plots::default(),
        }
    }

    /// Notes that a process was started.
    pub fn begin(&mut self, process: ProcessId) {
        self.starts += 1;
        self.phase = Phase::Starting(None);
        self.run = Some(Run {
            process,
            since: Instant::now(),
        });
    }

    /// Notes that a start failed before there was a process.
    pub fn fail_to_begin(&mut self) {
        self.starts += 1;
    }

    /// Notes the answer to a health question; `Err` holds why it is not ready.
    pub fn observe(&mut self, health: Result<(), String>) {
        let was_ready = !matches!(self.phase, Phase::Starting(_));
        self.phase = match health {
            Ok(()) => Phase::Healthy,
            Err(reason) if was_ready => Phase::Unhealthy(reason),
            Err(reason) => Phase::Starting(Some(reason)),
        };
    }

    /// Notes that the run ended by itself and the next start is after `wait`.
    pub fn end(&mut self, how: String, wait: Duration) {
        self.run = None;
        self.last_end = Some(how);
        self.phase = Phase::Waiting(Instant::now() + wait);
    }

    /// Notes that it ended as asked.
    pub fn stop(&mut self) {
        self.run = None;
        self.phase = Phase::Stopped;
    }

    /// Returns how often it was started again.
    #[must_use]
    pub fn restarts(&self) -> u64 {
        self.starts.saturating_sub(1)
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self::new()
    }
}

/// Says how a process ended, as in `ended with code 1`.
#[must_use]
pub fn ending(status: std::process::ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with code {code}"),
        (None, Some(number)) => match Signal::try_from(number) {
            Ok(signal) => format!("was ended by {signal}"),
            Err(_) => format!("was ended by signal {number}"),
        },
        (None, None) => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

    use super::*;

    #[test]
    fn a_service_that_was_never_ready_is_starting_and_not_unhealthy() {
        let mut condition = Condition::new();
        condition.begin(ProcessId {
            pid: 1,
            start_ticks: 1,
        });
        condition.observe(Err("refused".into()));
        assert_eq!(condition.phase, Phase::Starting(Some("refused".into())));
        condition.observe(Ok(()));
        condition.observe(Err("503".into()));
        assert_eq!(condition.phase, Phase::Unhealthy("503".into()));
        condition.observe(Ok(()));
        assert_eq!(condition.phase, Phase::Healthy);
    }

    #[test]
    fn the_first_start_is_no_restart_and_a_failed_start_counts() {
        let mut condition = Condition::new();
        assert_eq!(condition.restarts(), 0);
        condition.begin(ProcessId {
            pid: 1,
            start_ticks: 1,
        });
        assert_eq!(condition.restarts(), 0);
        condition.fail_to_begin();
        assert_eq!(condition.restarts(), 1);
    }

    #[test]
    fn endings_are_said_in_words() {
        assert_eq!(ending(ExitStatus::from_raw(256)), "ended with code 1");
        assert_eq!(ending(ExitStatus::from_raw(9)), "was ended by SIGKILL");
    }
}
