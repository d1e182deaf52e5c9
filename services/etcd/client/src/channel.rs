//! Connections to every endpoint, kept alive and used in turn.
//!
//! A task for each endpoint dials, waits until the connection ends, and dials again: at once after a connection that
//! stood, with growing pauses after failures. A call takes the next of those that stand, or waits for one.
//!
//! Source: grpc-go balancer/roundrobin and internal/backoff.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::AbortHandle,
    time::{Instant, sleep, timeout, timeout_at},
};
use tonic::Status;

use crate::{
    connection::{Connection, Dialler},
    endpoint::Endpoint,
};

/// The connections of a client.
#[derive(Debug)]
pub(crate) struct Channel {
    board: watch::Receiver<Board>,
    turn: AtomicUsize,
    tasks: Vec<AbortHandle>,
}

/// What stands at the moment, by endpoint.
#[derive(Debug, Default)]
struct Board {
    connections: Vec<Option<Connection>>,
    last_error: Option<String>,
}

impl Channel {
    /// Starts connecting to every endpoint.
    pub(crate) fn new(endpoints: &[Endpoint], dialler: &Dialler) -> Self {
        let (board, reader) = watch::channel(Board {
            connections: vec![None; endpoints.len()],
            last_error: None,
        });
        let tasks = endpoints
            .iter()
            .enumerate()
            .map(|(slot, endpoint)| {
                let keeper = Keeper {
                    slot,
                    endpoint: endpoint.clone(),
                    dialler: dialler.clone(),
                    board: board.clone(),
                };
                tokio::spawn(keeper.run()).abort_handle()
            })
            .collect();
        Self {
            board: reader,
            turn: AtomicUsize::new(0),
            tasks,
        }
    }

    /// Returns the next connection, waiting for one until the deadline.
    ///
    /// # Errors
    /// `DeadlineExceeded` with the last reason why there is none.
    pub(crate) async fn ready(&self, deadline: Option<Instant>) -> Result<Connection, Status> {
        let mut board = self.board.clone();
        let standing = board.wait_for(|board| board.standing().next().is_some());
        let found = match deadline {
            Some(deadline) => timeout_at(deadline, standing).await,
            None => Ok(standing.await),
        };
        match found {
            Ok(Ok(board)) => {
                let standing: Vec<&Connection> = board.standing().collect();
                let turn = self.turn.fetch_add(1, Ordering::Relaxed);
                Ok(standing[turn % standing.len()].clone())
            }
            // The tasks end only with the channel.
            Ok(Err(_)) => Err(Status::cancelled("grpc: the client connection is closing")),
            Err(_) => Err(self.too_late()),
        }
    }

    fn too_late(&self) -> Status {
        // Upstream's text: grpc-go picker_wrapper.go.
        Status::deadline_exceeded(match &self.board.borrow().last_error {
            Some(error) => format!("latest balancer error: connection error: desc = {error:?}"),
            None => "context deadline exceeded".to_owned(),
        })
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Board {
    fn standing(&self) -> impl Iterator<Item = &Connection> {
        self.connections
            .iter()
            .flatten()
            .filter(|connection| !connection.is_closed())
    }
}

/// Keeps the connection to one endpoint.
struct Keeper {
    slot: usize,
    endpoint: Endpoint,
    dialler: Dialler,
    board: watch::Sender<Board>,
}

impl Keeper {
    async fn run(self) {
        let mut failures = 0;
        loop {
            let dialled = timeout(DIAL_TIMEOUT, self.dialler.dial(&self.endpoint)).await;
            let error = match dialled {
                Ok(Ok((connection, driver))) => {
                    failures = 0;
                    self.put(Some(connection));
                    // Why it ended is told to the calls it carried.
                    drop(driver.await);
                    self.put(None);
                    continue;
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!(
                    "transport: Error while dialing: dial tcp {}: i/o timeout",
                    self.endpoint.authority()
                ),
            };
            self.board
                .send_modify(|board| board.last_error = Some(error));
            sleep(pause(failures)).await;
            failures += 1;
        }
    }

    fn put(&self, connection: Option<Connection>) {
        self.board
            .send_modify(|board| board.connections[self.slot] = connection);
    }
}

/// Returns the pause after the given number of failures in a row: 1 s, then 1.6 times longer each, two minutes at most.
fn pause(failures: i32) -> Duration {
    PAUSE_FIRST
        .mul_f64(1.6_f64.powi(failures.min(20)))
        .min(PAUSE_MAX)
}

/// A server that does not answer for so long is given up for the moment.
const DIAL_TIMEOUT: Duration = Duration::from_secs(20);
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_below_two_minutes() {
        assert_eq!(pause(0), Duration::from_secs(1));
        assert_eq!(pause(1), Duration::from_millis(1600));
        assert_eq!(pause(50), PAUSE_MAX);
    }
}
