//! The space a store may take.
//!
//! Source: etcd v3.7 server/storage/quota.go.

use etcd_api::etcdserverpb::{PutRequest, RequestOp, TxnRequest, request_op::Request};

/// The bytes a store may take; none when there is no limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota(Option<u64>);

/// The quota when nobody sets one.
pub(crate) const DEFAULT_BYTES: u64 = 2 << 30;

const KEY_OVERHEAD_BYTES: u64 = 256;
pub(crate) const LEASE_BYTES: u64 = 64;

impl Quota {
    /// Takes what `--quota-backend-bytes` says: 0 for the default, less for none.
    pub(crate) fn new(bytes: i64) -> Self {
        Self(match bytes {
            0 => Some(DEFAULT_BYTES),
            bytes => u64::try_from(bytes).ok(),
        })
    }

    /// Says whether a request of this cost may grow a store of this size. One that costs nothing always may.
    pub(crate) fn has_room(self, size: u64, cost: u64) -> bool {
        cost == 0 || self.0.is_none_or(|limit| size.saturating_add(cost) < limit)
    }

    /// Returns the limit as metrics show it.
    pub(crate) fn bytes(self) -> Option<u64> {
        self.0
    }
}

/// Returns what a put may cost.
pub(crate) fn of_put(request: &PutRequest) -> u64 {
    KEY_OVERHEAD_BYTES + request.key.len() as u64 + request.value.len() as u64
}

/// Returns what a transaction may cost, whichever branch it takes.
pub(crate) fn of_txn(request: &TxnRequest) -> u64 {
    of_branch(&request.success).max(of_branch(&request.failure))
}

fn of_branch(branch: &[RequestOp]) -> u64 {
    let costs = branch.iter().map(|operation| match &operation.request {
        Some(Request::RequestPut(put)) => of_put(put),
        Some(Request::RequestTxn(txn)) => of_txn(txn),
        _ => 0,
    });
    costs.sum()
}
