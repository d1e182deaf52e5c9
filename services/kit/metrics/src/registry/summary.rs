//! Summaries over the last ten minutes. Count and sum are over the whole life.
//!
//! Upstream's estimator bounds the error of the rank (1 to 5 %); this one counts values in bins of 0.8 % width, so the rank is exact
//! and the value at most 0.8 % off; values that repeat come out as they were. Bins can be added up, so that an observation is
//! written once and not once for each slot.
//!
//! Source: prometheus/client_golang v1.23.2 prometheus/summary.go.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{Children, Collect, Description};
use crate::model::{self, Family, MetricType, Quantile, Value};

/// The quantiles shown, as upstream.
const QUANTILES: [f64; 3] = [0.1, 0.5, 0.9];

/// The window is five slots of two minutes; the oldest falls out as a whole, so it spans eight to ten minutes.
const SLOTS: u32 = 5;
const SLOT: Duration = Duration::from_secs(120);

/// Bits of a double below its bin: sign and exponent and the seven highest bits of the fraction stay.
const BIN_SHIFT: u32 = 45;

/// Quantiles, count and sum of observed values.
#[derive(Debug, Default)]
pub struct Summary {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    count: u64,
    sum: f64,
    /// The newest slot is at the back.
    slots: VecDeque<Slot>,
}

/// The values observed within two minutes.
#[derive(Debug)]
struct Slot {
    /// When the slot is over.
    end: Instant,
    /// Bounded by the number of bins that numbers in use fall into: 128 for each doubling.
    bins: BTreeMap<u32, Bin>,
}

/// Values close to each other; their mean stands for each.
#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    count: u64,
    sum: f64,
}

impl Summary {
    /// Takes in a value observed now.
    pub fn observe(&self, value: f64) {
        self.observe_at(Instant::now(), value);
    }

    pub(super) fn observe_at(&self, now: Instant, value: f64) {
        self.state.lock().observe(now, value);
    }

    pub(super) fn value_at(&self, now: Instant) -> Value {
        let mut state = self.state.lock();
        state.forget(now);
        let quantiles = state.quantiles();
        Value::Summary(model::Summary {
            count: state.count,
            sum: state.sum,
            quantiles,
            created: None,
        })
    }
}

impl State {
    fn observe(&mut self, now: Instant, value: f64) {
        self.count += 1;
        self.sum += value;
        if self.slots.back().is_none_or(|slot| slot.end <= now) {
            self.forget(now);
            // Slots follow each other without a gap as long as there is something in the window.
            let mut end = self.slots.back().map_or(now, |slot| slot.end);
            while end <= now {
                end += SLOT;
            }
            self.slots.push_back(Slot {
                end,
                bins: BTreeMap::new(),
            });
        }
        if let Some(slot) = self.slots.back_mut().filter(|_| !value.is_nan()) {
            slot.bins.entry(bin_of(value)).or_default().add(Bin {
                count: 1,
                sum: value,
            });
        }
    }

    /// Drops the slots that left the window.
    fn forget(&mut self, now: Instant) {
        let age = SLOT * (SLOTS - 1);
        while self.slots.front().is_some_and(|slot| slot.end + age <= now) {
            self.slots.pop_front();
        }
    }

    fn quantiles(&self) -> Vec<Quantile> {
        let mut bins: BTreeMap<u32, Bin> = BTreeMap::new();
        for (number, bin) in self.slots.iter().flat_map(|slot| &slot.bins) {
            bins.entry(*number).or_default().add(*bin);
        }
        let total: u64 = bins.values().map(|bin| bin.count).sum();
        let value_at = |quantile: f64| {
            let rank = (quantile * total as f64).ceil();
            let mut below = 0;
            let bin = bins.values().find(|bin| {
                below += bin.count;
                below as f64 >= rank
            });
            bin.map_or(f64::NAN, |bin| bin.sum / bin.count as f64)
        };
        QUANTILES
            .iter()
            .map(|quantile| Quantile {
                quantile: *quantile,
                value: value_at(*quantile),
            })
            .collect()
    }
}

impl Bin {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.sum += other.sum;
    }
}

/// Returns the bin of a value; all that is not above 0 shares the lowest.
fn bin_of(value: f64) -> u32 {
    (value.max(0.0).to_bits() >> BIN_SHIFT) as u32
}

/// Summaries of one name that differ in their label values.
#[derive(Debug)]
pub struct SummaryVec<const N: usize> {
    children: Children<Summary, N>,
}

impl<const N: usize> SummaryVec<N> {
    /// Returns a family without a summary, which is not shown before its first one.
    #[must_use]
    pub const fn new(description: Description, labels: [&'static str; N]) -> Self {
        Self {
            children: Children::new(description, labels),
        }
    }

    /// Returns the summary with these label values, in the order of the label names.
    #[must_use]
    pub fn with(&self, values: [&str; N]) -> Arc<Summary> {
        self.children.with(values, Summary::default)
    }
}

impl<const N: usize> Collect for SummaryVec<N> {
    fn collect(&self, families: &mut Vec<Family>) {
        let now = Instant::now();
        self.children
            .collect(families, MetricType::Summary, |summary| {
                summary.value_at(now)
            });
    }
}
