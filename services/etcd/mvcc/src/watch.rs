//! Watches: who is told of which change, in order and without a gap, while nobody who is slow holds up anybody else.
//!
//! A watcher that is synced is told as a change happens ([`Watches::notify`]); one that is behind, because it began in the past or
//! its stream is full, is told from the store, step by step ([`Watches::catch_up`]). Responses wait in the stream's queue
//! until the transport has room ([`Watches::take`]). Nothing is kept for a watcher but the revision it is at.
//!
//! Source: etcd v3.7 server/storage/mvcc/watchable_store.go, watcher.go; server/etcdserver/api/v3rpc/watch.go.

mod catch_up;
mod event;
mod group;
mod intervals;
mod response;
mod stream;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use etcd_api::etcdserverpb::{WatchCreateRequest, watch_create_request::FilterType};
use smallvec::smallvec;

pub use self::response::{Events, WatchResponse};
use self::{
    event::Event,
    group::{Group, Watched},
    stream::Stream,
};
use crate::{Changes, Error, Store};

/// A stream of watches.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StreamId(u64);

/// All watchers of a member.
#[derive(Debug, Default)]
pub struct Watches {
    streams: HashMap<StreamId, Stream>,
    next_stream: u64,
    watchers: Vec<Option<Watcher>>,
    /// Places in `watchers` that are free.
    free: Vec<u32>,
    synced: Group,
    /// Those behind, by the revision they are at.
    unsynced: BTreeSet<(i64, u32)>,
    /// Those behind, in the order in which they have their turn. Some may be synced or gone by then.
    turns: VecDeque<u32>,
    /// Streams that have something to take since they had not.
    ready: Vec<StreamId>,
}

#[derive(Debug)]
struct Watcher {
    stream: StreamId,
    id: i64,
    watched: Watched,
    start_revision: i64,
    /// It was told of everything before.
    next_revision: i64,
    synced: bool,
    no_put: bool,
    no_delete: bool,
    previous: bool,
    fragment: bool,
    /// Whether progress is told, and to be told at the next tick.
    progress: Option<bool>,
}

impl Watcher {
    fn wants(&self, event: &Event<'_>) -> bool {
        event.revision.main >= self.next_revision
            && !(if event.deleted {
                self.no_delete
            } else {
                self.no_put
            })
    }
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct WatchCounts {
    /// Streams.
    pub streams: usize,
    /// Watchers.
    pub watchers: usize,
    /// Watchers that are behind.
    pub slow: usize,
}

impl Watches {
    /// Returns how many there are.
    #[must_use]
    pub fn counts(&self) -> WatchCounts {
        WatchCounts {
            streams: self.streams.len(),
            watchers: self.watchers.len() - self.free.len(),
            slow: self.unsynced.len(),
        }
    }

    /// Opens a stream.
    pub fn open_stream(&mut self) -> StreamId {
        let id = StreamId(self.next_stream);
        self.next_stream += 1;
        self.streams.insert(id, Stream::default());
        id
    }

    /// Closes a stream with all its watchers.
    pub fn close_stream(&mut self, id: StreamId) {
        if let Some(stream) = self.streams.remove(&id) {
            for watcher in stream.into_watchers() {
                self.forget(watcher);
            }
        }
    }

