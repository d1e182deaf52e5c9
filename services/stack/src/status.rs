//! The status of everything at one moment: what the page shows, `/api/status` answers and `stack status` prints.

use std::path::PathBuf;

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    condition::{Condition, Phase},
    crypto_report::{self, CryptoReport},
    fleet::View,
    log_tail,
    plot::Line,
    process::ProcessId,
};

/// The status of everything.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Status {
    /// When it was taken (UTC, to the second).
    pub taken_at: String,
    /// The supervisor.
    pub supervisor: SupervisorStatus,
    /// The services in the order they were started.
    pub services: Vec<ServiceStatus>,
}

/// The status of the supervisor.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SupervisorStatus {
    /// Version of this program.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Resident memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Seconds since it was started.
    pub uptime_seconds: u64,
    /// Where data, logs and state lie.
    pub data_dir: PathBuf,
    /// Where its page is.
    pub url: String,
}

/// The status of one service.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ServiceStatus {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Where this machine reaches it.
    pub url: String,
    /// Whether it can be used.
    pub health: Health,
    /// More about the health, in words; empty when there is nothing to say.
    pub detail: String,
    /// Its version, once it said so.
    pub version: Option<String>,
    /// Its process, while it has one.
    pub pid: Option<u32>,
    /// Resident memory in bytes, while it runs.
    pub memory_bytes: Option<u64>,
    /// Seconds since this run began, while it runs.
    pub uptime_seconds: Option<u64>,
    /// How often it was started again.
    pub restarts: u64,
    /// How the last run ended, if one did.
    pub last_end: Option<String>,
    /// What it says about its crypto, once it did.
    pub crypto: Option<CryptoReport>,
    /// What it did over time.
    pub plots: Vec<Line>,
    /// What a newcomer types first.
    pub first_steps: Vec<Step>,
    /// Its log file.
    pub log: PathBuf,
    /// The last lines of its log.
    pub log_lines: Vec<String>,
}

/// A line to copy and paste.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Step {
    /// What it does.
    pub does: String,
    /// The line.
    pub command: String,
}

/// Whether a service can be used.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It says that it is ready.
    Healthy,
    /// It runs and was not ready yet.
    Starting,
    /// It was ready and is not now.
    Unhealthy,
    /// It ended and will be started again.
    Waiting,
    /// It was asked to end.
    Stopping,
    /// It ended as asked.
    Stopped,
}

/// Log lines of each service that are shown, and how many bytes are read for them.
const LOG_LINES: usize = 12;
const LOG_BYTES_MAX: u64 = 16 << 10;

/// What a status is taken from.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where everything lies.
    pub data_dir: PathBuf,
    /// Where the page is.
    pub url: String,
    /// This process.
    pub process: ProcessId,
    /// When it started.
    pub since: Instant,
    /// The services.
    pub views: Vec<View>,
}

impl Source {
    /// Takes the status now. Reads `/proc` and the ends of the log files.
    #[must_use]
    pub fn take(&self) -> Status {
        let now = Timestamp::now();
        Status {
            taken_at: now.round(Unit::Second).unwrap_or(now).to_string(),
            supervisor: SupervisorStatus {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                pid: self.process.pid,
                memory_bytes: self.process.memory_bytes(),
                uptime_seconds: self.since.elapsed().as_secs(),
                data_dir: self.data_dir.clone(),
                url: self.url.clone(),
            },
            services: self.views.iter().map(service).collect(),
        }
    }
}

impl Status {
    /// Returns whether every service can be used.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.services
            .iter()
            .all(|service| service.health == Health::Healthy)
    }
}

impl Health {
    /// Returns the word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Starting => "starting",
            Self::Unhealthy => "unhealthy",
            Self::Waiting => "waiting",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }
}

fn service(View { plan, condition }: &View) -> ServiceStatus {
    let condition = condition.borrow().clone();
    let (health, detail) = judge(&condition);
    let steps = plan.first_steps().into_iter();
    let lines = match log_tail::last_lines(&plan.log, LOG_LINES, LOG_BYTES_MAX) {
        Ok(lines) => lines,
        Err(error) => vec![format!("the log cannot be read: {error}")],
    };
    ServiceStatus {
        name: plan.service.name.to_owned(),
        about: plan.service.about.to_owned(),
        url: plan.url(),
        health,
        detail,
        restarts: condition.restarts(),
        plots: condition.plots.lines(plan.service.plots),
        version: condition.version,
        pid: condition.run.map(|run| run.process.pid),
        memory_bytes: condition.run.and_then(|run| run.process.memory_bytes()),
        uptime_seconds: condition.run.map(|run| run.since.elapsed().as_secs()),
        last_end: condition.last_end,
        crypto: crypto_report::read(&plan.crypto_report),
        first_steps: steps
            .map(|(does, command)| Step {
                does: does.to_owned(),
                command,
            })
            .collect(),
        log: plan.log.clone(),
        log_lines: lines.iter().map(|line| log_tail::showable(line)).collect(),
    }
}

fn judge(condition: &Condition) -> (Health, String) {
    match &condition.phase {
        Phase::Healthy => (Health::Healthy, String::new()),
        Phase::Starting(reason) => (Health::Starting, reason.clone().unwrap_or_default()),
        Phase::Unhealthy(reason) => (Health::Unhealthy, reason.clone()),
        Phase::Waiting(until) => {
            let wait = until
                .saturating_duration_since(Instant::now())
                .as_secs_f32()
                .ceil();
            let end = condition.last_end.as_deref().unwrap_or("ended");
            (Health::Waiting, format!("{end}; next start in {wait} s"))
        }
        Phase::Stopping => (Health::Stopping, String::new()),
        Phase::Stopped => (Health::Stopped, String::new()),
    }
}
