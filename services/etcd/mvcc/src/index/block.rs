//! Up to 64 neighbouring keys: their common start once, the rest of each, and their versions.

mod slot;

use self::slot::Slot;
use crate::Version;

/// Keys in a block, before it is split.
pub(super) const BLOCK_KEYS: usize = 64;

/// Neighbouring keys, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    /// What all keys start with, then what follows it in each.
    bytes: Vec<u8>,
    /// Length of what all keys start with.
    common: u32,
    /// Keys that exist now.
    live: u32,
    /// The newest change of any key, or later.
    newest: i64,
    slots: Vec<Slot>,
}

impl Block {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn live(&self) -> usize {
        self.live as usize
    }

    pub(super) fn first_key(&self) -> &[u8] {
        // The rest of the first key follows the common start.
        &self.bytes[..self.slots.first().map_or(0, |slot| slot.end as usize)]
    }

    fn common(&self) -> &[u8] {
        &self.bytes[..self.common as usize]
    }

    fn rest(&self, slot: usize) -> &[u8] {
        let start = match slot.checked_sub(1) {
            Some(before) => self.slots[before].end,
            None => self.common,
        };
        &self.bytes[start as usize..self.slots[slot].end as usize]
    }

    /// Writes a key into `out`.
    pub(super) fn key(&self, slot: usize, out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(self.common());
        out.extend_from_slice(self.rest(slot));
    }

    /// Compares a key with one of the block.
    pub(super) fn compare(&self, slot: usize, key: &[u8]) -> std::cmp::Ordering {
        let common = self.common();
        let length = common.len().min(key.len());
        common[..length]
            .cmp(&key[..length])
            .then_with(|| match key.get(common.len()..) {
                Some(rest) => self.rest(slot).cmp(rest),
                None => std::cmp::Ordering::Greater,
            })
    }

    /// Finds a key; otherwise where it would be put.
    pub(super) fn find(&self, key: &[u8]) -> Result<usize, usize> {
        let (mut from, mut to) = (0, self.slots.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            match self.compare(middle, key) {
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
            }
        }
        Err(from)
    }

    pub(super) fn newest(&self, slot: usize) -> Version {
        self.slots[slot].newest()
    }

    /// The version that a reader at `main` sees.
    pub(super) fn at(&self, slot: usize, main: i64) -> Option<Version> {
        self.slots[slot]
            .at(main)
            .filter(|version| !version.is_tombstone())
    }

    /// Of every key the newest version up to `main`, tombstones too.
    pub(super) fn newest_until(&self, main: i64) -> impl Iterator<Item = Version> {
        self.slots.iter().filter_map(move |slot| slot.at(main))
    }

    /// How many keys a reader at `main` sees, when that is known without looking at each.
    pub(super) fn live_at(&self, main: i64) -> Option<usize> {
        (self.newest <= main).then_some(self.live())
    }

    pub(super) fn push(&mut self, slot: usize, version: Version) {
        let slot = &mut self.slots[slot];
        let before = slot.newest();
        self.live += u32::from(!version.is_tombstone());
        self.live -= u32::from(!before.is_tombstone());
        self.newest = self.newest.max(version.revision.main);
        slot.push(version);
    }

    pub(super) fn insert(&mut self, slot: usize, key: &[u8], version: Version) {
        self.share_with(key);
        let rest = &key[self.common as usize..];
        let start = match slot.checked_sub(1) {
            Some(before) => self.slots[before].end,
            None => self.common,
        };
        let length =
            u32::try_from(rest.len()).expect("a key came in a request, which is far below 4 GiB");
        // Grown in small steps: there are many blocks, and most are full or half full.
        if self.bytes.capacity() - self.bytes.len() < rest.len() {
            self.bytes.reserve_exact(rest.len() + self.bytes.len() / 8);
        }
        self.bytes
            .splice(start as usize..start as usize, rest.iter().copied());
        for after in &mut self.slots[slot..] {
            after.end += length;
        }
        if self.slots.len() == self.slots.capacity() {
            self.slots.reserve_exact(8);
        }
        self.live += u32::from(!version.is_tombstone());
        self.newest = self.newest.max(version.revision.main);
        self.slots.insert(slot, Slot::new(version, start + length));
    }

