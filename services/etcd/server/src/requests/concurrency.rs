//! Elections and locks: keys under a name, of which the oldest holds it. They are made of transactions and watches like those of any
//! client, in the name of who asks.
//!
//! Source: etcd v3.7 server/etcdserver/api/{v3election,v3lock}; client/v3/concurrency/{election,mutex,key,session}.go.

mod asker;
mod election;
mod lock;

use std::time::Duration;

use bytes::Bytes;
use etcd_api::{
    etcdserverpb::{
        Compare, DeleteRangeRequest, LeaseGrantRequest, LeaseGrantResponse, PutRequest,
        RangeRequest, RangeResponse, RequestOp, ResponseHeader, ResponseOp, TxnRequest,
        TxnResponse,
        compare::{CompareResult, CompareTarget, TargetUnion},
        range_request::{SortOrder, SortTarget},
        request_op::Request,
        response_op::Response,
    },
    mvccpb::KeyValue,
};
use tokio::task::AbortHandle;
use tonic::{Code, Status};

use self::asker::Asker;
use crate::{
    call::{Call, Reply, Stream},
    engine::Engine,
    grpc::status::deadline_exceeded,
    method::Method,
};

impl Engine {
    /// Takes a request about an election or a lock, which may wait for long.
    pub(super) fn contend(&self, call: Call) {
        let asker = Asker::new(self.reports.clone(), call.caller);
        let (method, message, mut reply) = (call.method, call.message, call.reply);
        let deadline = call.deadline;
        tokio::spawn(async move {
            let work = async {
                match method {
                    Method::Lock => lock::lock(&asker, message).await,
                    Method::Unlock => lock::unlock(&asker, message).await,
                    _ => election::answer(&asker, method, message).await,
                }
            };
            let over = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            let outcome = tokio::select! {
                outcome = work => Some(outcome),
                () = over => Some(Err(deadline_exceeded())),
                () = reply.closed() => None,
            };
            answer(reply, outcome);
        });
    }

    /// Takes a stream of who leads.
    pub(super) fn observe(&self, stream: Stream) {
        let asker = Asker::new(self.reports.clone(), stream.caller.clone());
        tokio::spawn(election::observe(asker, stream));
    }
}

fn answer(reply: Reply, outcome: Option<Result<Bytes, Status>>) {
    match outcome {
        Some(Ok(frame)) => reply.framed(frame),
        Some(Err(status)) => reply.error(status),
        // Nobody waits any more; what the client had put goes with its lease.
        None => reply.error(Status::new(Code::Cancelled, "context canceled")),
    }
}

/// The lease that a key hangs on, and who keeps it alive while the request lasts.
struct Session {
    lease: i64,
    _alive: Option<Alive>,
}

struct Alive(AbortHandle);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Session {
    /// Takes the client's lease, or grants one.
    async fn begin(asker: &Asker, lease: i64) -> Result<Self, Status> {
        if lease != 0 {
            return Ok(Self {
                lease,
                _alive: None,
            });
        }
        let grant = LeaseGrantRequest {
            ttl: SESSION_TTL_SECONDS,
            id: 0,
        };
        let granted: LeaseGrantResponse = asker.ask(Method::LeaseGrant, &grant).await?;
        let (id, keeper) = (granted.id, asker.clone());
        let alive = tokio::spawn(async move {
            loop {
                tokio::time::sleep(SESSION_RENEWAL).await;
                keeper.renew(id);
            }
        });
        Ok(Self {
            lease: id,
            _alive: Some(Alive(alive.abort_handle())),
        })
    }
}

/// A key of somebody who contends, as it is in the store.
struct Contender {
    key: Bytes,
    /// Keys below this revision come first.
    revision: i64,
    /// What the key had already, if it was there.
    existing: Option<KeyValue>,
    /// Who holds the name now, if that was asked.
    owner: Option<KeyValue>,
    header: Option<ResponseHeader>,
}