    /// Begins a watch, and answers in the stream.
    pub fn create(&mut self, stream: StreamId, request: &WatchCreateRequest, store: &Store) {
        if request.start_revision < 0 {
            // Upstream's text.
            self.refuse(
                stream,
                "etcdserver: mvcc: required revision has been compacted",
                store.revision(),
            );
            return;
        }
        let watched = match (&request.key[..], &request.range_end[..]) {
            (b"", b"") => Watched::Key(b"\0"[..].into()),
            (_, b"") => Watched::Key(request.key.clone()),
            (_, b"\0") => Watched::Interval(request.key.clone(), None),
            (key, end) if key.max(b"\0") >= end => {
                self.refuse(stream, "mvcc: watcher range is empty", store.revision()); // upstream's text
                return;
            }
            _ => Watched::Interval(request.key.clone(), Some(request.range_end.clone())),
        };
        let Some(open) = self.streams.get_mut(&stream) else {
            return;
        };
        let Some(id) = open.choose_id(request.watch_id) else {
            let reason = "mvcc: duplicate watch ID provided on the WatchStream"; // upstream's text
            self.refuse(stream, reason, store.revision());
            return;
        };
        let from_now = store.revision() + 1;
        let synced = request.start_revision == 0 || request.start_revision >= from_now;
        let filters = |filter: FilterType| request.filters.contains(&i32::from(filter));
        let watcher = Watcher {
            stream,
            id,
            watched,
            start_revision: request.start_revision,
            next_revision: if synced {
                from_now.max(request.start_revision)
            } else {
                request.start_revision
            },
            synced,
            no_put: filters(FilterType::Noput),
            no_delete: filters(FilterType::Nodelete),
            previous: request.prev_kv,
            fragment: request.fragment,
            progress: request.progress_notify.then_some(true),
        };
        self.push(
            stream,
            WatchResponse {
                watch_id: id,
                revision: store.revision(),
                created: true,
                ..WatchResponse::default()
            },
        );
        self.insert(watcher);
    }

    /// Says in a stream that a watch is not begun, and why: also for the server, which knows of permissions.
    pub fn refuse(&mut self, stream: StreamId, reason: &str, revision: i64) {
        let response = WatchResponse {
            watch_id: -1,
            revision,
            created: true,
            canceled: true,
            cancel_reason: reason.to_owned(),
            ..WatchResponse::default()
        };
        self.push(stream, response);
    }

    /// Ends a watch, and answers in the stream; an id that is none is not answered.
    pub fn cancel(&mut self, stream: StreamId, watch_id: i64, revision: i64) {
        let Some(open) = self.streams.get_mut(&stream) else {
            return;
        };
        let watcher = open.remove(watch_id);
        if watcher.is_some() || open.release(watch_id) {
            if let Some(watcher) = watcher {
                self.forget(watcher);
            }
            let response = WatchResponse {
                watch_id,
                revision,
                canceled: true,
                ..WatchResponse::default()
            };
            self.push(stream, response);
        }
    }

    /// Tells a stream how far all its watchers are, if all are as far as the store.
    pub fn progress(&mut self, stream: StreamId, revision: i64) {
        let Some(open) = self.streams.get(&stream) else {
            return;
        };
        let all_are_at = || {
            open.watchers()
                .all(|number| self.watcher(number).is_at(revision))
        };
        if open.has_room() && open.has_watchers() && all_are_at() {
            self.push(stream, progress(-1, revision));
        }
    }

    /// Tells the watchers of a stream that asked for it how far they are, unless they are behind or had events since the last
    /// tick (upstream: every 10 minutes).
    pub fn tick(&mut self, stream: StreamId, revision: i64) {
        let Some(open) = self.streams.get(&stream) else {
            return;
        };
        for number in open.watchers().collect::<Vec<_>>() {
            let Some(watcher) = self.watchers[number as usize]
                .as_mut()
                .filter(|watcher| watcher.progress.is_some())
            else {
                continue;
            };
            let due = watcher.progress.replace(true) == Some(true);
            let (id, is_at) = (watcher.id, watcher.is_at(revision));
            if due && is_at && self.streams[&stream].has_room() {
                self.push(stream, progress(id, revision));
            }
        }
    }

    /// Tells all synced watchers of a change. To be called after its batch was written, for each change in order.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Damaged`] when the store is not as it must be.
    pub fn notify(&mut self, store: &mut Store, changes: &Changes) -> Result<(), Error> {
        let mut told: BTreeMap<u32, Events> = BTreeMap::new();
        let mut watching = Vec::new();
        for change in &changes.changes {
            let mut event = Event::new(
                change.revision,
                &change.key,
                &change.record,
                change.deleted,
                change.previous,
            );
            watching.clear();
            self.synced
                .watchers(&change.key, &mut |watcher| watching.push(watcher));
            for number in watching.drain(..) {
                let watcher = self.watcher(number);
                if !watcher.wants(&event) {
                    continue;
                }
                let encoded = event.encoded(store, watcher.previous)?;
                if changes.changes.len() == 1 {
                    self.tell_synced(number, smallvec![encoded], changes.revision);
                } else {
                    told.entry(number).or_default().push(encoded);
                }
            }
        }
        for (number, events) in told {
            self.tell_synced(number, events, changes.revision);
        }
        Ok(())
    }

