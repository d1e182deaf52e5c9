//! How long to wait before a service that ended is started again. Pure: the caller brings the times.

use std::time::Duration;

/// The shape of the waiting times.
#[derive(Clone, Copy, Debug)]
pub struct BackoffPolicy {
    /// Wait after the first short run.
    pub first: Duration,
    /// Longest wait. Each short run doubles the wait up to here.
    pub longest: Duration,
    /// A run at least this long counts as stable: what went before it is forgotten.
    pub stable_after: Duration,
}

/// The waits between the runs of one service.
#[derive(Clone, Debug)]
pub struct Backoff {
    policy: BackoffPolicy,
    short_runs: u32,
}

impl Backoff {
    /// A service that has not ended yet.
    #[must_use]
    pub fn new(policy: BackoffPolicy) -> Self {
        Self {
            policy,
            short_runs: 0,
        }
    }

    /// Notes that a run ended after `ran_for` and returns the wait before the next one.
    ///
    /// There is no random part: the services of one machine do not wait for each other.
    pub fn after_run(&mut self, ran_for: Duration) -> Duration {
        if ran_for >= self.policy.stable_after {
            self.short_runs = 0;
        }
        let doubled = 2_u32
            .checked_pow(self.short_runs)
            .and_then(|factor| self.policy.first.checked_mul(factor));
        self.short_runs = self.short_runs.saturating_add(1);
        doubled
            .unwrap_or(self.policy.longest)
            .min(self.policy.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BackoffPolicy = BackoffPolicy {
        first: Duration::from_millis(500),
        longest: Duration::from_secs(30),
        stable_after: Duration::from_secs(60),
    };

    /// Runs of these lengths (seconds) are followed by these waits (milliseconds).
    #[track_caller]
    fn check(runs: &[u64], waits: &[u64]) {
        let mut backoff = Backoff::new(POLICY);
        let got: Vec<u128> = runs
            .iter()
            .map(|&run| backoff.after_run(Duration::from_secs(run)).as_millis())
            .collect();
        assert_eq!(
            got,
            waits
                .iter()
                .map(|&wait| u128::from(wait))
                .collect::<Vec<_>>()
        );
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        check(
            &[0; 9],
            &[
                500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
            ],
        );
    }

    #[test]
    fn a_stable_run_starts_over() {
        check(&[0, 0, 0, 60, 0], &[500, 1_000, 2_000, 500, 1_000]);
    }

    #[test]
    fn a_run_just_short_of_stable_does_not() {
        check(&[0, 59, 59], &[500, 1_000, 2_000]);
    }

    #[test]
    fn only_stable_runs_never_wait_longer_than_the_first_wait() {
        check(&[3600, 3600, 3600], &[500, 500, 500]);
    }

    #[test]
    fn endless_failure_stays_at_the_longest_wait() {
        let mut backoff = Backoff {
            policy: POLICY,
            short_runs: u32::MAX,
        };
        assert_eq!(backoff.after_run(Duration::ZERO), POLICY.longest);
        assert_eq!(backoff.after_run(Duration::ZERO), POLICY.longest);
    }
}
