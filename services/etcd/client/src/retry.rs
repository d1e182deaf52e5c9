//! Which failed calls are tried again, and when.
//!
//! Source: etcd v3.7 client/v3/retry.go and retry_interceptor.go.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

use tonic::{Code, Status};

/// What a repeated call would do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Policy {
    /// The same once more: tried again whenever the server was not there.
    Repeatable,
    /// Something twice: tried again only while nothing was sent.
    Once,
}

impl Policy {
    /// Returns whether a call that failed so is tried again.
    pub(crate) fn retries(self, status: &Status, endpoints: usize) -> bool {
        let known = etcd_api::Error::from_text(status.message());
        // A learner refuses what the next endpoint may serve.
        if known == Some(etcd_api::Error::NotSupportedForLearner) && endpoints > 1 {
            return true;
        }
        // An error of etcd that is `Unavailable` is as good as a lost connection here.
        self == Self::Repeatable && status.code() == Code::Unavailable
    }
}

/// Returns how long to wait before the given attempt, the first being 0: after a round through a majority of the
/// endpoints 25 ms, give or take a tenth; no wait within a round.
pub(crate) fn pause(attempt: usize, endpoints: usize) -> Duration {
    let majority = endpoints / 2 + 1;
    if attempt == 0 || !attempt.is_multiple_of(majority) {
        return Duration::ZERO;
    }
    PAUSE.mul_f64(1.0 + JITTER * (2.0 * chance() - 1.0))
}

/// Returns a number between 0 and 1: jitter, nothing that must not be guessed.
fn chance() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(bits).unwrap_or(0)) / f64::from(u32::MAX)
}

/// How often a call is tried in all.
pub(crate) const ATTEMPTS_MAX: usize = 100;

const PAUSE: Duration = Duration::from_millis(25);
const JITTER: f64 = 0.1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_repeatable_calls_are_tried_again_and_only_when_nobody_was_there() {
        let gone = Status::unavailable("x");
        assert!(Policy::Repeatable.retries(&gone, 1));
        assert!(!Policy::Once.retries(&gone, 3));
        let refused = Status::from(etcd_api::Error::Compacted);
        assert!(!Policy::Repeatable.retries(&refused, 3));
        assert!(Policy::Repeatable.retries(&Status::from(etcd_api::Error::NoLeader), 1));
    }

    #[test]
    fn a_learner_is_left_for_another_endpoint() {
        let learner = Status::from(etcd_api::Error::NotSupportedForLearner);
        assert!(Policy::Once.retries(&learner, 2));
        assert!(!Policy::Once.retries(&learner, 1));
    }

    #[test]
    fn a_pause_follows_each_round_through_a_majority() {
        assert_eq!(pause(0, 3), Duration::ZERO);
        assert_eq!(pause(1, 3), Duration::ZERO);
        let wait = pause(2, 3).as_micros();
        assert!((22_500..=27_500).contains(&wait), "{wait}");
    }
}