    /// Returns the streams that have something to take since they had not.
    pub fn take_ready(&mut self) -> Vec<StreamId> {
        std::mem::take(&mut self.ready)
    }

    /// Returns the next response of a stream.
    pub fn take(&mut self, stream: StreamId) -> Option<WatchResponse> {
        let open = self.streams.get_mut(&stream)?;
        let response = open.pop()?;
        // Those who waited for room have their turn again.
        self.turns.extend(open.take_stalled());
        Some(response)
    }

    /// Returns whether a stream has as much to take as may wait. The server should not read its requests then.
    #[must_use]
    pub fn is_full(&self, stream: StreamId) -> bool {
        self.streams
            .get(&stream)
            .is_some_and(|stream| !stream.has_room())
    }

    /// Tells a synced watcher of the newest revision; without room in its stream it is behind from now on.
    fn tell_synced(&mut self, number: u32, events: Events, revision: i64) {
        let watcher = self.watcher(number);
        if self.streams[&watcher.stream].has_room() {
            self.tell(number, events, revision);
            self.watcher_mut(number).next_revision = revision + 1;
            return;
        }
        let (stream, watched) = (watcher.stream, watcher.watched.clone());
        self.synced.remove(&watched, number);
        self.unsynced.insert((revision, number));
        let watcher = self.watcher_mut(number);
        watcher.synced = false;
        watcher.next_revision = revision;
        self.stall(stream, number);
    }

    fn tell(&mut self, number: u32, events: Events, revision: i64) {
        let watcher = self.watcher_mut(number);
        // The next notification of progress would say nothing new.
        watcher.progress = watcher.progress.map(|_| false);
        let stream = watcher.stream;
        let response = WatchResponse {
            watch_id: watcher.id,
            revision,
            fragment: watcher.fragment,
            events,
            ..WatchResponse::default()
        };
        self.push(stream, response);
    }

    fn push(&mut self, stream: StreamId, response: WatchResponse) {
        if let Some(open) = self.streams.get_mut(&stream)
            && open.push(response)
        {
            self.ready.push(stream);
        }
    }

    fn stall(&mut self, stream: StreamId, number: u32) {
        if let Some(open) = self.streams.get_mut(&stream) {
            open.stall(number);
        }
    }

    fn insert(&mut self, watcher: Watcher) {
        let number = self.free.pop().unwrap_or_else(|| {
            self.watchers.push(None);
            u32::try_from(self.watchers.len() - 1).expect("as many watchers do not fit in memory")
        });
        if let Some(open) = self.streams.get_mut(&watcher.stream) {
            open.insert(watcher.id, number);
        }
        if watcher.synced {
            self.synced.add(&watcher.watched, number);
        } else {
            self.unsynced.insert((watcher.next_revision, number));
            self.turns.push_back(number);
        }
        self.watchers[number as usize] = Some(watcher);
    }

    /// Drops a watcher that its stream does not have any more.
    fn forget(&mut self, number: u32) {
        let watcher = self.watchers[number as usize]
            .take()
            .expect("a stream has watchers that are there");
        if watcher.synced {
            self.synced.remove(&watcher.watched, number);
        } else {
            self.unsynced.remove(&(watcher.next_revision, number));
        }
        self.free.push(number);
    }

    fn watcher(&self, number: u32) -> &Watcher {
        self.watchers[number as usize]
            .as_ref()
            .expect("groups and streams have watchers that are there")
    }

    fn watcher_mut(&mut self, number: u32) -> &mut Watcher {
        self.watchers[number as usize]
            .as_mut()
            .expect("groups and streams have watchers that are there")
    }
}

impl Watcher {
    /// Whether it was told of everything up to the newest revision, and has begun.
    fn is_at(&self, revision: i64) -> bool {
        self.synced && self.start_revision <= revision
    }
}

fn progress(watch_id: i64, revision: i64) -> WatchResponse {
    WatchResponse {
        watch_id,
        revision,
        ..WatchResponse::default()
    }
}
