//! Walking keys in order, at a revision.

use super::{Index, Place};
use crate::Version;

/// Where a walk is. It belongs to the index it was made from, as long as that does not change.
#[derive(Clone, Debug)]
pub(crate) struct Cursor {
    place: Place,
    /// The key of the last step.
    key: Vec<u8>,
}

impl Cursor {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            key: Vec::new(),
        }
    }

    /// The next key before `end`, and its version that a reader at `main` sees.
    pub(crate) fn next(
        &mut self,
        index: &Index,
        end: Option<&[u8]>,
        main: i64,
    ) -> Option<(&[u8], Option<Version>)> {
        self.settle(index);
        let block = index
            .groups
            .get(self.place.group)?
            .blocks
            .get(self.place.block)?;
        let slot = self.place.slot;
        if end.is_some_and(|end| block.compare(slot, end).is_ge()) {
            return None;
        }
        self.place.slot += 1;
        block.key(slot, &mut self.key);
        Some((&self.key, block.at(slot, main)))
    }

    /// Goes on to the next block or group from the end of one.
    fn settle(&mut self, index: &Index) {
        let place = &mut self.place;
        let Some(group) = index.groups.get(place.group) else {
            return;
        };
        if group
            .blocks
            .get(place.block)
            .is_some_and(|block| place.slot >= block.len())
        {
            place.block += 1;
            place.slot = 0;
        }
        if place.block >= group.blocks.len() {
            *place = Place {
                group: place.group + 1,
                block: 0,
                slot: 0,
            };
        }
    }

    /// How many keys before `end` are left that a reader at `main` sees, if that takes so many steps at most.
    pub(crate) fn count(
        mut self,
        index: &Index,
        end: Option<&[u8]>,
        main: i64,
        steps_max: usize,
    ) -> Option<usize> {
        let mut count = 0;
        for _ in 0..steps_max {
            if let Some(keys) = self.skip_whole(index, end, main) {
                count += keys;
                continue;
            }
            match self.next(index, end, main) {
                Some((_, version)) => count += usize::from(version.is_some()),
                None => return Some(count),
            }
        }
        None
    }

    /// Steps over a whole block or group before `end` when it is known how many of its keys a reader at `main` sees.
    fn skip_whole(&mut self, index: &Index, end: Option<&[u8]>, main: i64) -> Option<usize> {
        self.settle(index);
        let Place {
            group: at,
            block,
            slot,
        } = self.place;
        let group = index.groups.get(at)?;
        let before_end = |first: Option<&[u8]>| match (end, first) {
            (None, _) => true,
            (Some(end), Some(first)) => first <= end,
            (Some(_), None) => false,
        };
        let next_group = index.groups.get(at + 1).map(|group| group.first_key());
        if block == 0 && slot == 0 && group.totals.newest <= main && before_end(next_group) {
            self.place = Place {
                group: at + 1,
                block: 0,
                slot: 0,
            };
            return Some(group.totals.live);
        }
        let current = group.blocks.get(block)?;
        let next = match group.blocks.get(block + 1) {
            Some(next) => Some(next.first_key()),
            None => next_group,
        };
        if slot == 0 && before_end(next) {
            let live = current.live_at(main)?;
            self.place.block += 1;
            return Some(live);
        }
        None
    }
}