/// Puts the key of somebody under a name, unless it is there.
async fn contend(
    asker: &Asker,
    prefix: &[u8],
    session: &Session,
    value: &Bytes,
) -> Result<Contender, Status> {
    let key = Bytes::from([prefix, format!("{:x}", session.lease).as_bytes()].concat());
    let put = PutRequest {
        key: key.clone(),
        value: value.clone(),
        lease: session.lease,
        ..PutRequest::default()
    };
    let get = RangeRequest {
        key: key.clone(),
        ..RangeRequest::default()
    };
    let owner = first_created(prefix);
    let txn = TxnRequest {
        compare: vec![created_at(&key, 0)],
        success: vec![
            operation(Request::RequestPut(put)),
            operation(Request::RequestRange(owner.clone())),
        ],
        failure: vec![
            operation(Request::RequestRange(get)),
            operation(Request::RequestRange(owner)),
        ],
    };
    let response: TxnResponse = asker.ask(Method::Txn, &txn).await?;
    let existing = (!response.succeeded)
        .then(|| only_kv(&response.responses, 0))
        .flatten();
    let now = response.header.map_or(0, |header| header.revision);
    Ok(Contender {
        revision: existing.as_ref().map_or(now, |kv| kv.create_revision),
        owner: only_kv(&response.responses, 1),
        header: response.header,
        existing,
        key,
    })
}

/// Waits until no key under a name is older.
async fn wait_for_older(asker: &Asker, prefix: &[u8], revision: i64) -> Result<(), Status> {
    loop {
        let last = RangeRequest {
            key: Bytes::copy_from_slice(prefix),
            range_end: end_of(prefix),
            limit: 1,
            sort_order: SortOrder::Descend.into(),
            sort_target: SortTarget::Create.into(),
            max_create_revision: revision - 1,
            ..RangeRequest::default()
        };
        let response: RangeResponse = asker.ask(Method::Range, &last).await?;
        let Some(older) = response.kvs.into_iter().next() else {
            return Ok(());
        };
        let seen = response.header.map_or(0, |header| header.revision);
        asker.wait_for_deletion(older.key, seen).await?;
    }
}

fn first_created(prefix: &[u8]) -> RangeRequest {
    RangeRequest {
        key: Bytes::copy_from_slice(prefix),
        range_end: end_of(prefix),
        limit: 1,
        sort_order: SortOrder::Ascend.into(),
        sort_target: SortTarget::Create.into(),
        ..RangeRequest::default()
    }
}

fn created_at(key: &Bytes, revision: i64) -> Compare {
    Compare {
        result: CompareResult::Equal.into(),
        target: CompareTarget::Create.into(),
        key: key.clone(),
        target_union: Some(TargetUnion::CreateRevision(revision)),
        ..Compare::default()
    }
}

fn deletion(key: &Bytes) -> RequestOp {
    operation(Request::RequestDeleteRange(DeleteRangeRequest {
        key: key.clone(),
        ..DeleteRangeRequest::default()
    }))
}

fn operation(request: Request) -> RequestOp {
    RequestOp {
        request: Some(request),
    }
}

fn only_kv(responses: &[ResponseOp], index: usize) -> Option<KeyValue> {
    match &responses.get(index)?.response {
        Some(Response::ResponseRange(range)) => range.kvs.first().cloned(),
        _ => None,
    }
}

/// Returns the first key that is not under a prefix.
fn end_of(prefix: &[u8]) -> Bytes {
    let Some(last) = prefix.iter().rposition(|byte| *byte != 0xff) else {
        return Bytes::from_static(b"\0");
    };
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    end.into()
}

fn prefix_of(name: &[u8]) -> Vec<u8> {
    [name, b"/"].concat()
}

/// Source: etcd v3.7 client/v3/concurrency/session.go `defaultSessionTTL`.
const SESSION_TTL_SECONDS: i64 = 60;

/// A third of it, as clients renew.
const SESSION_RENEWAL: Duration = Duration::from_secs(20);
