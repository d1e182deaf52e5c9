//! Of lines that say the same, the first hundred in a second are written, and then each hundredth.
//!
//! Source: go.uber.org/zap zapcore/sampler.go, under the settings of etcd client/pkg/logutil/zap.go.

use std::hash::{BuildHasher, RandomState};

use jiff::Timestamp;

use super::ZapLevel;

/// Counts lines by their level and message, in as many places as there are; messages that share one are counted together,
/// as upstream has it.
pub(super) struct Sampler {
    places: Vec<(i64, u64)>,
    hasher: RandomState,
}

impl std::fmt::Debug for Sampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sampler")
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self {
            places: vec![(0, 0); PLACES],
            hasher: RandomState::new(),
        }
    }
}

impl Sampler {
    pub(super) fn passes(&mut self, now: Timestamp, level: ZapLevel, message: &str) -> bool {
        let hash = self.hasher.hash_one((level as u8, message));
        let at = usize::try_from(hash % PLACES as u64).expect("below the number of places");
        let (second, count) = &mut self.places[at];
        if *second != now.as_second() {
            (*second, *count) = (now.as_second(), 0);
        }
        *count += 1;
        *count <= FIRST || (*count - FIRST).is_multiple_of(THEREAFTER)
    }
}

const FIRST: u64 = 100;
const THEREAFTER: u64 = 100;
const PLACES: usize = 1024;
