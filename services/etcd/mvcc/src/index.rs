//! Every key and its versions, in memory, in order: blocks of 64 keys whose common start is kept once, in groups, so that a
//! moment of the whole index is a few hundred pointers and a change copies one block at most.
//!
//! Values are in the store; what a range needs beside them (which revision to read, how many keys there are) is here.
//!
//! Source: etcd v3.7 server/storage/mvcc/index.go.

mod block;
mod scan;

use std::{ops::Range, sync::Arc};

use self::block::{BLOCK_KEYS, Block};
pub(crate) use self::scan::Cursor;
use crate::{Revision, Version};

/// All keys. A clone is a moment that stays as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    groups: Vec<Arc<Group>>,
}

/// Neighbouring blocks.
#[derive(Clone, Debug, Default)]
struct Group {
    blocks: Vec<Arc<Block>>,
    totals: Totals,
}

/// What is known of many keys without looking at each.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    /// Keys that exist now.
    live: usize,
    /// The newest change of any of them, or later.
    newest: i64,
}

/// How far the index is swept after a compaction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sweep {
    group: usize,
    block: usize,
}

/// Blocks that are swept at a time.
const SWEEP_BLOCKS: usize = 8;

/// Blocks that are looked at before a key is looked for everywhere.
const NEAR_BLOCKS: usize = 4;

/// Blocks in a group, before it is split.
const GROUP_BLOCKS: usize = 128;

/// Where a key is, or would be, in an index that did not change since.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Place {
    group: usize,
    block: usize,
    slot: usize,
}

impl Index {
    /// Returns how many keys exist now.
    pub(crate) fn live(&self) -> usize {
        self.groups.iter().map(|group| group.totals.live).sum()
    }

    /// Finds a key; otherwise where it would be put.
    pub(crate) fn find(&self, key: &[u8]) -> Result<Place, Place> {
        let group = self
            .groups
            .partition_point(|group| group.first_key() <= key)
            .saturating_sub(1);
        let Some(found) = self.groups.get(group) else {
            return Err(Place {
                group: 0,
                block: 0,
                slot: 0,
            });
        };
        let block = found
            .blocks
            .partition_point(|block| block.first_key() <= key)
            .saturating_sub(1);
        let slot = found.blocks[block].find(key);
        slot.map(|slot| Place { group, block, slot })
            .map_err(|slot| Place { group, block, slot })
    }

    /// Finds a key that probably is in the block of a place or soon after; otherwise as [`Self::find`].
    pub(crate) fn find_near(&self, near: Place, key: &[u8]) -> Result<Place, Place> {
        let group = near.group;
        let blocks = self.groups.get(group).map_or(&[][..], |it| &it.blocks[..]);
        let ahead = blocks.get(near.block..).unwrap_or_default();
        if ahead.first().is_none_or(|block| key < block.first_key()) {
            return self.find(key);
        }
        let is_behind = |pair: &[Arc<Block>]| key < pair[1].first_key();
        let Some(steps) = ahead.windows(2).take(NEAR_BLOCKS).position(is_behind) else {
            return self.find(key);
        };
        let block = near.block + steps;
        let slot = ahead[steps].find(key);
        slot.map(|slot| Place { group, block, slot })
            .map_err(|slot| Place { group, block, slot })
    }

    /// The version of a key that a reader at `main` sees.
    pub(crate) fn at(&self, key: &[u8], main: i64) -> Option<Version> {
        self.at_place(self.find(key).ok()?, main)
    }

    /// The version of the key at a place that a reader at `main` sees.
    pub(crate) fn at_place(&self, place: Place, main: i64) -> Option<Version> {
        self.groups[place.group].blocks[place.block].at(place.slot, main)
    }

    /// Adds a version to a key, which was just looked for. It is newer than all others of the key.
    pub(crate) fn push(&mut self, found: Result<Place, Place>, key: &[u8], version: Version) {
        match found {
            Ok(place) => {
                let group = Arc::make_mut(&mut self.groups[place.group]);
                let block = Arc::make_mut(&mut group.blocks[place.block]);
                group.totals.newest = group.totals.newest.max(version.revision.main);
                group.totals.live += usize::from(!version.is_tombstone());
                group.totals.live -= usize::from(!block.newest(place.slot).is_tombstone());
                block.push(place.slot, version);
            }
            Err(place) => self.insert(place, key, version),
        }
    }

    fn insert(&mut self, place: Place, key: &[u8], version: Version) {
        if self.groups.is_empty() {
            self.groups.push(Arc::default());
        }
        let is_last = place.group + 1 == self.groups.len() && place.block + 1 == GROUP_BLOCKS;
        let group = Arc::make_mut(&mut self.groups[place.group]);
        group.insert(place, key, version);
        if group.blocks.len() > GROUP_BLOCKS {
            // Keys that come in order leave full groups behind.
            let left = if is_last {
                GROUP_BLOCKS
            } else {
                GROUP_BLOCKS / 2
            };
            let right = group.split_off(left);
            self.groups.insert(place.group + 1, Arc::new(right));
        }
    }

