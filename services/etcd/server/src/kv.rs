//! Keys: what requests about them do, and what they answer.
//!
//! [`check`] looks at a request alone; here it meets the store and the lessor. A change is checked whole before its first write, so
//! that it happens whole or not at all.
//!
//! Source: etcd v3.7 server/etcdserver/txn/{put,delete,range,txn}.go.

pub(crate) mod check;

use bytes::{Bytes, BytesMut};
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{
        DeleteRangeRequest, PutRequest, RequestOp, ResponseHeader, TxnRequest, request_op::Request,
    },
};
use etcd_backend::Batch;
use etcd_lease::Lessor;
use etcd_mvcc::{Change, Record, Store, Txn, Version};

use crate::{
    answer::{bytes, message, number},
    refusal::Refusal,
};

/// Fields of the answers.
const PREV_KV: u32 = 2;
const DELETED: u32 = 2;
const PREV_KVS: u32 = 3;
const SUCCEEDED: u32 = 2;
const RESPONSES: u32 = 3;
const RESPONSE_RANGE: u32 = 1;
const RESPONSE_PUT: u32 = 2;
const RESPONSE_DELETE_RANGE: u32 = 3;
const RESPONSE_TXN: u32 = 4;
const HEADER: u32 = 1;

/// Checks what a put needs of the store.
///
/// # Errors
/// [`ApiError::LeaseNotFound`], [`ApiError::KeyNotFound`].
pub(crate) fn check_put(
    store: &Store,
    lessor: &Lessor,
    request: &PutRequest,
) -> Result<(), Refusal> {
    if request.lease != 0 && !lessor.contains(request.lease) {
        return Err(ApiError::LeaseNotFound.into());
    }
    if (request.ignore_value || request.ignore_lease) && store.current(&request.key).is_none() {
        return Err(ApiError::KeyNotFound.into());
    }
    Ok(())
}

/// Puts a key that [`check_put`] lets pass, and appends the fields of the answer but for the header.
pub(crate) fn put(
    txn: &mut Txn<'_>,
    request: &PutRequest,
    out: &mut BytesMut,
) -> Result<(), Refusal> {
    let (mut value, mut lease) = (request.value.clone(), request.lease);
    let needs_previous = request.ignore_value || request.ignore_lease || request.prev_kv;
    if needs_previous && let Some(previous) = txn.current(&request.key) {
        let stored = txn.record(previous)?;
        if request.prev_kv {
            bytes(out, PREV_KV, &stored);
        }
        let record = Record::parse(&stored).ok_or(etcd_mvcc::Error::Damaged(previous.revision))?;
        if request.ignore_value {
            value = Bytes::copy_from_slice(record.value);
        }
        if request.ignore_lease {
            lease = record.lease;
        }
    }
    txn.put(&request.key, &value, lease);
    Ok(())
}

/// Deletes, and appends the fields of the answer but for the header.
pub(crate) fn delete(
    txn: &mut Txn<'_>,
    request: &DeleteRangeRequest,
    out: &mut BytesMut,
) -> Result<(), Refusal> {
    let mut previous: Vec<Version> = Vec::new();
    if request.prev_kv {
        txn.each(&request.key, &request.range_end, |_, version| {
            previous.push(version)
        });
    }
    let mut records = BytesMut::new();
    for version in previous {
        bytes(&mut records, PREV_KVS, &txn.record(version)?);
    }
    let deleted = txn.delete_range(&request.key, &request.range_end);
    number(out, DELETED, deleted as u64);
    out.extend_from_slice(&records);
    Ok(())
}

/// Which branches of a transaction and of those within it are taken, in the order in which they are met.
type Path = Vec<bool>;

/// A transaction whose branches are chosen, and can be taken.
#[derive(Debug)]
pub(crate) struct Chosen<'a> {
    request: &'a TxnRequest,
    path: Path,
}

