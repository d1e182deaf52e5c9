//! Watches: many over one stream, which is opened again and resumed where it broke.
//!
//! A [`Watcher`] owns a task (`watch/task.rs`) that holds the stream; each [`Watch`] gets its answers over a bounded
//! queue. A watch that is not read holds its stream back, as the queue is full; the server then buffers.
//!
//! Source: etcd v3.7 client/v3/watch.go.

use etcd_api::{
    etcdserverpb::{ResponseHeader, WatchCreateRequest, WatchResponse},
    mvccpb::Event,
};
use tokio::sync::mpsc;

use crate::{Client, Error, watch::task::Task};

mod task;

/// A stream on which watches are opened. Dropping it and its watches ends them.
#[derive(Clone, Debug)]
pub struct Watcher {
    orders: mpsc::Sender<Order>,
}

/// A watch.
#[derive(Debug)]
pub struct Watch {
    answers: mpsc::Receiver<WatchAnswer>,
}

/// What a server tells a watch.
#[derive(Clone, Debug, Default)]
pub struct WatchAnswer {
    /// The header; empty when the answer is not a server's.
    pub header: ResponseHeader,
    /// Events, oldest first.
    pub events: Vec<Event>,
    /// Not zero when the watch asked for what was compacted: the oldest revision there is.
    pub compact_revision: i64,
    /// The watch has ended; nothing follows.
    pub canceled: bool,
    /// Why it ended, in the server's words.
    pub cancel_reason: String,
    /// Why the stream under it ended.
    pub close_error: Option<Error>,
}

impl WatchAnswer {
    /// Returns the error the answer stands for.
    ///
    /// Source: etcd v3.7 client/v3/watch.go, `WatchResponse.Err`.
    #[must_use]
    pub fn error(&self) -> Option<Error> {
        if let Some(error) = &self.close_error {
            return Some(error.clone());
        }
        if self.compact_revision != 0 {
            return Some(Error::Etcd(etcd_api::Error::Compacted));
        }
        if !self.canceled {
            return None;
        }
        if self.cancel_reason.is_empty() {
            return Some(Error::Etcd(etcd_api::Error::FutureRevision));
        }
        Some(match etcd_api::Error::from_text(&self.cancel_reason) {
            Some(error) => Error::Etcd(error),
            None => Error::WatchCanceled(self.cancel_reason.clone()),
        })
    }

    /// Returns whether this only says how far the watch has come.
    #[must_use]
    pub const fn is_progress(&self) -> bool {
        self.events.is_empty()
            && !self.canceled
            && self.compact_revision == 0
            && self.header.revision != 0
    }

    fn of(response: WatchResponse) -> Self {
        Self {
            header: response.header.unwrap_or_default(),
            events: response.events,
            compact_revision: response.compact_revision,
            canceled: response.canceled,
            cancel_reason: response.cancel_reason,
            close_error: None,
        }
    }

    /// The last answer of a watch whose stream cannot be opened again.
    fn lost(error: Error) -> Self {
        Self {
            canceled: true,
            close_error: Some(error),
            ..Self::default()
        }
    }
}

/// What a watcher's task is asked to do.
#[derive(Debug)]
enum Order {
    Create {
        request: WatchCreateRequest,
        answers: mpsc::Sender<WatchAnswer>,
    },
    Progress,
}

impl Client {
    /// Starts a watcher. With `wants_leader` its stream ends when the server has lost its leader.
    #[must_use]
    pub fn watcher(&self, wants_leader: bool) -> Watcher {
        let (orders, inbox) = mpsc::channel(ORDERS_WAITING_MAX);
        tokio::spawn(Task::new(self.clone(), wants_leader, inbox).run());
        Watcher { orders }
    }

    /// Opens one watch on a stream of its own.
    pub async fn watch(&self, request: WatchCreateRequest) -> Watch {
        self.watcher(false).watch(request).await
    }
}

impl Watcher {
    /// Opens a watch. The answer to a request that the server refuses is the watch's only one.
    pub async fn watch(&self, request: WatchCreateRequest) -> Watch {
        let (answers, receiver) = mpsc::channel(ANSWERS_WAITING_MAX);
        // A task that is gone leaves the watch without answers, which is what it then has.
        drop(self.orders.send(Order::Create { request, answers }).await);
        Watch { answers: receiver }
    }

    /// Asks the server to tell every watch how far it has come.
    ///
    /// # Errors
    /// [`Error::Canceled`] when the stream has ended for good.
    pub async fn request_progress(&self) -> Result<(), Error> {
        self.orders
            .send(Order::Progress)
            .await
            .map_err(|_| Error::Canceled)
    }
}

impl Watch {
    /// Returns the next answer; none when the watch has ended.
    pub async fn next(&mut self) -> Option<WatchAnswer> {
        self.answers.recv().await
    }
}

/// A refusal in the words of the answer that brought it.
fn refusal(reason: &str) -> Error {
    match etcd_api::Error::from_text(reason) {
        Some(error) => Error::Etcd(error),
        None => Error::WatchRefused(reason.to_owned()),
    }
}

/// Answers kept for a watch that is slow to read.
const ANSWERS_WAITING_MAX: usize = 128;

/// Watches and progress requests that wait for the task.
const ORDERS_WAITING_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(answer: &WatchAnswer, text: &str) {
        assert_eq!(answer.error().expect("an error").to_string(), text);
    }

    #[test]
    fn answers_that_end_a_watch_say_why() {
        let canceled = WatchAnswer {
            canceled: true,
            ..WatchAnswer::default()
        };
        check(
            &canceled,
            "etcdserver: mvcc: required revision is a future revision",
        );
        let compacted = WatchAnswer {
            compact_revision: 5,
            ..canceled.clone()
        };
        check(
            &compacted,
            "etcdserver: mvcc: required revision has been compacted",
        );
        let told = WatchAnswer {
            cancel_reason: "tired".to_owned(),
            ..canceled.clone()
        };
        check(&told, "rpc error: code = FailedPrecondition desc = tired");
        check(
            &WatchAnswer::lost(Error::Etcd(etcd_api::Error::NoLeader)),
            "etcdserver: no leader",
        );
        assert!(WatchAnswer::default().error().is_none());
    }
}