    /// Forgets what a compaction at `main` removes, in a few blocks; returns where to go on, until there is nothing left.
    pub(crate) fn compact(&mut self, sweep: Sweep, main: i64) -> Option<Sweep> {
        let Sweep { group, block } = sweep;
        let blocks = &self.groups.get(group)?.blocks;
        // The group may have been split since.
        let block = block.min(blocks.len());
        let mut end = (block + SWEEP_BLOCKS).min(blocks.len());
        if blocks[block..end]
            .iter()
            .any(|block| block.has_garbage(main))
        {
            end -= Arc::make_mut(&mut self.groups[group]).compact(block..end, main);
        }
        if end < self.groups[group].blocks.len() {
            return Some(Sweep { group, block: end });
        }
        if end == 0 {
            self.groups.remove(group);
            return Some(Sweep { group, block: 0 });
        }
        Arc::make_mut(&mut self.groups[group]).join_small();
        Some(Sweep {
            group: group + 1,
            block: 0,
        })
    }

    /// The revisions that a compaction at `main` keeps, ascending; without those that end a life when `hashed`, which is
    /// how hashes have always counted.
    pub(crate) fn kept(&self, main: i64, hashed: bool) -> Vec<Revision> {
        let mut kept = Vec::with_capacity(self.live());
        let blocks = self.groups.iter().flat_map(|group| &group.blocks);
        for block in blocks {
            kept.extend(
                block
                    .newest_until(main)
                    .filter(|version| crate::history::is_kept(*version, main))
                    .filter(|version| !(hashed && version.is_tombstone()))
                    .map(|version| version.revision),
            );
        }
        kept.sort_unstable();
        kept
    }

    /// How many keys from `from` to before `end` a reader at `main` sees.
    pub(crate) fn count(&self, from: &[u8], end: Option<&[u8]>, main: i64) -> usize {
        let count = self.cursor(from).count(self, end, main, usize::MAX);
        count.expect("without a bound everything is counted")
    }

    /// Walks the keys from `from` on.
    pub(crate) fn cursor(&self, from: &[u8]) -> Cursor {
        Cursor::new(self.find(from).unwrap_or_else(|place| place))
    }
}

impl Group {
    fn first_key(&self) -> &[u8] {
        self.blocks.first().map_or(&[], |block| block.first_key())
    }

    fn insert(&mut self, place: Place, key: &[u8], version: Version) {
        self.totals.newest = self.totals.newest.max(version.revision.main);
        self.totals.live += usize::from(!version.is_tombstone());
        if self.blocks.is_empty() {
            self.blocks.push(Arc::default());
        }
        let Place {
            mut block,
            mut slot,
            ..
        } = place;
        if self.blocks[block].len() == BLOCK_KEYS {
            // Keys that come in order leave full blocks behind.
            let full = Arc::make_mut(&mut self.blocks[block]);
            let left = if slot == BLOCK_KEYS {
                BLOCK_KEYS
            } else {
                BLOCK_KEYS / 2
            };
            let right = full.split_off(left);
            self.blocks.insert(block + 1, Arc::new(right));
            if slot > left || left == BLOCK_KEYS {
                block += 1;
                slot -= left;
            }
        }
        Arc::make_mut(&mut self.blocks[block]).insert(slot, key, version);
    }

    fn split_off(&mut self, at: usize) -> Self {
        let mut right = Self {
            blocks: self.blocks.split_off(at),
            totals: self.totals,
        };
        right.totals.live = right.blocks.iter().map(|block| block.live()).sum();
        self.totals.live -= right.totals.live;
        right
    }

    /// Forgets what a compaction at `main` removes, in some blocks, and returns how many of them are gone.
    fn compact(&mut self, blocks: Range<usize>, main: i64) -> usize {
        let before = self.blocks.len();
        for block in &mut self.blocks[blocks] {
            if block.has_garbage(main) {
                Arc::make_mut(block).compact(main);
            }
        }
        // Not even for a moment: an empty block has no first key to find others by.
        self.blocks.retain(|block| block.len() > 0);
        before - self.blocks.len()
    }

    /// Joins neighbours that are small.
    fn join_small(&mut self) {
        let mut blocks: Vec<Arc<Block>> = Vec::with_capacity(self.blocks.len());
        for block in self.blocks.drain(..) {
            match blocks.last_mut() {
                Some(last) if last.len() + block.len() <= BLOCK_KEYS / 4 * 3 => {
                    Arc::make_mut(last).join(&block);
                }
                _ => blocks.push(block),
            }
        }
        self.blocks = blocks;
    }
}

#[cfg(test)]
mod tests;
