//! Keeping leases alive.
//!
//! Source: etcd v3.7 client/v3/lease.go.

use std::time::Duration;

use etcd_api::etcdserverpb::{
    LeaseKeepAliveRequest, LeaseKeepAliveResponse, lease_client::LeaseClient,
};
use tokio::{
    sync::mpsc,
    task::AbortHandle,
    time::{Instant, sleep, sleep_until, timeout_at},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Streaming};
use tracing::warn;

use crate::{Call, Client, Error};

/// A lease that is kept alive until this value is dropped or the lease is gone.
#[derive(Debug)]
pub struct KeepAlive {
    answers: mpsc::Receiver<LeaseKeepAliveResponse>,
    task: AbortHandle,
}

impl KeepAlive {
    /// Returns the next answer of the server; none when the lease expired, was revoked, or could not be renewed in time.
    pub async fn next(&mut self) -> Option<LeaseKeepAliveResponse> {
        self.answers.recv().await
    }
}

impl Drop for KeepAlive {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Client {
    /// Renews a lease once.
    ///
    /// # Errors
    /// [`etcd_api::Error::LeaseNotFound`] when there is no such lease; any other [`Error`] of the call.
    pub async fn keep_alive_once(&self, id: i64) -> Result<LeaseKeepAliveResponse, Error> {
        loop {
            match self.renew(id).await {
                Ok(answer) if answer.ttl > 0 => return Ok(answer),
                Ok(_) => return Err(Error::Etcd(etcd_api::Error::LeaseNotFound)),
                Err(error) if error.is_transient() => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Renews a lease again and again, each time when a third of its life is over.
    #[must_use]
    pub fn keep_alive(&self, id: i64) -> KeepAlive {
        let (answers, receiver) = mpsc::channel(ANSWERS_WAITING_MAX);
        let keeper = Keeper {
            client: self.clone(),
            id,
            deadline: Instant::now() + self.config().dial_timeout + Duration::from_secs(1),
            next: Instant::now(),
            answers,
        };
        let task = tokio::spawn(keeper.run()).abort_handle();
        KeepAlive {
            answers: receiver,
            task,
        }
    }

    async fn renew(&self, id: i64) -> Result<LeaseKeepAliveResponse, Error> {
        let (requests, mut answers) = self.open_keep_alive(id, false).await?;
        let answer = answers.message().await?;
        drop(requests);
        answer.ok_or(Error::Canceled)
    }

    /// Opens a stream whose first request is already sent.
    async fn open_keep_alive(
        &self,
        id: i64,
        wants_leader: bool,
    ) -> Result<
        (
            mpsc::Sender<LeaseKeepAliveRequest>,
            Streaming<LeaseKeepAliveResponse>,
        ),
        Error,
    > {
        let connection = self.stream_connection(Call::unlimited()).await?;
        let (requests, body) = mpsc::channel(1);
        let first = LeaseKeepAliveRequest { id };
        requests
            .try_send(first)
            .expect("a new channel has room for one");
        let mut request = Request::new(ReceiverStream::new(body));
        self.describe(request.metadata_mut(), wants_leader);
        let answers = LeaseClient::new(connection)
            .lease_keep_alive(request)
            .await?
            .into_inner();
        Ok((requests, answers))
    }
}

struct Keeper {
    client: Client,
    id: i64,
    /// When the lease is taken for lost.
    deadline: Instant,
    /// When it is renewed next.
    next: Instant,
    answers: mpsc::Sender<LeaseKeepAliveResponse>,
}

impl Keeper {
    async fn run(mut self) {
        loop {
            match self.renew_over_one_stream().await {
                // Nobody listens, the lease is gone, or its time is over.
                Ok(()) => return,
                Err(error) => {
                    warn!(
                        logger = self.client.config().logger,
                        caller = "v3@v3.7.3/lease.go:492",
                        %error,
                        "error occurred during lease keep alive loop"
                    );
                    sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    /// Renews until the lease is gone; an error means that another stream may do.
    async fn renew_over_one_stream(&mut self) -> Result<(), Error> {
        sleep_until(self.next).await;
        let opening = self.client.open_keep_alive(self.id, true);
        let Ok(opened) = timeout_at(self.deadline, opening).await else {
            return Ok(());
        };
        let (requests, mut answers) = opened?;
        loop {
            let Ok(answer) = timeout_at(self.deadline, answers.message()).await else {
                return Ok(());
            };
            let answer = answer?.ok_or(Error::Canceled)?;
            if answer.ttl <= 0 {
                return Ok(());
            }
            let life = Duration::from_secs(answer.ttl.unsigned_abs());
            self.deadline = Instant::now() + life;
            self.next = Instant::now() + life / 3;
            match self.answers.try_send(answer) {
                Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => {}
                Err(mpsc::error::TrySendError::Closed(_)) => return Ok(()),
            }
            sleep_until(self.next).await;
            let request = LeaseKeepAliveRequest { id: self.id };
            if requests.send(request).await.is_err() {
                return Err(Error::Canceled);
            }
        }
    }
}

/// Answers kept for a slow listener; further ones are dropped, and the lease is renewed all the same.
const ANSWERS_WAITING_MAX: usize = 16;

const RETRY_PAUSE: Duration = Duration::from_millis(500);
