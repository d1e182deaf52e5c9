//! Watchers that are behind are told from the store: in turns, a bounded stretch of revisions at a time, which all who are
//! somewhere in it share.

use std::collections::BTreeMap;

use etcd_backend::View;

use super::{Event, Events, Group, WatchResponse, Watches};
use crate::{Error, Record, Revision, Store};

/// Revisions in one response to a watcher that is behind (upstream: 1000).
const REVISIONS_MAX: usize = 1000;

/// Bytes of records that are read in a step. The last revision is read to its end.
const BYTES_MAX: usize = 1 << 20;

/// Watchers that share a step (upstream: 512).
const WATCHERS_MAX: usize = 512;

/// A stretch of the store that is told.
struct Stretch {
    /// Everything before was told.
    end: i64,
    events: BTreeMap<u32, Events>,
}

impl Watches {
    /// Tells those who are behind of the next stretch of revisions: about so many records, a millisecond's worth for 1000. Returns
    /// whether anybody who is behind could be told more now; those whose streams are full wait for room.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Damaged`] when the store is not as it must be.
    pub fn catch_up(&mut self, store: &mut Store, records_max: usize) -> Result<bool, Error> {
        let Some(first) = self.next_turn(store.compact_revision()) else {
            return Ok(false);
        };
        let start = self.watcher(first).next_revision;
        let revisions_max = i64::try_from(records_max.clamp(1, REVISIONS_MAX)).unwrap_or(i64::MAX);
        let sharing = self.sharing(first, start.saturating_add(revisions_max));
        let view = store.backend().view()?;
        let stretch = self.read(store, &view, start, revisions_max, &sharing)?;
        drop(view);
        self.tell_stretch(stretch, &sharing, store.revision());
        if self.watchers[first as usize]
            .as_ref()
            .is_some_and(|watcher| !watcher.synced)
        {
            self.turns.push_back(first);
        }
        Ok(!self.turns.is_empty())
    }

    /// The watcher whose turn it is. Those who come too late are told so; those without room wait for it.
    fn next_turn(&mut self, compact_revision: i64) -> Option<u32> {
        while let Some(number) = self.turns.pop_front() {
            let watcher = self.watchers[number as usize].as_ref();
            let Some(watcher) = watcher.filter(|watcher| !watcher.synced) else {
                continue;
            };
            let stream = watcher.stream;
            if !self.streams[&stream].has_room() {
                self.stall(stream, number);
            } else if watcher.next_revision < compact_revision {
                self.cancel_compacted(number, compact_revision);
            } else {
                return Some(number);
            }
        }
        None
    }

    fn cancel_compacted(&mut self, number: u32, compact_revision: i64) {
        let watcher = self.watcher(number);
        let (stream, watch_id) = (watcher.stream, watcher.id);
        let response = WatchResponse {
            watch_id,
            canceled: true,
            compact_revision,
            ..WatchResponse::default()
        };
        self.push(stream, response);
        if let Some(open) = self.streams.get_mut(&stream) {
            open.end(watch_id);
        }
        self.forget(number);
    }

    /// Those who are somewhere before `end`, at or after where the first one is, and have room.
    fn sharing(&self, first: u32, end: i64) -> Vec<u32> {
        let start = self.watcher(first).next_revision;
        let others = self
            .unsynced
            .range((start, 0)..(end, 0))
            .map(|(_, number)| *number);
        let has_room = |number: &u32| self.streams[&self.watcher(*number).stream].has_room();
        let others = others.filter(|number| *number != first).filter(has_room);
        [first]
            .into_iter()
            .chain(others.take(WATCHERS_MAX - 1))
            .collect()
    }

    /// Reads a stretch from `start` on, and finds what everybody wants of it.
    fn read(
        &self,
        store: &mut Store,
        view: &View,
        start: i64,
        revisions_max: i64,
        sharing: &[u32],
    ) -> Result<Stretch, Error> {
        let mut group = Group::default();
        for number in sharing {
            group.add(&self.watcher(*number).watched, *number);
        }
        let mut stretch = Stretch {
            end: start,
            events: BTreeMap::new(),
        };
        let (mut revisions, mut bytes) = (0, 0);
        let mut watching = Vec::new();
        for entry in view.revisions(&Revision::start(start).to_bytes())? {
            let (key, bytes_of_record) = entry?;
            let (revision, deleted) =
                Revision::parse(key).ok_or(Error::Damaged(Revision::start(start)))?;
            if revision.main >= stretch.end {
                if revisions == revisions_max || bytes >= BYTES_MAX {
                    return Ok(stretch);
                }
                revisions += 1;
                stretch.end = revision.main + 1;
            }
            bytes += bytes_of_record.len();
            let record = Record::parse(&bytes_of_record).ok_or(Error::Damaged(revision))?;
            group.watchers(record.key, &mut |number| watching.push(number));
            if watching.is_empty() {
                continue;
            }
            // What the value was is known as far back as may be read.
            let before = revision.main - 1;
            let readable = before >= store.compact_revision();
            let previous = readable
                .then(|| store.index.at(record.key, before))
                .flatten();
            let mut event = Event::new(revision, record.key, &bytes_of_record, deleted, previous);
            for number in watching.drain(..) {
                let watcher = self.watcher(number);
                if watcher.wants(&event) {
                    let encoded = event.encoded(store, watcher.previous)?;
                    stretch.events.entry(number).or_default().push(encoded);
                }
            }
        }
        stretch.end = store.revision() + 1;
        Ok(stretch)
    }

    /// Tells everybody what they want of a stretch, and takes note of where they are.
    fn tell_stretch(&mut self, mut stretch: Stretch, sharing: &[u32], revision: i64) {
        for number in sharing {
            let watcher = self.watcher(*number);
            if watcher.next_revision >= stretch.end {
                continue;
            }
            let at = watcher.next_revision;
            if let Some(events) = stretch.events.remove(number) {
                if !self.streams[&watcher.stream].has_room() {
                    // Others of the stream took it; its own turn is still to come, or it waits for room.
                    continue;
                }
                self.tell(*number, events, revision);
            }
            self.unsynced.remove(&(at, *number));
            let watcher = self.watcher_mut(*number);
            watcher.next_revision = stretch.end;
            if stretch.end > revision {
                watcher.synced = true;
                let watched = watcher.watched.clone();
                self.synced.add(&watched, *number);
            } else {
                self.unsynced.insert((stretch.end, *number));
            }
        }
    }
}
