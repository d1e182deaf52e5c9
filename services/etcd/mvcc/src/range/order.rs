//! In which order a reply is, and which keys are left out.
//!
//! Source: etcd v3.7 server/etcdserver/txn/range.go (filterRangeResults, sortRangeResults).

use std::cmp::Ordering;

use etcd_api::etcdserverpb::{
    RangeRequest,
    range_request::{SortOrder, SortTarget},
};

use super::{Records, Row};
use crate::{Error, Record};

/// Filters and order of a range.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    target: SortTarget,
    order: SortOrder,
    mod_revision: Bounds,
    create_revision: Bounds,
}

/// Least and greatest revision; 0 is no bound.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    min: i64,
    max: i64,
}

impl Bounds {
    fn is_set(self) -> bool {
        self.min != 0 || self.max != 0
    }

    fn contain(self, revision: i64) -> bool {
        (self.max == 0 || revision <= self.max) && (self.min == 0 || revision >= self.min)
    }
}

impl Order {
    pub(super) fn new(request: &RangeRequest) -> Result<Self, Error> {
        let target = SortTarget::try_from(request.sort_target);
        let order = SortOrder::try_from(request.sort_order);
        let (Ok(target), Ok(order)) = (target, order) else {
            return Err(Error::InvalidSort);
        };
        Ok(Self {
            target,
            order,
            mod_revision: Bounds {
                min: request.min_mod_revision,
                max: request.max_mod_revision,
            },
            create_revision: Bounds {
                min: request.min_create_revision,
                max: request.max_create_revision,
            },
        })
    }

    /// Whether all keys have to be looked at before the limit can cut. Without an order it cuts first, in order of keys,
    /// whatever the reply is sorted by then: upstream does so.
    pub(super) fn takes_all(self) -> bool {
        let by_key = self.order == SortOrder::None
            || (self.target == SortTarget::Key && self.order == SortOrder::Ascend);
        !by_key || self.mod_revision.is_set() || self.create_revision.is_set()
    }

    /// Whether rows come as the index has them.
    pub(super) fn is_index_order(self) -> bool {
        !self.takes_all() && self.target == SortTarget::Key
    }

    pub(super) fn by_value(self) -> bool {
        self.target == SortTarget::Value
    }

    /// Filters and sorts rows that are in order of their keys. Equal ones keep that order, also when it descends.
    pub(super) fn apply(
        self,
        rows: &mut Vec<Row>,
        records: &mut impl Records,
    ) -> Result<(), Error> {
        if self.mod_revision.is_set() || self.create_revision.is_set() {
            rows.retain(|row| {
                self.mod_revision.contain(row.version.revision.main)
                    && self.create_revision.contain(row.version.create_revision)
            });
        }
        let descend = self.order == SortOrder::Descend;
        let direct = |ordering: Ordering| {
            if descend {
                ordering.reverse()
            } else {
                ordering
            }
        };
        let number = |row: &Row| match self.target {
            SortTarget::Version => row.version.version,
            SortTarget::Create => row.version.create_revision,
            _ => row.version.revision.main,
        };
        match self.target {
            SortTarget::Key if descend => rows.reverse(),
            SortTarget::Key => {}
            SortTarget::Value => return self.apply_value(rows, records, direct),
            _ => rows.sort_by(|a, b| direct(number(a).cmp(&number(b)))),
        }
        Ok(())
    }

    /// Sorts by value. The values are copied for it, which is why it is the one order that takes memory.
    fn apply_value(
        self,
        rows: &mut Vec<Row>,
        records: &mut impl Records,
        direct: impl Fn(Ordering) -> Ordering,
    ) -> Result<(), Error> {
        let mut valued = Vec::with_capacity(rows.len());
        for row in rows.drain(..) {
            let record = records.record_at(row.version.revision)?;
            let parsed = Record::parse(&record).ok_or(Error::Damaged(row.version.revision))?;
            valued.push((Box::<[u8]>::from(parsed.value), row));
        }
        valued.sort_by(|(a, _), (b, _)| direct(a.cmp(b)));
        rows.extend(valued.into_iter().map(|(_, row)| row));
        Ok(())
    }
}
