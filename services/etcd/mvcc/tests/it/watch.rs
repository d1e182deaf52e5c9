//! Watchers against the history they watch: every event once, in order, whole revisions, however slow anybody is.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Bytes, BytesMut};
use etcd_api::{
    etcdserverpb::{ResponseHeader, WatchCreateRequest, WatchResponse as Message},
    mvccpb::{Event, KeyValue, event::EventType},
};
use etcd_mvcc::{StreamId, WatchResponse, Watches};
use proptest::prelude::*;
use prost::Message as _;

use crate::rig::Rig;

/// A response as a client decodes it, put together again from its fragments.
fn decode(response: &WatchResponse, bytes_max: usize) -> Message {
    let header = ResponseHeader {
        member_id: 7,
        ..ResponseHeader::default()
    };
    let mut whole: Option<Message> = None;
    let mut ended = false;
    response.messages(&header, bytes_max, |head, events| {
        assert!(!ended);
        let mut bytes = BytesMut::from(&head[..]);
        events
            .iter()
            .for_each(|event| bytes.extend_from_slice(event));
        let size = bytes.len();
        let part = Message::decode(bytes).unwrap();
        assert!(size < bytes_max || part.events.len() < 2 || !response.fragment);
        ended = !part.fragment;
        match &mut whole {
            Some(whole) => whole.events.extend(part.events),
            None => whole = Some(part),
        }
    });
    assert!(ended);
    Message {
        fragment: false,
        ..whole.unwrap()
    }
}

/// A store with watches.
struct Watched {
    rig: Rig,
    watches: Watches,
    /// Every event there was.
    history: Vec<Event>,
    compacted: i64,
}

impl Watched {
    fn new() -> Self {
        Self {
            rig: Rig::new(),
            watches: Watches::default(),
            history: Vec::new(),
            compacted: -1,
        }
    }

    fn write(&mut self, operations: &[(Bytes, Option<Bytes>)]) {
        let revision = self.rig.store.revision() + 1;
        let before: Vec<_> = operations
            .iter()
            .map(|(key, _)| self.current(key))
            .collect();
        let changes = self.rig.write(|txn| {
            for (key, value) in operations {
                match value {
                    Some(value) => drop(txn.put(key, value, 0)),
                    None => drop(txn.delete_range(key, b"")),
                }
            }
        });
        let Some(changes) = changes else { return };
        for (previous, (key, value)) in before.into_iter().zip(operations) {
            if value.is_none() && previous.is_none() {
                continue;
            }
            let kv = match value {
                Some(value) => KeyValue {
                    key: key.clone(),
                    value: value.clone(),
                    mod_revision: revision,
                    create_revision: previous.as_ref().map_or(revision, |kv| kv.create_revision),
                    version: previous.as_ref().map_or(1, |kv| kv.version + 1),
                    lease: 0,
                },
                None => KeyValue {
                    key: key.clone(),
                    mod_revision: revision,
                    ..KeyValue::default()
                },
            };
            let r#type = if value.is_some() {
                EventType::Put
            } else {
                EventType::Delete
            };
            self.history.push(Event {
                r#type: r#type.into(),
                kv: Some(kv),
                prev_kv: previous,
            });
        }
        self.watches.notify(&mut self.rig.store, &changes).unwrap();
    }

    fn current(&self, key: &[u8]) -> Option<KeyValue> {
        let newest = self
            .history
            .iter()
            .rfind(|event| event.kv.as_ref().unwrap().key == key)?;
        (newest.r#type() == EventType::Put).then(|| newest.kv.clone().unwrap())
    }

    fn put(&mut self, key: &str, value: &str) -> i64 {
        self.write(&[(
            Bytes::copy_from_slice(key.as_bytes()),
            Some(Bytes::copy_from_slice(value.as_bytes())),
        )]);
        self.rig.store.revision()
    }

    fn delete(&mut self, key: &str) -> i64 {
        self.write(&[(Bytes::copy_from_slice(key.as_bytes()), None)]);
        self.rig.store.revision()
    }

    fn compact(&mut self, revision: i64) {
        if self.rig.compact(revision).is_ok() {
            self.compacted = revision;
        }
    }

    fn create(&mut self, stream: StreamId, request: &WatchCreateRequest) {
        self.watches.create(stream, request, &self.rig.store);
    }

    fn watch(&mut self, stream: StreamId, key: &str, start_revision: i64) {
        let request = WatchCreateRequest {
            key: Bytes::copy_from_slice(key.as_bytes()),
            start_revision,
            ..WatchCreateRequest::default()
        };
        self.create(stream, &request);
    }

    fn catch_up(&mut self) {
        while self.watches.catch_up(&mut self.rig.store, 10).unwrap() {}
    }

    fn take(&mut self, stream: StreamId) -> Option<Message> {
        Some(decode(&self.watches.take(stream)?, usize::MAX))
    }

    fn take_all(&mut self, stream: StreamId) -> Vec<Message> {
        std::iter::from_fn(|| self.take(stream)).collect()
    }
}

