//! What is wrong with a request about keys, by its fields alone.
//!
//! Source: etcd v3.7 v3rpc/key.go.

use std::collections::BTreeSet;

use bytes::Bytes;
use etcd_api::{
    Error,
    etcdserverpb::{
        DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest,
        range_request::{SortOrder, SortTarget},
        request_op::Request,
    },
};

/// Checks a range.
pub(crate) fn range(request: &RangeRequest) -> Result<(), Error> {
    if request.key.is_empty() {
        return Err(Error::EmptyKey);
    }
    let is_known = SortOrder::try_from(request.sort_order).is_ok()
        && SortTarget::try_from(request.sort_target).is_ok();
    if is_known {
        Ok(())
    } else {
        Err(Error::InvalidSortOption)
    }
}

/// Checks a put.
pub(crate) fn put(request: &PutRequest) -> Result<(), Error> {
    if request.key.is_empty() {
        return Err(Error::EmptyKey);
    }
    if request.ignore_value && !request.value.is_empty() {
        return Err(Error::ValueProvided);
    }
    if request.ignore_lease && request.lease != 0 {
        return Err(Error::LeaseProvided);
    }
    Ok(())
}

/// Checks a deletion.
pub(crate) fn delete(request: &DeleteRangeRequest) -> Result<(), Error> {
    if request.key.is_empty() {
        return Err(Error::EmptyKey);
    }
    Ok(())
}

/// Checks a transaction: its operations, of which there may be so many at each level, and that no branch changes a key twice.
pub(crate) fn txn(request: &TxnRequest, ops_max: usize) -> Result<(), Error> {
    operations(request, ops_max, NESTING_MAX)?;
    changed(&request.success)?;
    changed(&request.failure)?;
    Ok(())
}

fn operations(request: &TxnRequest, ops_max: usize, levels: usize) -> Result<(), Error> {
    let count = request
        .compare
        .len()
        .max(request.success.len())
        .max(request.failure.len());
    let (Some(left), Some(levels)) = (ops_max.checked_sub(count), levels.checked_sub(1)) else {
        return Err(Error::TooManyOps);
    };
    if request.compare.iter().any(|compare| compare.key.is_empty()) {
        return Err(Error::EmptyKey);
    }
    for operation in request.success.iter().chain(&request.failure) {
        match &operation.request {
            Some(Request::RequestRange(request)) => range(request)?,
            Some(Request::RequestPut(request)) => put(request)?,
            Some(Request::RequestDeleteRange(request)) => delete(request)?,
            Some(Request::RequestTxn(request)) => operations(request, left, levels)?,
            None => return Err(Error::KeyNotFound),
        }
    }
    Ok(())
}

/// What a branch changes.
#[derive(Default)]
struct Changed {
    puts: BTreeSet<Bytes>,
    deleted: Vec<(Bytes, Bytes)>,
}

impl Changed {
    fn put(&mut self, key: &Bytes) -> Result<(), Error> {
        let is_deleted = self
            .deleted
            .iter()
            .any(|(from, end)| covers(from, end, key));
        if is_deleted || !self.puts.insert(key.clone()) {
            return Err(Error::DuplicateKey);
        }
        Ok(())
    }
}

/// Collects what a branch changes. Of the branches of a transaction within it only one is taken, so they may change the same.
fn changed(branch: &[RequestOp]) -> Result<Changed, Error> {
    let mut all = Changed::default();
    for operation in branch {
        if let Some(Request::RequestDeleteRange(delete)) = &operation.request {
            all.deleted
                .push((delete.key.clone(), delete.range_end.clone()));
        }
    }
    for operation in branch {
        let Some(Request::RequestTxn(txn)) = &operation.request else {
            continue;
        };
        let (success, failure) = (changed(&txn.success)?, changed(&txn.failure)?);
        for key in &success.puts {
            all.put(key)?;
        }
        for key in failure
            .puts
            .iter()
            .filter(|key| !success.puts.contains(*key))
        {
            all.put(key)?;
        }
        all.deleted.extend(success.deleted);
        all.deleted.extend(failure.deleted);
    }
    for operation in branch {
        if let Some(Request::RequestPut(put)) = &operation.request {
            all.put(&put.key)?;
        }
    }
    Ok(all)
}

/// Says whether an interval has a key. One without an end (`\0`) has none here: upstream does not see that it is meant so, and
/// lets such a deletion and a put stand in one transaction.
///
/// Source: etcd v3.7 v3rpc/key.go `checkIntervals`.
fn covers(from: &[u8], end: &[u8], key: &[u8]) -> bool {
    if end.is_empty() {
        return key == from;
    }
    from <= key && key < end
}

/// Says whether a transaction only reads.
pub(crate) fn is_readonly(request: &TxnRequest) -> bool {
    ranges(request).all(|range| range.is_some())
}

/// Says whether a transaction that only reads is content with what this member knows.
pub(crate) fn is_serializable(request: &TxnRequest) -> bool {
    ranges(request).all(|range| range.is_some_and(|range| range.serializable))
}

fn ranges(request: &TxnRequest) -> impl Iterator<Item = Option<&RangeRequest>> {
    let operations = request.success.iter().chain(&request.failure);
    operations.map(|operation| match &operation.request {
        Some(Request::RequestRange(range)) => Some(range),
        _ => None,
    })
}

/// Transactions within each other. Whoever reads an entry of the log stops at 100 messages within each other, two for each of them.
const NESTING_MAX: usize = 32;

#[cfg(test)]
mod tests;
