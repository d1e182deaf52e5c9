//! Which keys a user may read and write: the union of the intervals of all his roles, sorted and merged.
//!
//! A check is one binary search, however many permissions there are.
//!
//! Source: etcd server/auth/range_perm_cache.go; pkg/adt/interval_tree.go.

use etcd_api::authpb::permission::Type;

use crate::record::Permission;

/// What a user may read and write.
#[derive(Debug, Default)]
pub(crate) struct RangePermissions {
    pub(crate) read: Intervals,
    pub(crate) write: Intervals,
}

/// Intervals that neither overlap nor touch, in order.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Intervals(Vec<Interval>);

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Interval {
    begin: Box<[u8]>,
    end: End,
}

/// The end of an interval. Derived order: no end is behind every end.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum End {
    Before(Box<[u8]>),
    Open,
}

impl RangePermissions {
    /// Merges permissions. Those of a kind nobody knows count for nothing.
    pub(crate) fn merge<'a>(permissions: impl Iterator<Item = &'a Permission>) -> Self {
        let mut read = Vec::new();
        let mut write = Vec::new();
        for permission in permissions {
            let Some(interval) = Interval::of(&permission.key, &permission.range_end) else {
                continue;
            };
            match Type::try_from(permission.kind) {
                Ok(Type::Read) => read.push(interval),
                Ok(Type::Write) => write.push(interval),
                Ok(Type::Readwrite) => {
                    read.push(interval.clone());
                    write.push(interval);
                }
                Err(_) => {}
            }
        }
        Self {
            read: Intervals::merge(read),
            write: Intervals::merge(write),
        }
    }
}

impl Intervals {
    fn merge(mut intervals: Vec<Interval>) -> Self {
        intervals.sort_unstable();
        intervals.dedup_by(|later, kept| {
            let touches = match &kept.end {
                End::Before(end) => later.begin <= *end,
                End::Open => true,
            };
            if touches && later.end > kept.end {
                kept.end = later.end.clone();
            }
            touches
        });
        Self(intervals)
    }

    /// Says whether every key of a request lies inside. An end of nothing means the one key, an end of one zero byte no
    /// end at all; an interval that selects nothing needs the right to its first key, as upstream has it.
    pub(crate) fn cover(&self, key: &[u8], range_end: &[u8]) -> bool {
        if key.is_empty() {
            return false; // no key is empty
        }
        let after = self.0.partition_point(|interval| *interval.begin <= *key);
        let Some(interval) = after.checked_sub(1).map(|last| &self.0[last]) else {
            return false;
        };
        let End::Before(end) = &interval.end else {
            return true;
        };
        **end > *key && range_end != OPEN && **end >= *range_end
    }
}

impl Interval {
    /// Returns the interval of a permission; `None` for one without any key.
    fn of(key: &[u8], range_end: &[u8]) -> Option<Self> {
        if !is_valid_permission_range(key, range_end) {
            return None;
        }
        let end = match range_end {
            [] => End::Before([key, &[0]].concat().into()),
            OPEN => End::Open,
            end => End::Before(end.into()),
        };
        Some(Self {
            begin: key.into(),
            end,
        })
    }
}

/// Says whether a permission may have this interval: it has keys.
pub(crate) fn is_valid_permission_range(key: &[u8], range_end: &[u8]) -> bool {
    !key.is_empty() && (range_end.is_empty() || key < range_end || range_end == OPEN)
}

/// The end of an interval that has none.
pub(crate) const OPEN: &[u8] = &[0];

#[cfg(test)]
mod tests;
