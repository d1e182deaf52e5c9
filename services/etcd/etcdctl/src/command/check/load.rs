//! Puts under random keys, from many clients at once.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
    time::{Duration, Instant},
};

use etcd_api::etcdserverpb::PutRequest;
use etcd_client::Client;
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinSet,
};

use crate::command::UNLIMITED;

/// How one put went: how long it took, or why it failed.
pub(super) type Outcome = Result<Duration, String>;

/// Requests on their way to clients, and the outcomes on their way back.
pub(super) struct Load {
    pub(super) requests: mpsc::Sender<PutRequest>,
    pub(super) outcomes: mpsc::Receiver<Outcome>,
    clients: JoinSet<()>,
}

impl Load {
    /// Starts a task for each client; each sends one request at a time.
    pub(super) fn start(clients: &[Client]) -> Self {
        let (requests, inbox) = mpsc::channel(clients.len());
        let inbox = Arc::new(Mutex::new(inbox));
        let (outbox, outcomes) = mpsc::channel(clients.len());
        let mut tasks = JoinSet::new();
        for client in clients {
            tasks.spawn(send(client.clone(), Arc::clone(&inbox), outbox.clone()));
        }
        Self {
            requests,
            outcomes,
            clients: tasks,
        }
    }

    /// Ends the sending of requests and returns where the outcomes still come from; none follows the last.
    pub(super) fn split(
        self,
    ) -> (
        mpsc::Sender<PutRequest>,
        mpsc::Receiver<Outcome>,
        JoinSet<()>,
    ) {
        (self.requests, self.outcomes, self.clients)
    }
}

async fn send(
    client: Client,
    inbox: Arc<Mutex<mpsc::Receiver<PutRequest>>>,
    outbox: mpsc::Sender<Outcome>,
) {
    loop {
        let next = inbox.lock().await.recv().await;
        let Some(request) = next else {
            return;
        };
        let start = Instant::now();
        let outcome = match client.put(UNLIMITED, request).await {
            Ok(_) => Ok(start.elapsed()),
            Err(error) => Err(error.to_string()),
        };
        if outbox.send(outcome).await.is_err() {
            return;
        }
    }
}

/// Makes puts with random keys under a prefix and values of zeros.
pub(super) struct Puts {
    prefix: Vec<u8>,
    key_bytes: usize,
    value: Vec<u8>,
    state: u64,
}

impl Puts {
    pub(super) fn new(prefix: &str, key_bytes: usize, value_bytes: usize) -> Self {
        Self {
            prefix: prefix.as_bytes().to_vec(),
            key_bytes,
            value: vec![0; value_bytes],
            state: RandomState::new().build_hasher().finish(),
        }
    }

    pub(super) fn make(&mut self) -> PutRequest {
        let start = self.prefix.len();
        let mut key = self.prefix.clone();
        key.resize(start + self.key_bytes, 0);
        let number = varint(self.random() >> 1);
        key[start..start + number.len()].copy_from_slice(&number);
        PutRequest {
            key: key.into(),
            value: self.value.clone().into(),
            ..PutRequest::default()
        }
    }

    /// Spreads keys; nothing that must not be guessed. Source: Vigna, splitmix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Returns a number of 63 bits as Go's `PutVarint` writes it.
fn varint(number: u64) -> Vec<u8> {
    let mut rest = number << 1;
    let mut bytes = Vec::with_capacity(10);
    while rest >= 0x80 {
        bytes.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    bytes.push(rest.to_le_bytes()[0]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_their_length_and_differ() {
        let mut puts = Puts::new("/p/", 256, 4);
        let (first, second) = (puts.make(), puts.make());
        assert_eq!((first.key.len(), first.value.len()), (259, 4));
        assert!(first.key.starts_with(b"/p/"));
        assert_ne!(first.key, second.key);
    }

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        assert_eq!(varint(0), [0]);
        assert_eq!(varint(1), [2]);
        assert_eq!(varint(64), [0x80, 1]);
    }
}