    /// Shortens the common start to what the key has of it. The first key of a block is all common start.
    fn share_with(&mut self, key: &[u8]) {
        if self.slots.is_empty() {
            self.bytes = key.to_vec();
            self.common = u32::try_from(key.len())
                .expect("a key came in a request, which is far below 4 GiB");
            return;
        }
        let shared = self
            .common()
            .iter()
            .zip(key)
            .take_while(|(a, b)| a == b)
            .count();
        if shared < self.common as usize {
            self.rebuild(shared);
        }
    }

    /// Lays the keys out anew, with a common start of that length.
    fn rebuild(&mut self, shared: usize) {
        let moved = &self.bytes[shared..self.common as usize];
        let mut bytes = Vec::with_capacity(self.bytes.len() + moved.len() * (self.slots.len() - 1));
        bytes.extend_from_slice(&self.bytes[..shared]);
        let mut start = self.common as usize;
        for slot in &mut self.slots {
            bytes.extend_from_slice(moved);
            bytes.extend_from_slice(&self.bytes[start..slot.end as usize]);
            start = slot.end as usize;
            slot.end = u32::try_from(bytes.len()).expect("64 keys of requests are below 4 GiB");
        }
        self.bytes = bytes;
        self.common = u32::try_from(shared).expect("shorter than it was");
    }

    /// Keeps the first keys and returns the rest.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let mut right = Self::default();
        if at < self.len() {
            let mut place = 0;
            self.retain(|key, slot| {
                place += 1;
                if place > at {
                    right.append(key, slot.clone());
                }
                place <= at
            });
        }
        self.tighten();
        right.tighten();
        right
    }

    /// Adds the keys of a block whose keys all come later.
    pub(super) fn join(&mut self, later: &Self) {
        let mut key = Vec::new();
        for (place, slot) in later.slots.iter().enumerate() {
            later.key(place, &mut key);
            self.append(&key, slot.clone());
        }
        self.newest = self.newest.max(later.newest);
        self.tighten();
    }

    /// Keeps the keys of which it is true.
    fn retain(&mut self, mut keep: impl FnMut(&[u8], &Slot) -> bool) {
        let all = std::mem::take(self);
        self.newest = all.newest;
        let mut key = all.bytes[..all.common as usize].to_vec();
        let mut start = all.common as usize;
        for slot in all.slots {
            let end = slot.end as usize;
            key.truncate(all.common as usize);
            key.extend_from_slice(&all.bytes[start..end]);
            start = end;
            if keep(&key, &slot) {
                self.append(&key, slot);
            }
        }
    }

    /// Adds a key after all others, with its versions.
    fn append(&mut self, key: &[u8], from: Slot) {
        let slot = self.slots.len();
        self.insert(slot, key, from.newest());
        self.slots[slot].take_past(from);
    }

    /// Makes the common start as long as it can be, and gives memory back.
    fn tighten(&mut self) {
        let Some(last) = self.slots.len().checked_sub(1).filter(|last| *last > 0) else {
            return;
        };
        let more = self
            .rest(0)
            .iter()
            .zip(self.rest(last))
            .take_while(|(a, b)| a == b)
            .count();
        if more > 0 {
            let mut bytes = Vec::with_capacity(self.bytes.len() - more * last);
            let common = self.common as usize + more;
            bytes.extend_from_slice(&self.bytes[..common]);
            let mut start = self.common as usize;
            for slot in &mut self.slots {
                bytes.extend_from_slice(&self.bytes[start + more..slot.end as usize]);
                start = slot.end as usize;
                slot.end = u32::try_from(bytes.len()).expect("shorter than it was");
            }
            self.bytes = bytes;
            self.common = u32::try_from(common).expect("shorter than a key");
        }
        self.bytes.shrink_to_fit();
        self.slots.shrink_to_fit();
    }

    pub(super) fn has_garbage(&self, main: i64) -> bool {
        self.slots.iter().any(|slot| slot.has_garbage(main))
    }

    /// Forgets what a compaction at `main` removes.
    pub(super) fn compact(&mut self, main: i64) {
        let mut gone = Vec::with_capacity(self.slots.len());
        gone.extend(self.slots.iter_mut().map(|slot| !slot.compact(main)));
        if gone.contains(&true) {
            let mut gone = gone.into_iter();
            self.retain(|_, _| gone.next() == Some(false));
            self.tighten();
        }
    }
}
