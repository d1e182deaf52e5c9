//! The connections that live: counted, told to end, waited for.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::activity::Activity;

/// Every live connection of a server, over all its listeners.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    live: Mutex<Live>,
    /// Wakes whoever waits for room or for the end, each time a connection ends.
    ended: Notify,
}

#[derive(Debug, Default)]
struct Live {
    next_id: u64,
    connections: BTreeMap<u64, Arc<Activity>>,
}

/// A connection's place in the registry; it leaves on drop.
#[derive(Debug)]
pub(crate) struct Place {
    registry: Arc<Registry>,
    id: u64,
}

impl Registry {
    /// Adds a connection.
    pub(crate) fn enter(self: &Arc<Self>, activity: Arc<Activity>) -> Place {
        let mut live = self.live.lock();
        let id = live.next_id;
        live.next_id += 1;
        live.connections.insert(id, activity);
        Place {
            registry: self.clone(),
            id,
        }
    }

    /// Waits until there is room for one more. When full, the longest idle connection is asked to go.
    pub(crate) async fn room(&self, connections_max: usize) {
        loop {
            let ended = self.ended.notified();
            if self.live.lock().connections.len() < connections_max {
                return;
            }
            self.retire_longest_idle();
            // Nobody idle now may become so without any connection ending.
            let _ = tokio::time::timeout(RETRY, ended).await;
        }
    }

    /// Asks every connection to end once its requests are answered.
    pub(crate) fn retire_all(&self) {
        for activity in self.all() {
            activity.ask_to_retire();
        }
    }

    /// Waits until no connection is left.
    pub(crate) async fn emptied(&self) {
        loop {
            let ended = self.ended.notified();
            if self.live.lock().connections.is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn retire_longest_idle(&self) {
        let idle = |activity: Arc<Activity>| Some((activity.idle_ms()?, activity));
        // Of equals the last counts: backwards that is the oldest connection.
        let longest = self.all().into_iter().rev().filter_map(idle);
        if let Some((_, activity)) = longest.max_by_key(|(idle_ms, _)| *idle_ms) {
            activity.ask_to_retire();
        }
    }

    fn all(&self) -> Vec<Arc<Activity>> {
        self.live.lock().connections.values().cloned().collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.live.lock().connections.remove(&self.id);
        self.registry.ended.notify_waiters();
    }
}

/// Time between two looks for an idle connection while the server is full.
const RETRY: Duration = Duration::from_millis(100);
