//! All services together: started in the order of the catalog, stopped in reverse.

use std::{fmt::Write, sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinHandle, time};
use tokio_util::sync::CancellationToken;

use crate::{
    condition::{Condition, Phase},
    log_tail,
    plan::Plan,
    recorder::Recorder,
    supervise::{Timing, supervise},
};

/// The running services.
#[derive(Debug)]
pub struct Fleet {
    members: Vec<Member>,
    timing: Timing,
}

#[derive(Debug)]
struct Member {
    view: View,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// One service, for those who look.
#[derive(Clone, Debug)]
pub struct View {
    /// What was planned.
    pub plan: Arc<Plan>,
    /// What is.
    pub condition: watch::Receiver<Condition>,
}

/// A service did not become ready; the text says why and shows its last log lines.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotReady(String);

/// A service that ends this often before it was ever ready will not become ready by waiting.
const FALSE_STARTS_MAX: u64 = 3;

/// Log lines shown for a service that did not start, and how many bytes of them at most.
const SHOWN_LINES: usize = 15;
const SHOWN_BYTES_MAX: u64 = 16 << 10;

impl Fleet {
    /// Starts the services, each after the process of the one before it was started.
    pub async fn start(plans: Vec<Plan>, timing: Timing, recorder: &Arc<Recorder>) -> Self {
        let mut members = Vec::with_capacity(plans.len());
        for plan in plans {
            let plan = Arc::new(plan);
            let stop = CancellationToken::new();
            let (sender, mut condition) = watch::channel(Condition::new());
            let task = tokio::spawn({
                let (plan, stop, recorder) =
                    (Arc::clone(&plan), stop.clone(), Arc::clone(recorder));
                async move { supervise(&plan, &timing, &recorder, &sender, &stop).await }
            });
            // An error would mean that the task is gone, which `stop` finds out.
            let _ = condition.wait_for(|condition| condition.starts > 0).await;
            members.push(Member {
                view: View { plan, condition },
                stop,
                task,
            });
        }
        Self { members, timing }
    }

    /// Returns the services for those who look.
    #[must_use]
    pub fn views(&self) -> Vec<View> {
        self.members
            .iter()
            .map(|member| member.view.clone())
            .collect()
    }

    /// Waits until every service was ready once.
    ///
    /// # Errors
    /// [`NotReady`] for the first one that is not within the patience, or that ends again and again.
    pub async fn ready(&self) -> Result<(), NotReady> {
        let deadline = time::Instant::now() + self.timing.start_patience;
        for View {
            plan,
            mut condition,
        } in self.views()
        {
            let decided = condition.wait_for(|condition| {
                let is_hopeless = condition.starts >= FALSE_STARTS_MAX
                    && matches!(condition.phase, Phase::Waiting(_));
                condition.phase == Phase::Healthy || is_hopeless
            });
            let is_ready = match time::timeout_at(deadline, decided).await {
                Ok(Ok(condition)) => condition.phase == Phase::Healthy,
                Ok(Err(_)) | Err(_) => false,
            };
            if !is_ready {
                let condition = condition.borrow().clone();
                return Err(explain(&plan, &condition, self.timing.start_patience));
            }
        }
        Ok(())
    }

    /// Stops the services in reverse order, each gone before the next is asked.
    pub async fn stop(self) {
        for member in self.members.into_iter().rev() {
            member.stop.cancel();
            if let Err(error) = member.task.await {
                tracing::error!(name = member.view.plan.service.name, %error, "supervision of a service broke");
            }
        }
    }
}

fn explain(plan: &Plan, condition: &Condition, patience: Duration) -> NotReady {
    let name = plan.service.name;
    let mut text = match (&condition.phase, &condition.last_end) {
        (Phase::Starting(Some(reason)) | Phase::Unhealthy(reason), None) => {
            format!(
                "{name} was not ready within {} s: {reason}",
                patience.as_secs_f32()
            )
        }
        (_, Some(end)) => format!(
            "{name} {end} before it was ready ({} starts)",
            condition.starts
        ),
        _ => format!("{name} was not ready within {} s", patience.as_secs_f32()),
    };
    let lines = log_tail::last_lines(&plan.log, SHOWN_LINES, SHOWN_BYTES_MAX).unwrap_or_default();
    if lines.is_empty() {
        let _ = write!(text, "\nit wrote nothing to {}", plan.log.display());
    } else {
        let _ = write!(text, "\nlast lines of {}:", plan.log.display());
        for line in &lines {
            let _ = write!(text, "\n  {}", log_tail::showable(line));
        }
    }
    NotReady(text)
}
