//! A stream: its watchers by their ids, and what it is to be told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::WatchResponse;

/// Responses that may wait in a stream before its watchers are told no more (upstream: 128).
const RESPONSES_MAX: usize = 128;

/// Bytes of events that may wait in a stream; one response more than this may.
const BYTES_MAX: usize = 4 << 20;

#[derive(Debug, Default)]
pub(super) struct Stream {
    watchers: BTreeMap<i64, u32>,
    /// Ids of watchers that came too late for what they wanted. They are taken until the client cancels them, as in upstream.
    ended: BTreeSet<i64>,
    next_id: i64,
    responses: VecDeque<WatchResponse>,
    /// Bytes of events that wait.
    bytes: usize,
    /// Watchers that are behind and wait for room.
    stalled: Vec<u32>,
}

impl Stream {
    /// The id of a new watcher: the next free one, or the one that was asked for unless it is taken.
    pub(super) fn choose_id(&mut self, asked: i64) -> Option<i64> {
        if asked != 0 {
            return (!self.is_taken(asked)).then_some(asked);
        }
        while self.is_taken(self.next_id) {
            self.next_id += 1;
        }
        self.next_id += 1;
        Some(self.next_id - 1)
    }

    fn is_taken(&self, id: i64) -> bool {
        self.watchers.contains_key(&id) || self.ended.contains(&id)
    }

    /// Takes the watcher from an id that stays taken.
    pub(super) fn end(&mut self, id: i64) {
        self.watchers.remove(&id);
        self.ended.insert(id);
    }

    /// Gives the id of a watcher back that has ended; `true` when there was one.
    pub(super) fn release(&mut self, id: i64) -> bool {
        self.ended.remove(&id)
    }

    pub(super) fn insert(&mut self, id: i64, watcher: u32) {
        self.watchers.insert(id, watcher);
    }

    pub(super) fn remove(&mut self, id: i64) -> Option<u32> {
        self.watchers.remove(&id)
    }

    pub(super) fn watchers(&self) -> impl Iterator<Item = u32> {
        self.watchers.values().copied()
    }

    pub(super) fn into_watchers(self) -> impl Iterator<Item = u32> {
        self.watchers.into_values()
    }

    pub(super) fn has_watchers(&self) -> bool {
        !self.watchers.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        self.responses.len() < RESPONSES_MAX && self.bytes < BYTES_MAX
    }

    /// Adds a response; `true` when it is the only one.
    pub(super) fn push(&mut self, response: WatchResponse) -> bool {
        self.bytes += response.event_bytes();
        self.responses.push_back(response);
        self.responses.len() == 1
    }

    pub(super) fn pop(&mut self) -> Option<WatchResponse> {
        let response = self.responses.pop_front()?;
        self.bytes -= response.event_bytes();
        Some(response)
    }

    /// Lets a watcher wait for room.
    pub(super) fn stall(&mut self, watcher: u32) {
        self.stalled.push(watcher);
    }

    /// Those who waited for room, as soon as there is some worth reading the store for.
    pub(super) fn take_stalled(&mut self) -> Vec<u32> {
        if self.responses.len() <= RESPONSES_MAX / 2 && self.bytes <= BYTES_MAX / 2 {
            return std::mem::take(&mut self.stalled);
        }
        Vec::new()
    }
}