fn revisions(messages: &[Message]) -> Vec<i64> {
    let events = messages.iter().flat_map(|message| &message.events);
    events
        .map(|event| event.kv.as_ref().unwrap().mod_revision)
        .collect()
}

#[derive(Clone, Debug)]
enum Step {
    Write(BTreeMap<Bytes, Option<Bytes>>),
    Create(u8, Box<WatchCreateRequest>, u8),
    Cancel(u8, i64),
    Progress(u8),
    Take(u8, u8),
    CatchUp(u8),
    Compact(u8),
    Reopen(u8),
}

fn key() -> impl Strategy<Value = Bytes> {
    proptest::collection::vec(0..3_u8, 1..4).prop_map(Bytes::from)
}

fn step() -> impl Strategy<Value = Step> {
    let value = proptest::option::weighted(
        0.7,
        prop_oneof![9 => Just(Bytes::from_static(b"v")), 1 => Just(Bytes::from(vec![7; 70_000]))],
    );
    let end = prop_oneof![Just(Bytes::new()), Just(Bytes::from_static(b"\0")), key()];
    let request = (
        key(),
        end,
        proptest::collection::vec(0..2_i32, 0..2),
        any::<(bool, bool)>(),
        -1..4_i64,
    );
    let request = request.prop_map(|(key, range_end, filters, (prev_kv, fragment), watch_id)| {
        WatchCreateRequest {
            key,
            range_end,
            filters,
            prev_kv,
            fragment,
            watch_id,
            ..WatchCreateRequest::default()
        }
    });
    prop_oneof![
        30 => proptest::collection::btree_map(key(), value, 1..4).prop_map(Step::Write),
        5 => (0..3_u8, request, any::<u8>()).prop_map(|(stream, request, share)| Step::Create(stream, Box::new(request), share)),
        1 => (0..3_u8, -1..4_i64).prop_map(|(stream, id)| Step::Cancel(stream, id)),
        2 => (0..3_u8).prop_map(Step::Progress),
        3 => (0..3_u8, any::<u8>()).prop_map(|(stream, count)| Step::Take(stream, count)),
        5 => (1..20_u8).prop_map(Step::CatchUp),
        1 => any::<u8>().prop_map(Step::Compact),
        1 => (0..3_u8).prop_map(Step::Reopen),
    ]
}

/// What a client knows of a watcher.
struct Client {
    request: WatchCreateRequest,
    /// Everything before was told.
    next: i64,
}

