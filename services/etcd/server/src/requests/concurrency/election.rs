//! Elections.
//!
//! Source: etcd v3.7 api/v3election/election.go; client/v3/concurrency/election.go.

use bytes::Bytes;
use etcd_api::{
    Error as ApiError,
    etcdserverpb::{
        PutRequest, RangeResponse, ResponseHeader, TxnRequest, TxnResponse, request_op::Request,
    },
    mvccpb::{KeyValue, event::EventType},
    v3electionpb::{
        CampaignRequest, CampaignResponse, LeaderKey, LeaderRequest, LeaderResponse,
        ProclaimRequest, ProclaimResponse, ResignRequest, ResignResponse,
    },
};
use tonic::{Code, Status};

use super::{
    Asker, Session, contend, created_at, deletion, end_of, first_created, operation, prefix_of,
    wait_for_older,
};
use crate::{
    call::{Replies, Requests, Stream, frame},
    method::Method,
    requests::{decode, decode_streamed},
};

/// Answers a request about an election.
pub(super) async fn answer(asker: &Asker, method: Method, message: Bytes) -> Result<Bytes, Status> {
    match method {
        Method::Campaign => campaign(asker, decode(message)?).await,
        Method::Proclaim => {
            let request: ProclaimRequest = decode(message)?;
            let leader = request.leader.ok_or_else(no_leader_key)?;
            let header = proclaim(asker, &leader, request.value).await?;
            Ok(frame(&ProclaimResponse { header }))
        }
        Method::Resign => resign(asker, decode(message)?).await,
        _ => {
            let request: LeaderRequest = decode(message)?;
            match leader(asker, &prefix_of(&request.name)).await? {
                (_, None) => Err(Status::new(Code::Unknown, "election: no leader")), // upstream's text
                (header, kv) => Ok(frame(&LeaderResponse { header, kv })),
            }
        }
    }
}

/// Waits until the client leads.
async fn campaign(asker: &Asker, request: CampaignRequest) -> Result<Bytes, Status> {
    let session = Session::begin(asker, request.lease).await?;
    let prefix = prefix_of(&request.name);
    let contender = contend(asker, &prefix, &session, &request.value).await?;
    let key = LeaderKey {
        name: request.name,
        key: contender.key,
        rev: contender.revision,
        lease: session.lease,
    };
    let mut header = contender.header;
    if contender
        .existing
        .is_some_and(|existing| existing.value != request.value)
    {
        header = proclaim(asker, &key, request.value).await?;
    }
    wait_for_older(asker, &prefix, key.rev).await?;
    Ok(frame(&CampaignResponse {
        header,
        leader: Some(key),
    }))
}

/// Changes what the leader says.
async fn proclaim(
    asker: &Asker,
    leader: &LeaderKey,
    value: Bytes,
) -> Result<Option<ResponseHeader>, Status> {
    let put = PutRequest {
        key: leader.key.clone(),
        value,
        lease: leader.lease,
        ..PutRequest::default()
    };
    let txn = TxnRequest {
        compare: vec![created_at(&leader.key, leader.rev)],
        success: vec![operation(Request::RequestPut(put))],
        failure: Vec::new(),
    };
    let done: TxnResponse = asker.ask(Method::Txn, &txn).await?;
    if !done.succeeded {
        return Err(Status::new(Code::Unknown, "election: not leader")); // upstream's text
    }
    Ok(done.header)
}

async fn resign(asker: &Asker, request: ResignRequest) -> Result<Bytes, Status> {
    let leader = request.leader.ok_or_else(no_leader_key)?;
    let txn = TxnRequest {
        compare: vec![created_at(&leader.key, leader.rev)],
        success: vec![deletion(&leader.key)],
        failure: Vec::new(),
    };
    let done: TxnResponse = asker.ask(Method::Txn, &txn).await?;
    Ok(frame(&ResignResponse {
        header: done.header,
    }))
}

async fn leader(
    asker: &Asker,
    prefix: &[u8],
) -> Result<(Option<ResponseHeader>, Option<KeyValue>), Status> {
    let found: RangeResponse = asker.ask(Method::Range, &first_created(prefix)).await?;
    Ok((found.header, found.kvs.into_iter().next()))
}

/// Tells who leads, first now, then at every change.
pub(super) async fn observe(asker: Asker, mut stream: Stream) {
    let outcome = tell_leaders(&asker, &mut stream.requests, &mut stream.replies).await;
    stream.replies.finish(outcome);
}

async fn tell_leaders(
    asker: &Asker,
    requests: &mut Requests,
    replies: &mut Replies,
) -> Result<(), Status> {
    let message = requests
        .next()
        .await?
        .ok_or_else(|| Status::new(Code::Unknown, "EOF"))?;
    let request: LeaderRequest = decode_streamed(message)?;
    let prefix = prefix_of(&request.name);
    loop {
        let (header, kv) = leader(asker, &prefix).await?;
        let seen = header.map_or(0, |header| header.revision);
        let Some(kv) = kv else {
            wait_for_somebody(asker, &prefix, seen, replies).await?;
            continue;
        };
        let key = kv.key.clone();
        tell(replies, header, kv).await?;
        let mut watching = asker.watch(key, Bytes::new(), seen + 1).await?;
        'led: loop {
            let response = tokio::select! {
                response = watching.next() => response?,
                () = replies.closed() => return Err(ApiError::RequestCanceled.into()),
            };
            for event in response.events {
                if event.r#type == EventType::Delete as i32 {
                    break 'led;
                }
                if let Some(kv) = event.kv {
                    tell(replies, response.header, kv).await?;
                }
            }
        }
    }
}

/// Waits until somebody puts a key under a name.
async fn wait_for_somebody(
    asker: &Asker,
    prefix: &[u8],
    seen: i64,
    replies: &mut Replies,
) -> Result<(), Status> {
    let prefix = Bytes::copy_from_slice(prefix);
    let end = end_of(&prefix);
    let mut watching = asker.watch(prefix, end, seen + 1).await?;
    loop {
        let response = tokio::select! {
            response = watching.next() => response?,
            () = replies.closed() => return Err(ApiError::RequestCanceled.into()),
        };
        let mut events = response.events.iter();
        if events.any(|event| event.r#type == EventType::Put as i32) {
            return Ok(());
        }
    }
}

async fn tell(
    replies: &mut Replies,
    header: Option<ResponseHeader>,
    kv: KeyValue,
) -> Result<(), Status> {
    let response = LeaderResponse {
        header,
        kv: Some(kv),
    };
    let sent = replies.send(frame(&response)).await;
    sent.map_err(|_| ApiError::RequestCanceled.into())
}

fn no_leader_key() -> Status {
    Status::new(Code::Unknown, "\"leader\" field must be provided") // upstream's text
}
