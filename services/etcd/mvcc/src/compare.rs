//! What a transaction asks before it does anything.
//!
//! Source: etcd v3.7 server/etcdserver/txn/txn.go (applyCompare, compareKV).

use std::cmp::Ordering;

use etcd_api::etcdserverpb::{
    Compare,
    compare::{CompareResult, CompareTarget, TargetUnion},
};

use crate::{Error, Record, Revision, Txn, Version, range::Records};

impl Txn<'_> {
    /// Returns whether a comparison holds for every key of its interval. Where there is none, it is made with a key that
    /// has zeros for everything, and never holds for a value.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Damaged`] when the store is not as it must be.
    pub fn compare(&mut self, compare: &Compare) -> Result<bool, Error> {
        let mut versions = Vec::new();
        self.each(&compare.key, &compare.range_end, |_, version| {
            versions.push(version)
        });
        let target = CompareTarget::try_from(compare.target).ok();
        if versions.is_empty() {
            const MISSING: Version = Version {
                revision: Revision { main: 0, sub: 0 },
                create_revision: 0,
                version: 0,
                record_bytes: 0,
            };
            let has_none = target != Some(CompareTarget::Value);
            return Ok(has_none && holds(compare, MISSING, &Record::default()));
        }
        for version in versions {
            let needs_record = matches!(target, Some(CompareTarget::Value | CompareTarget::Lease));
            let all_hold = if needs_record {
                let bytes = self.record_at(version.revision)?;
                let record = Record::parse(&bytes).ok_or(Error::Damaged(version.revision))?;
                holds(compare, version, &record)
            } else {
                holds(compare, version, &Record::default())
            };
            if !all_hold {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Compares one key. What is asked for in another member of the union than the target's is 0 or nothing.
fn holds(compare: &Compare, version: Version, record: &Record<'_>) -> bool {
    let union = compare.target_union.as_ref();
    let number = |found: i64, asked: fn(&TargetUnion) -> Option<i64>| {
        found.cmp(&union.and_then(asked).unwrap_or(0))
    };
    let ordering = match CompareTarget::try_from(compare.target) {
        Ok(CompareTarget::Version) => number(version.version, |union| match union {
            TargetUnion::Version(asked) => Some(*asked),
            _ => None,
        }),
        Ok(CompareTarget::Create) => number(version.create_revision, |union| match union {
            TargetUnion::CreateRevision(asked) => Some(*asked),
            _ => None,
        }),
        Ok(CompareTarget::Mod) => number(version.revision.main, |union| match union {
            TargetUnion::ModRevision(asked) => Some(*asked),
            _ => None,
        }),
        Ok(CompareTarget::Lease) => number(record.lease, |union| match union {
            TargetUnion::Lease(asked) => Some(*asked),
            _ => None,
        }),
        Ok(CompareTarget::Value) => record.value.cmp(match union {
            Some(TargetUnion::Value(asked)) => asked,
            _ => &[],
        }),
        Err(_) => Ordering::Equal,
    };
    match CompareResult::try_from(compare.result) {
        Ok(CompareResult::Equal) => ordering.is_eq(),
        Ok(CompareResult::NotEqual) => ordering.is_ne(),
        Ok(CompareResult::Greater) => ordering.is_gt(),
        Ok(CompareResult::Less) => ordering.is_lt(),
        Err(_) => true,
    }
}