impl Client {
    /// The events that the watcher is to be told from `next` to before `end`.
    fn wants(&self, history: &[Event], end: i64) -> Vec<Event> {
        let request = &self.request;
        let inside = |key: &Bytes| match &request.range_end[..] {
            b"" => *key == request.key,
            b"\0" => *key >= request.key,
            end => *key >= request.key && *key < *end,
        };
        let wanted = |event: &&Event| {
            let kv = event.kv.as_ref().unwrap();
            let filtered = request.filters.contains(&event.r#type);
            (self.next..end).contains(&kv.mod_revision) && inside(&kv.key) && !filtered
        };
        history.iter().filter(wanted).cloned().collect()
    }
}

/// A stream with what its client knows.
struct Reader {
    stream: StreamId,
    /// Requests that were sent and not answered.
    asked: Vec<WatchCreateRequest>,
    clients: BTreeMap<i64, Client>,
    /// Those who were told that they came too late, and have not been canceled since.
    ended: BTreeSet<i64>,
}

impl Reader {
    fn read(&mut self, watched: &Watched, response: &WatchResponse) {
        let message = decode(response, 100_000);
        let revision = message.header.as_ref().unwrap().revision;
        assert_eq!(message.header.as_ref().unwrap().member_id, 7);
        if message.created {
            let request = self.asked.remove(0);
            if message.canceled {
                assert_eq!(message.watch_id, -1);
                let empty = request.range_end.len() > 1
                    || request.range_end.first().is_some_and(|byte| *byte > 0);
                match &message.cancel_reason[..] {
                    "mvcc: watcher range is empty" => {
                        assert!(empty && request.key >= request.range_end)
                    }
                    "mvcc: duplicate watch ID provided on the WatchStream" => {
                        assert_ne!(request.watch_id, 0)
                    }
                    "etcdserver: mvcc: required revision has been compacted" => {
                        assert!(request.start_revision < 0)
                    }
                    reason => panic!("{reason}"),
                }
                return;
            }
            let next = if request.start_revision == 0 {
                revision + 1
            } else {
                request.start_revision
            };
            assert!(
                self.clients
                    .insert(message.watch_id, Client { request, next })
                    .is_none()
            );
        } else if message.compact_revision != 0 {
            let client = self.clients.remove(&message.watch_id).unwrap();
            assert!(message.canceled && message.events.is_empty() && revision == 0);
            assert!(client.next < message.compact_revision);
            self.ended.insert(message.watch_id);
        } else if message.canceled {
            let had_ended = self.ended.remove(&message.watch_id);
            assert_ne!(had_ended, self.clients.remove(&message.watch_id).is_some());
        } else if message.events.is_empty() {
            assert_eq!(message.watch_id, -1);
            for client in self.clients.values() {
                // Progress is never ahead of events.
                assert_eq!(client.wants(&watched.history, revision + 1), []);
                assert!(client.request.start_revision <= revision);
            }
        } else {
            let client = self.clients.get_mut(&message.watch_id).unwrap();
            let last = message
                .events
                .last()
                .unwrap()
                .kv
                .as_ref()
                .unwrap()
                .mod_revision;
            assert!(revision >= last);
            let mut expected = client.wants(&watched.history, last + 1);
            for (event, told) in expected.iter_mut().zip(&message.events) {
                let before = event.kv.as_ref().unwrap().mod_revision - 1;
                if !client.request.prev_kv || (told.prev_kv.is_none() && before < watched.compacted)
                {
                    event.prev_kv = None;
                }
            }
            assert_eq!(message.events, expected);
            client.next = last + 1;
        }
    }

    /// What a client knows when nothing more is to come.
    fn check(&self, watched: &Watched) {
        assert!(self.asked.is_empty());
        for client in self.clients.values() {
            assert_eq!(client.wants(&watched.history, i64::MAX), []);
        }
    }
}

fn run(steps: Vec<Step>) {
    let mut watched = Watched::new();
    let mut readers: Vec<_> = (0..3)
        .map(|_| Reader {
            stream: watched.watches.open_stream(),
            asked: Vec::new(),
            clients: BTreeMap::new(),
            ended: BTreeSet::new(),
        })
        .collect();
    let mut put = 0;
    for step in steps {
        match step {
            Step::Write(operations) => {
                put += 1;
                let operations: Vec<_> = operations.into_iter().collect();
                watched.write(&operations);
            }
            Step::Create(reader, mut request, share) => {
                let reader = &mut readers[usize::from(reader)];
                let newest = watched.rig.store.revision();
                // From below 0 to a little in the future; often from now on.
                request.start_revision = if share > 200 {
                    0
                } else {
                    (newest + 6) * i64::from(share) / 200 - 1
                };
                watched.create(reader.stream, &request);
                reader.asked.push(*request);
            }
            Step::Cancel(reader, id) => watched.watches.cancel(
                readers[usize::from(reader)].stream,
                id,
                watched.rig.store.revision(),
            ),
            Step::Progress(reader) => watched.watches.progress(
                readers[usize::from(reader)].stream,
                watched.rig.store.revision(),
            ),
            Step::Take(reader, count) => {
                let reader = &mut readers[usize::from(reader)];
                for _ in 0..count {
                    if let Some(response) = watched.watches.take(reader.stream) {
                        reader.read(&watched, &response);
                    }
                }
            }
            Step::CatchUp(records) => drop(
                watched
                    .watches
                    .catch_up(&mut watched.rig.store, usize::from(records))
                    .unwrap(),
            ),
            Step::Compact(share) => {
                let newest = watched.rig.store.revision();
                watched.compact(newest * i64::from(share) / 255);
            }
            Step::Reopen(reader) => {
                let reader = &mut readers[usize::from(reader)];
                watched.watches.close_stream(reader.stream);
                *reader = Reader {
                    stream: watched.watches.open_stream(),
                    asked: Vec::new(),
                    clients: BTreeMap::new(),
                    ended: BTreeSet::new(),
                };
            }
        }
    }
    assert!(put == 0 || watched.rig.store.revision() > 0);
    loop {
        let more = watched.watches.catch_up(&mut watched.rig.store, 7).unwrap();
        let mut took = false;
        for reader in &mut readers {
            while let Some(response) = watched.watches.take(reader.stream) {
                reader.read(&watched, &response);
                took = true;
            }
        }
        if !more && !took {
            break;
        }
    }
    assert_eq!(watched.watches.counts().slow, 0);
    let watchers: usize = readers.iter().map(|reader| reader.clients.len()).sum();
    assert_eq!(watched.watches.counts().watchers, watchers);
    readers.iter().for_each(|reader| reader.check(&watched));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 2000, ..ProptestConfig::default() })]
    #[test]
    fn every_watcher_is_told_everything_once_and_in_order(steps in proptest::collection::vec(step(), 1..600)) {
        run(steps);
    }
}

