//! What ends a stream before either side does: the client's own limit, and, for clients that want a leader, that nobody leads.
//!
//! Source: etcd v3.7 v3rpc/interceptor.go `newStreamInterceptor`, `monitorLeader`.

use std::future::pending;

use etcd_api::Error as ApiError;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tonic::Status;

use super::status::deadline_exceeded;

/// How long a stream lives at most.
#[derive(Clone, Debug, Default)]
pub(crate) struct Life {
    /// When the client stops waiting; none if it never does.
    pub(crate) deadline: Option<Instant>,
    /// Tells when nobody has led for too long; none for clients that do not mind.
    pub(crate) leaderless: Option<watch::Receiver<bool>>,
}

impl Life {
    /// Waits until it is over.
    pub(crate) async fn over(&mut self) {
        let Self {
            deadline,
            leaderless,
        } = self;
        if deadline.is_none() && leaderless.is_none() {
            return pending().await;
        }
        let expired = async {
            match deadline {
                Some(deadline) => sleep_until(*deadline).await,
                None => pending().await,
            }
        };
        let orphaned = async {
            let told = match leaderless {
                Some(leaderless) => leaderless.wait_for(|is| *is).await.is_ok(),
                None => false,
            };
            if !told {
                pending::<()>().await;
            }
        };
        tokio::select! {
            () = expired => {}
            () = orphaned => {}
        }
    }

    /// Says why it is over; none while it is not.
    pub(crate) fn end(&self) -> Option<Status> {
        if self.deadline.is_some_and(|it| it <= Instant::now()) {
            return Some(deadline_exceeded());
        }
        let leaderless = self.leaderless.as_ref();
        leaderless
            .is_some_and(|it| *it.borrow())
            .then(|| ApiError::NoLeader.into())
    }
}
