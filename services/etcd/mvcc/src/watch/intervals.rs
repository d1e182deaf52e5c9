//! Intervals of keys with who watches them, asked for those that hold a key.
//!
//! A row sorted by start, with a tree of the greatest ends over it; new intervals wait in a short list until it pays to sort
//! them in. Equal intervals, of which there are many, are one.
//!
//! Source: etcd v3.7 pkg/adt/interval_tree.go, for what it does.

use std::{cmp::Ordering, collections::BTreeSet, mem};

use bytes::Bytes;

/// Intervals, each with the numbers of its watchers.
#[derive(Debug, Default)]
pub(super) struct Intervals {
    sorted: Vec<Interval>,
    /// Of every stretch of `sorted` the interval that ends last: a tree as in a heap, the root at 1, leaves last.
    last_end: Vec<Option<usize>>,
    fresh: Vec<Interval>,
    /// Intervals in `sorted` that nobody watches any more.
    dead: usize,
}

#[derive(Debug)]
struct Interval {
    from: Bytes,
    /// Nothing: it does not end.
    end: Option<Bytes>,
    watchers: BTreeSet<u32>,
}

impl Interval {
    fn is(&self, from: &[u8], end: Option<&[u8]>) -> bool {
        self.from == from && self.end.as_deref() == end
    }

    fn compare(&self, from: &[u8], end: Option<&[u8]>) -> Ordering {
        (&self.from[..], self.end.as_deref()).cmp(&(from, end))
    }

    fn ends_after(&self, key: &[u8]) -> bool {
        self.end.as_ref().is_none_or(|end| *end > key)
    }
}

impl Intervals {
    pub(super) fn add(&mut self, from: &Bytes, end: Option<&Bytes>, watcher: u32) {
        let bytes = end.map(|end| &end[..]);
        if let Ok(at) = self
            .sorted
            .binary_search_by(|interval| interval.compare(from, bytes))
        {
            let watchers = &mut self.sorted[at].watchers;
            self.dead -= usize::from(watchers.is_empty());
            watchers.insert(watcher);
            return;
        }
        if let Some(interval) = self
            .fresh
            .iter_mut()
            .find(|interval| interval.is(from, bytes))
        {
            interval.watchers.insert(watcher);
            return;
        }
        self.fresh.push(Interval {
            from: from.clone(),
            end: end.cloned(),
            watchers: BTreeSet::from([watcher]),
        });
        // What is fresh is looked through for every key; sorting takes a moment for every interval there is.
        if self.fresh.len() > 64 + 2 * self.sorted.len().isqrt() {
            self.sort();
        }
    }

    pub(super) fn remove(&mut self, from: &[u8], end: Option<&[u8]>, watcher: u32) {
        if let Ok(at) = self
            .sorted
            .binary_search_by(|interval| interval.compare(from, end))
        {
            let watchers = &mut self.sorted[at].watchers;
            if watchers.remove(&watcher) && watchers.is_empty() {
                self.dead += 1;
            }
            if self.dead > 64 + self.sorted.len() / 2 {
                self.sort();
            }
        } else if let Some(at) = self
            .fresh
            .iter()
            .position(|interval| interval.is(from, end))
        {
            self.fresh[at].watchers.remove(&watcher);
            if self.fresh[at].watchers.is_empty() {
                self.fresh.swap_remove(at);
            }
        }
    }

    /// Visits the watchers of all intervals that hold the key.
    pub(super) fn stab(&self, key: &[u8], visit: &mut impl FnMut(u32)) {
        let holds = |interval: &&Interval| interval.from <= key && interval.ends_after(key);
        for interval in self.fresh.iter().filter(holds) {
            interval.watchers.iter().copied().for_each(&mut *visit);
        }
        let started = self.sorted.partition_point(|interval| interval.from <= key);
        self.stab_sorted(1, 0, self.last_end.len() / 2, started, key, visit);
    }

    /// Visits those of a stretch of `sorted`, which starts at `from` and has `length` places, that are before `started`.
    fn stab_sorted(
        &self,
        node: usize,
        from: usize,
        length: usize,
        started: usize,
        key: &[u8],
        visit: &mut impl FnMut(u32),
    ) {
        let Some(last) = self.last_end.get(node).copied().flatten() else {
            return;
        };
        if from >= started || !self.sorted[last].ends_after(key) {
            return;
        }
        if length == 1 {
            self.sorted[last].watchers.iter().copied().for_each(visit);
            return;
        }
        let half = length / 2;
        self.stab_sorted(2 * node, from, half, started, key, visit);
        self.stab_sorted(2 * node + 1, from + half, half, started, key, visit);
    }

    /// Sorts the fresh ones in and drops the dead.
    fn sort(&mut self) {
        let fresh = mem::take(&mut self.fresh);
        self.sorted.retain(|interval| !interval.watchers.is_empty());
        self.sorted.extend(fresh);
        self.sorted
            .sort_by(|a, b| a.compare(&b.from, b.end.as_deref()));
        self.dead = 0;
        let leaves = self.sorted.len().next_power_of_two();
        self.last_end = vec![None; 2 * leaves];
        for (at, leaf) in self.last_end[leaves..][..self.sorted.len()]
            .iter_mut()
            .enumerate()
        {
            *leaf = Some(at);
        }
        for node in (1..leaves).rev() {
            let (left, right) = (self.last_end[2 * node], self.last_end[2 * node + 1]);
            self.last_end[node] = match (left, right) {
                (Some(left), Some(right)) if self.ends_before(left, right) => Some(right),
                (left, right) => left.or(right),
            };
        }
    }

    fn ends_before(&self, left: usize, right: usize) -> bool {
        match (&self.sorted[left].end, &self.sorted[right].end) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(left), Some(right)) => left < right,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> impl Strategy<Value = Bytes> {
        proptest::collection::vec(0..4_u8, 1..5).prop_map(Bytes::from)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_key_finds_the_intervals_that_hold_it(
            steps in proptest::collection::vec((key(), proptest::option::of(key()), any::<bool>()), 1..1000),
            keys in proptest::collection::vec(key(), 20),
        ) {
            let mut intervals = Intervals::default();
            let mut model: Vec<(Bytes, Option<Bytes>, u32)> = Vec::new();
            for (number, (from, end, remove)) in (0..).zip(steps) {
                if remove && !model.is_empty() {
                    let (from, end, watcher) = model.swap_remove(number as usize % model.len());
                    intervals.remove(&from, end.as_deref(), watcher);
                } else {
                    intervals.add(&from, end.as_ref(), number);
                    model.push((from, end, number));
                }
                for key in keys.iter().skip(number as usize % 20).take(1) {
                    let mut found = Vec::new();
                    intervals.stab(key, &mut |watcher| found.push(watcher));
                    let holds = |(from, end, _): &&(Bytes, Option<Bytes>, u32)| from <= key && end.as_ref().is_none_or(|end| end > key);
                    let mut expected: Vec<_> = model.iter().filter(holds).map(|(_, _, watcher)| *watcher).collect();
                    found.sort_unstable();
                    expected.sort_unstable();
                    prop_assert_eq!(found, expected);
                }
            }
        }
    }
}