#[test]
fn ids_count_up_and_skip_those_in_use() {
    let mut watched = Watched::new();
    let stream = watched.watches.open_stream();
    for (asked, expected) in [(0, 0), (2, 2), (0, 1), (0, 3), (-7, -7), (3, -1), (0, 4)] {
        let request = WatchCreateRequest {
            key: "a".into(),
            watch_id: asked,
            ..WatchCreateRequest::default()
        };
        watched.create(stream, &request);
        let message = watched.take(stream).unwrap();
        assert_eq!(
            (message.watch_id, message.created, message.canceled),
            (expected, true, expected == -1)
        );
    }
    let other = watched.watches.open_stream();
    watched.watch(other, "a", 0);
    assert_eq!(watched.take(other).unwrap().watch_id, 0);
}

#[test]
fn an_empty_key_is_the_least_one() {
    let mut watched = Watched::new();
    let stream = watched.watches.open_stream();
    let request = WatchCreateRequest {
        range_end: "b".into(),
        ..WatchCreateRequest::default()
    };
    watched.create(stream, &request);
    watched.put("a", "1");
    watched.put("b", "1");
    assert_eq!(revisions(&watched.take_all(stream)), [2]);
}

/// Upstream's issues 15271, 18089 and 19179: the deletion at the compacted revision itself, and what came after it, was
/// missing where a watch began there.
#[test]
fn issue_18089_a_watch_from_the_compacted_revision_misses_nothing() {
    let mut watched = Watched::new();
    watched.put("a", "1");
    watched.put("b", "1");
    let deleted = watched.delete("a");
    watched.put("a", "2");
    watched.delete("a");
    for compacted in [deleted, deleted + 2] {
        watched.compact(compacted);
        let stream = watched.watches.open_stream();
        watched.watch(stream, "a", compacted);
        watched.watch(stream, "a", compacted - 1);
        watched.catch_up();
        let messages = watched.take_all(stream);
        let (late, told): (Vec<_>, Vec<_>) = messages
            .into_iter()
            .partition(|message| message.compact_revision != 0);
        assert_eq!(
            revisions(&told),
            (compacted..=deleted + 2).collect::<Vec<_>>()
        );
        assert_eq!(
            told.iter()
                .flat_map(|message| &message.events)
                .next()
                .unwrap()
                .r#type(),
            EventType::Delete
        );
        let late = &late[0];
        assert_eq!(
            (
                late.watch_id,
                late.canceled,
                late.compact_revision,
                &late.cancel_reason[..]
            ),
            (1, true, compacted, "")
        );
        assert_eq!(late.header.as_ref().unwrap().revision, 0);
    }
}

/// Upstream's issue 15220: progress was told on request before events that were still to come.
#[test]
fn issue_15220_progress_is_never_ahead_of_events() {
    let mut watched = Watched::new();
    for number in 0..50 {
        watched.put("a", &number.to_string());
    }
    let stream = watched.watches.open_stream();
    watched.watch(stream, "a", 2);
    watched
        .watches
        .progress(stream, watched.rig.store.revision());
    watched
        .watches
        .catch_up(&mut watched.rig.store, 10)
        .unwrap();
    watched
        .watches
        .progress(stream, watched.rig.store.revision());
    let messages = watched.take_all(stream);
    assert!(
        messages.iter().all(|message| message.watch_id == 0),
        "{messages:?}"
    );
    watched.catch_up();
    watched
        .watches
        .progress(stream, watched.rig.store.revision());
    let messages = watched.take_all(stream);
    assert_eq!(*revisions(&messages).last().unwrap(), 51);
    let last = messages.last().unwrap();
    assert_eq!(
        (
            last.watch_id,
            last.header.as_ref().unwrap().revision,
            last.events.len()
        ),
        (-1, 51, 0)
    );
}

