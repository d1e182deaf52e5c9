//! Locks.
//!
//! Source: etcd v3.7 api/v3lock/lock.go; client/v3/concurrency/mutex.go.

use bytes::Bytes;
use etcd_api::{
    etcdserverpb::{DeleteRangeRequest, DeleteRangeResponse, RangeRequest, RangeResponse},
    v3lockpb::{LockRequest, LockResponse, UnlockRequest, UnlockResponse},
};
use tonic::{Code, Status};

use super::{Asker, Session, contend, prefix_of, wait_for_older};
use crate::{call::frame, method::Method, requests::decode};

/// Waits until the name is the client's.
pub(super) async fn lock(asker: &Asker, message: Bytes) -> Result<Bytes, Status> {
    let request: LockRequest = decode(message)?;
    let session = Session::begin(asker, request.lease).await?;
    let prefix = prefix_of(&request.name);
    let contender = contend(asker, &prefix, &session, &Bytes::new()).await?;
    let is_first = contender
        .owner
        .as_ref()
        .is_none_or(|owner| owner.create_revision == contender.revision);
    let mut header = contender.header;
    if !is_first {
        wait_for_older(asker, &prefix, contender.revision).await?;
        let own = RangeRequest {
            key: contender.key.clone(),
            ..RangeRequest::default()
        };
        let found: RangeResponse = asker.ask(Method::Range, &own).await?;
        if found.kvs.is_empty() {
            return Err(Status::new(Code::Unknown, "mutex: session is expired")); // upstream's text
        }
        header = found.header;
    }
    Ok(frame(&LockResponse {
        header,
        key: contender.key,
    }))
}

/// Gives a name back.
pub(super) async fn unlock(asker: &Asker, message: Bytes) -> Result<Bytes, Status> {
    let request: UnlockRequest = decode(message)?;
    let delete = DeleteRangeRequest {
        key: request.key,
        ..DeleteRangeRequest::default()
    };
    let done: DeleteRangeResponse = asker.ask(Method::DeleteRange, &delete).await?;
    Ok(frame(&UnlockResponse {
        header: done.header,
    }))
}
