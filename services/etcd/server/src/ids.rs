//! Numbers of requests: unique in a running cluster, also across restarts of a member.
//!
//! Source: etcd v3.7 pkg/idutil/id.go.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Gives numbers: 16 bits of the member, 40 of the milliseconds at the start, 8 that count and run over into those.
#[derive(Debug)]
pub(crate) struct RequestIds {
    prefix: u64,
    suffix: u64,
}

impl RequestIds {
    pub(crate) fn new(member_id: u64) -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        let milliseconds = u64::try_from(since_epoch.as_millis()).unwrap_or_default();
        Self {
            prefix: member_id << SUFFIX_BITS,
            suffix: (milliseconds & MILLISECONDS_MASK) << COUNT_BITS,
        }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.suffix = self.suffix.wrapping_add(1);
        self.prefix | (self.suffix & SUFFIX_MASK)
    }

    /// Returns a number for a lease: one that is not negative.
    pub(crate) fn next_lease(&mut self) -> i64 {
        (self.next() & (u64::MAX >> 1)).cast_signed()
    }
}

const COUNT_BITS: u32 = 8;
const SUFFIX_BITS: u32 = 48;
const SUFFIX_MASK: u64 = (1 << SUFFIX_BITS) - 1;
const MILLISECONDS_MASK: u64 = (1 << (SUFFIX_BITS - COUNT_BITS)) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_differ_and_begin_with_the_member() {
        let mut ids = RequestIds::new(0x1234_5678_9abc_def0);
        let (first, second) = (ids.next(), ids.next());
        assert_eq!(first + 1, second);
        assert_eq!(first >> 48, 0xdef0);
        assert!(ids.next_lease() > 0);
    }
}