/// Chooses the branches of a transaction.
///
/// # Errors
/// When an operation of a branch that is taken cannot be done.
pub(crate) fn choose_branches<'a>(
    store: &mut Store,
    lessor: &Lessor,
    request: &'a TxnRequest,
) -> Result<Chosen<'a>, Refusal> {
    let mut path = Path::new();
    let mut nothing = Batch::new();
    choose(&mut store.write(&mut nothing), request, &mut path)?;
    check_branches(store, lessor, request, &mut path.iter().copied())?;
    Ok(Chosen { request, path })
}

/// Takes the branches, and appends the fields of the answer but for the header.
pub(crate) fn txn(
    txn: &mut Txn<'_>,
    chosen: &Chosen<'_>,
    out: &mut BytesMut,
) -> Result<(), Refusal> {
    execute(txn, chosen.request, &mut chosen.path.iter().copied(), out)
}

fn choose(txn: &mut Txn<'_>, request: &TxnRequest, path: &mut Path) -> Result<(), Refusal> {
    let mut succeeds = true;
    for compare in &request.compare {
        succeeds = succeeds && txn.compare(compare)?;
    }
    path.push(succeeds);
    for operation in branch(request, succeeds) {
        if let Some(Request::RequestTxn(request)) = &operation.request {
            choose(txn, request, path)?;
        }
    }
    Ok(())
}

fn branch(request: &TxnRequest, succeeds: bool) -> &[RequestOp] {
    if succeeds {
        &request.success
    } else {
        &request.failure
    }
}

fn check_branches(
    store: &Store,
    lessor: &Lessor,
    request: &TxnRequest,
    path: &mut dyn Iterator<Item = bool>,
) -> Result<(), Refusal> {
    let succeeds = path.next().unwrap_or_default();
    for operation in branch(request, succeeds) {
        match &operation.request {
            Some(Request::RequestPut(put)) => check_put(store, lessor, put)?,
            Some(Request::RequestRange(range)) => store.check_revision(range.revision)?,
            Some(Request::RequestTxn(request)) => check_branches(store, lessor, request, path)?,
            Some(Request::RequestDeleteRange(_)) | None => {}
        }
    }
    Ok(())
}

fn execute(
    txn: &mut Txn<'_>,
    request: &TxnRequest,
    path: &mut dyn Iterator<Item = bool>,
    out: &mut BytesMut,
) -> Result<(), Refusal> {
    let succeeds = path.next().unwrap_or_default();
    number(out, SUCCEEDED, u64::from(succeeds));
    for operation in branch(request, succeeds) {
        let mut fields = BytesMut::new();
        let kind = match &operation.request {
            Some(Request::RequestRange(range)) => {
                txn.range(range, &mut fields)?;
                RESPONSE_RANGE
            }
            Some(Request::RequestPut(request)) => {
                put(txn, request, &mut fields)?;
                RESPONSE_PUT
            }
            Some(Request::RequestDeleteRange(request)) => {
                delete(txn, request, &mut fields)?;
                RESPONSE_DELETE_RANGE
            }
            Some(Request::RequestTxn(request)) => {
                execute(txn, request, path, &mut fields)?;
                RESPONSE_TXN
            }
            None => continue,
        };
        // The header of an operation has a revision and nothing else, that of a transaction within not even that.
        let revision = if kind == RESPONSE_TXN {
            0
        } else {
            txn.revision()
        };
        let header = ResponseHeader {
            revision,
            ..ResponseHeader::default()
        };
        let mut response = BytesMut::with_capacity(fields.len() + 16);
        message(&mut response, HEADER, &header);
        response.extend_from_slice(&fields);
        let mut operation = BytesMut::with_capacity(response.len() + 8);
        bytes(&mut operation, kind, &response);
        bytes(out, RESPONSES, &operation);
    }
    Ok(())
}

/// Hangs the keys that changed on their leases.
///
/// # Errors
/// When a lease that was checked is gone, which cannot be.
pub(crate) fn attach(lessor: &mut Lessor, changes: &[Change]) -> Result<(), Refusal> {
    for change in changes {
        lessor.detach(&change.key);
        if !change.deleted && change.lease != 0 {
            lessor.attach(change.lease, &change.key)?;
        }
    }
    Ok(())
}
