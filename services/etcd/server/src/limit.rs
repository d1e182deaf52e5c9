//! How long somebody waits for an answer, and the clock that rings when the first one's time is over.

use std::{
    future::{pending, poll_fn},
    pin::Pin,
    time::{Duration, Instant},
};

use etcd_api::Error as ApiError;
use tokio::time::{Sleep, sleep_until};
use tonic::Status;

use crate::grpc::status::deadline_exceeded;

/// When the time of a request is over, and whose limit that is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// When it was asked.
    pub(crate) began: Instant,
    pub(crate) at: Instant,
    is_clients: bool,
}

impl Limit {
    /// Returns the client's limit, if it has one that comes before the member's own.
    pub(crate) fn new(deadline: Option<tokio::time::Instant>, timeout: Duration) -> Self {
        let began = Instant::now();
        let own = began + timeout;
        match deadline.map(tokio::time::Instant::into_std) {
            Some(at) if at < own => Self {
                began,
                at,
                is_clients: true,
            },
            _ => Self {
                began,
                at: own,
                is_clients: false,
            },
        }
    }

    /// Returns what is said when it is over.
    pub(crate) fn error(self) -> Status {
        if self.is_clients {
            deadline_exceeded()
        } else {
            ApiError::Timeout.into()
        }
    }
}

/// Rings at the first of the limits it was told. Those that were met meanwhile make it ring for nothing, which is cheaper than to
/// take each of them back.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    next: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Clock {
    /// Makes it ring at a limit, unless it rings before.
    pub(crate) fn note(&mut self, at: Instant) {
        if self.next.is_some_and(|next| next <= at) {
            return;
        }
        self.next = Some(at);
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(at.into()),
            None => self.sleep = Some(Box::pin(sleep_until(at.into()))),
        }
    }

    /// Waits until it rings; what it was told is forgotten then. Losing the future loses nothing.
    pub(crate) async fn ring(&mut self) {
        match (self.next, &mut self.sleep) {
            (Some(_), Some(sleep)) => poll_fn(|cx| sleep.as_mut().poll(cx)).await,
            _ => pending().await,
        }
        self.next = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_clock_rings_at_the_first_limit_and_forgets_the_rest() {
        let began = Instant::now();
        let mut clock = Clock::default();
        let after = |ms| began + Duration::from_millis(ms);
        clock.note(after(60_000));
        clock.note(after(20));
        clock.note(after(90_000));
        clock.ring().await;
        assert!(began.elapsed() < Duration::from_secs(30));
        let silent = tokio::time::timeout(Duration::from_millis(20), clock.ring()).await;
        assert!(silent.is_err());
    }

    #[test]
    fn the_shorter_limit_counts_and_says_whose_it_was() {
        let second = Duration::from_secs(1);
        let soon = tokio::time::Instant::now() + second;
        let text = |limit: Limit| limit.error().message().to_owned();
        assert_eq!(
            text(Limit::new(Some(soon), 7 * second)),
            "context deadline exceeded"
        );
        assert_eq!(
            text(Limit::new(Some(soon), second / 2)),
            "etcdserver: request timed out"
        );
        assert_eq!(
            text(Limit::new(None, second)),
            "etcdserver: request timed out"
        );
    }
}