/// Upstream's issue 20221: a watch from a revision to come was told events before it, or its progress.
#[test]
fn issue_20221_a_watch_from_a_revision_to_come_waits_for_it() {
    let mut watched = Watched::new();
    watched.put("a", "1");
    let stream = watched.watches.open_stream();
    let request = WatchCreateRequest {
        key: "a".into(),
        start_revision: 5,
        progress_notify: true,
        ..WatchCreateRequest::default()
    };
    watched.create(stream, &request);
    watched.put("a", "2");
    watched.put("a", "3");
    watched.watches.tick(stream, 4);
    watched.watches.progress(stream, 4);
    let messages = watched.take_all(stream);
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!(messages[0].header.as_ref().unwrap().revision, 2);
    watched.put("a", "4");
    watched.put("a", "5");
    assert_eq!(revisions(&watched.take_all(stream)), [5, 6]);
}

/// Upstream's issues 17529 and 15402: those that were behind had their turn at random, and some never.
#[test]
fn issue_17529_nobody_starves_behind_many_others() {
    let mut watched = Watched::new();
    for number in 0..200 {
        watched.put("a", &number.to_string());
    }
    let busy = watched.watches.open_stream();
    let one = watched.watches.open_stream();
    for _ in 0..2000 {
        watched.watch(busy, "a", 2);
    }
    watched.watch(one, "a", 100);
    // The busy stream has no room for as many; it is not read from, and asks for more all the time.
    let mut told = Vec::new();
    for _ in 0..2200 {
        watched.watch(busy, "a", 2);
        watched
            .watches
            .catch_up(&mut watched.rig.store, 1000)
            .unwrap();
        told.extend(watched.take_all(one));
    }
    assert_eq!(revisions(&told), (100..=201).collect::<Vec<_>>());
}

#[test]
fn a_stream_that_is_not_read_holds_up_nobody_and_misses_nothing() {
    let mut watched = Watched::new();
    let (slow, quick) = (watched.watches.open_stream(), watched.watches.open_stream());
    watched.watch(slow, "a", 0);
    watched.watch(quick, "a", 0);
    for number in 0..1000 {
        let revision = watched.put("a", &number.to_string());
        assert_eq!(
            *revisions(&watched.take_all(quick)).last().unwrap(),
            revision
        );
        watched.catch_up();
    }
    assert!(watched.watches.is_full(slow));
    assert_eq!(watched.watches.counts().slow, 1);
    let mut told = Vec::new();
    while watched.watches.counts().slow > 0 {
        told.extend(watched.take(slow));
        watched.catch_up();
    }
    told.extend(watched.take_all(slow));
    assert_eq!(revisions(&told), (2..=1001).collect::<Vec<_>>());
}

#[test]
fn what_waits_for_a_stream_is_bounded_in_bytes() {
    let mut watched = Watched::new();
    let stream = watched.watches.open_stream();
    watched.watch(stream, "a", 0);
    let value = "v".repeat(1 << 20);
    for _ in 0..20 {
        watched.put("a", &value);
    }
    watched.catch_up();
    let mut waiting = 0;
    while let Some(response) = watched.watches.take(stream) {
        waiting += response.event_bytes();
    }
    assert!(waiting < 6 << 20, "{waiting} bytes");
    watched.catch_up();
    assert!(watched.take(stream).is_some());
}

#[test]
fn a_watcher_is_told_of_progress_only_when_nothing_else_was_told() {
    let mut watched = Watched::new();
    let stream = watched.watches.open_stream();
    let request = WatchCreateRequest {
        key: "a".into(),
        progress_notify: true,
        ..WatchCreateRequest::default()
    };
    watched.create(stream, &request);
    watched.watch(stream, "a", 0);
    watched.take_all(stream);
    watched.watches.tick(stream, 1);
    let told = watched.take_all(stream);
    assert_eq!(
        (
            told.len(),
            told[0].watch_id,
            told[0].header.as_ref().unwrap().revision
        ),
        (1, 0, 1)
    );
    watched.put("a", "1");
    watched.take_all(stream);
    watched.watches.tick(stream, 2);
    assert_eq!(watched.take_all(stream), []);
    watched.watches.tick(stream, 2);
    assert_eq!(watched.take_all(stream).len(), 1);
}

#[test]
fn streams_with_something_new_are_named_once() {
    let mut watched = Watched::new();
    let (first, second) = (watched.watches.open_stream(), watched.watches.open_stream());
    watched.watch(first, "a", 0);
    watched.put("a", "1");
    watched.watch(second, "b", 0);
    assert_eq!(watched.watches.take_ready(), [first, second]);
    assert_eq!(watched.watches.take_ready(), []);
    watched.take_all(first);
    watched.put("a", "2");
    assert_eq!(watched.watches.take_ready(), [first]);
}
