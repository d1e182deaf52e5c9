//! An engine that is a map: enough to see that requests arrive and answers leave.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use etcd_api::{
    Error,
    etcdserverpb::{
        PutRequest, PutResponse, RangeRequest, RangeResponse, ResponseHeader, WatchRequest,
        WatchResponse, watch_request::RequestUnion,
    },
    mvccpb::{Event, KeyValue},
};
use etcd_server::{
    Method,
    call::{Call, Stream, Work, frame},
};
use parking_lot::Mutex;
use prost::Message as _;
use tokio::sync::mpsc;

/// Who called: what for, with which token, under which name.
type Caller = (Method, Option<String>, Option<String>);

/// What callers said about themselves, for tests that look.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) callers: Mutex<Vec<Caller>>,
}

/// Answers until the front is gone.
pub(crate) async fn run(mut work: mpsc::Receiver<Work>, seen: Arc<Seen>) {
    let mut keys: BTreeMap<Bytes, KeyValue> = BTreeMap::new();
    let mut revision = 1;
    let mut held = Vec::new();
    while let Some(work) = work.recv().await {
        let (method, caller) = match &work {
            Work::Call(call) => (call.method, &call.caller),
            Work::Stream(stream) => (stream.method, &stream.caller),
        };
        let token = caller
            .token
            .as_ref()
            .map(|token| token.to_str().unwrap().to_owned());
        let name = caller.common_name.as_ref().map(ToString::to_string);
        seen.callers.lock().push((method, token, name));
        match work {
            Work::Call(call) if call.method == Method::Lock => held.push(call),
            Work::Call(call) => answer(call, &mut keys, &mut revision),
            Work::Stream(stream) => drop(tokio::spawn(watch(stream))),
        }
    }
}

fn header(revision: i64) -> Option<ResponseHeader> {
    Some(ResponseHeader {
        cluster_id: 7,
        member_id: 8,
        revision,
        raft_term: 2,
    })
}

fn answer(call: Call, keys: &mut BTreeMap<Bytes, KeyValue>, revision: &mut i64) {
    match call.method {
        Method::Put => match PutRequest::decode(call.message) {
            Ok(put) if put.key.is_empty() => call.reply.error(Error::EmptyKey),
            Ok(put) => {
                *revision += 1;
                let kv = KeyValue {
                    key: put.key.clone(),
                    value: put.value,
                    create_revision: *revision,
                    mod_revision: *revision,
                    version: 1,
                    lease: 0,
                };
                let prev_kv = keys.insert(put.key, kv).filter(|_| put.prev_kv);
                call.reply.message(&PutResponse {
                    header: header(*revision),
                    prev_kv,
                });
            }
            Err(error) => panic!("the front hands over whole messages: {error}"),
        },
        Method::Range => {
            let range = RangeRequest::decode(call.message).unwrap();
            let kvs: Vec<_> = match &range.range_end[..] {
                b"" => keys.get(&range.key).cloned().into_iter().collect(),
                _ => keys.range(range.key..).map(|(_, kv)| kv.clone()).collect(),
            };
            call.reply.message(&RangeResponse {
                header: header(*revision),
                count: i64::try_from(kvs.len()).unwrap(),
                kvs,
                more: false,
            });
        }
        _ => call.reply.error(Error::NotCapable),
    }
}

/// Answers each request to watch with what it asked for as an event, the value as often as its start revision says.
async fn watch(mut stream: Stream) {
    loop {
        let request = tokio::select! {
            request = stream.requests.next() => request,
            () = stream.replies.closed() => return,
        };
        let message = match request {
            Ok(Some(message)) => message,
            Ok(None) => return stream.replies.finish(Ok(())),
            Err(status) => return stream.replies.finish(Err(status)),
        };
        let Some(RequestUnion::CreateRequest(create)) =
            WatchRequest::decode(message).unwrap().request_union
        else {
            return stream.replies.finish(Err(Error::WatchCanceled.into()));
        };
        for _ in 0..=create.start_revision {
            let response = WatchResponse {
                header: header(1),
                created: create.start_revision == 0,
                events: vec![Event {
                    kv: Some(KeyValue {
                        key: create.key.clone(),
                        value: create.range_end.clone(),
                        ..KeyValue::default()
                    }),
                    ..Event::default()
                }],
                ..WatchResponse::default()
            };
            if stream.replies.send(frame(&response)).await.is_err() {
                return;
            }
        }
    }
}
