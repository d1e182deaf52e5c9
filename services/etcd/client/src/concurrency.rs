//! Sessions, locks and elections on keys that live as long as a lease.
//!
//! Source: etcd v3.7 client/v3/concurrency.

use etcd_api::{
    etcdserverpb::{
        Compare, DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest,
        WatchCreateRequest,
        compare::{CompareResult, CompareTarget, TargetUnion},
        range_request::{SortOrder, SortTarget},
        request_op,
    },
    mvccpb::event::EventType,
};

use crate::{Call, Client, Error, interval};

mod election;
mod mutex;
mod session;

pub use self::{
    election::{Election, Observer},
    mutex::{Mutex, MutexError},
    session::Session,
};

/// The comparison that holds while a key has this revision of creation; zero for a key that is not there.
fn created_at(key: &[u8], revision: i64) -> Compare {
    Compare {
        result: CompareResult::Equal.into(),
        target: CompareTarget::Create.into(),
        key: key.to_vec().into(),
        target_union: Some(TargetUnion::CreateRevision(revision)),
        ..Compare::default()
    }
}

fn put(key: &[u8], value: &[u8], lease: i64) -> RequestOp {
    RequestOp {
        request: Some(request_op::Request::RequestPut(PutRequest {
            key: key.to_vec().into(),
            value: value.to_vec().into(),
            lease,
            ..PutRequest::default()
        })),
    }
}

fn get(request: RangeRequest) -> RequestOp {
    RequestOp {
        request: Some(request_op::Request::RequestRange(request)),
    }
}

fn delete(key: &[u8]) -> RequestOp {
    RequestOp {
        request: Some(request_op::Request::RequestDeleteRange(
            DeleteRangeRequest {
                key: key.to_vec().into(),
                ..DeleteRangeRequest::default()
            },
        )),
    }
}

fn txn(compare: Compare, success: Vec<RequestOp>, failure: Vec<RequestOp>) -> TxnRequest {
    TxnRequest {
        compare: vec![compare],
        success,
        failure,
    }
}

fn key_request(key: &[u8]) -> RangeRequest {
    RangeRequest {
        key: key.to_vec().into(),
        ..RangeRequest::default()
    }
}

/// The key under a prefix that was created first, or last.
fn one_created(prefix: &[u8], order: SortOrder) -> RangeRequest {
    RangeRequest {
        key: prefix.to_vec().into(),
        range_end: interval::prefix_end(prefix).into(),
        limit: 1,
        sort_order: order.into(),
        sort_target: SortTarget::Create.into(),
        ..RangeRequest::default()
    }
}

/// Waits until no key under `prefix` is older than or as old as `revision`: always for the youngest of those to go.
///
/// Source: etcd v3.7 client/v3/concurrency/key.go, `waitDeletes`.
async fn wait_until_first(client: &Client, prefix: &[u8], revision: i64) -> Result<(), Error> {
    loop {
        let request = RangeRequest {
            max_create_revision: revision,
            ..one_created(prefix, SortOrder::Descend)
        };
        let answer = client.range(Call::unlimited(), request).await?;
        let Some(youngest) = answer.kvs.into_iter().next() else {
            return Ok(());
        };
        let from = answer.header.map_or(0, |header| header.revision);
        wait_until_deleted(client, &youngest.key, from).await?;
    }
}

async fn wait_until_deleted(client: &Client, key: &[u8], from: i64) -> Result<(), Error> {
    let mut watch = client
        .watch(WatchCreateRequest {
            key: key.to_vec().into(),
            start_revision: from,
            ..WatchCreateRequest::default()
        })
        .await;
    while let Some(answer) = watch.next().await {
        if let Some(error) = answer.error() {
            return Err(error);
        }
        let deleted = |event: &etcd_api::mvccpb::Event| event.r#type() == EventType::Delete;
        if answer.events.iter().any(deleted) {
            return Ok(());
        }
    }
    Err(Error::WatchCanceled(
        "lost watcher waiting for delete".to_owned(),
    ))
}
