//! Watches whose stream breaks.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use etcd_api::{
    etcdserverpb::{
        ResponseHeader, WatchCreateRequest, WatchRequest, WatchResponse,
        watch_request::RequestUnion,
        watch_server::{Watch, WatchServer},
    },
    mvccpb::{Event, KeyValue},
};
use etcd_client::Client;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::fake::{Fake, config};

/// Tells each stream one event at the revision it asks for, and breaks the first streams behind it.
struct Breaking {
    streams: AtomicUsize,
    breaks: usize,
    refuses: &'static str,
}

#[tonic::async_trait]
impl Watch for Breaking {
    type WatchStream = ReceiverStream<Result<WatchResponse, Status>>;

    async fn watch(
        &self,
        request: Request<Streaming<WatchRequest>>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let breaks = self.streams.fetch_add(1, Ordering::SeqCst) < self.breaks;
        let refuses = self.refuses;
        let (sender, responses) = mpsc::channel(8);
        let mut requests = request.into_inner();
        tokio::spawn(async move {
            let mut id = 0;
            while let Ok(Some(request)) = requests.message().await {
                let Some(RequestUnion::CreateRequest(create)) = request.request_union else {
                    continue;
                };
                for answer in answers(&create, id, refuses) {
                    drop(sender.send(Ok(answer)).await);
                }
                id += 1;
                if breaks {
                    drop(sender.send(Err(Status::unavailable("broken"))).await);
                    return;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(responses)))
    }
}

fn answers(create: &WatchCreateRequest, watch_id: i64, refuses: &str) -> Vec<WatchResponse> {
    let header = |revision| {
        Some(ResponseHeader {
            revision,
            ..ResponseHeader::default()
        })
    };
    let created = WatchResponse {
        header: header(10),
        watch_id: if refuses.is_empty() { watch_id } else { -1 },
        created: true,
        canceled: !refuses.is_empty(),
        cancel_reason: refuses.to_owned(),
        ..WatchResponse::default()
    };
    if !refuses.is_empty() {
        return vec![created];
    }
    let event = Event {
        kv: Some(KeyValue {
            key: create.key.clone(),
            mod_revision: create.start_revision,
            ..KeyValue::default()
        }),
        ..Event::default()
    };
    let told = WatchResponse {
        header: header(create.start_revision),
        watch_id,
        events: vec![event],
        ..WatchResponse::default()
    };
    vec![created, told]
}

async fn client(breaks: usize, refuses: &'static str) -> (Fake, Client) {
    let fake = Fake::serve(WatchServer::from_arc(Arc::new(Breaking {
        streams: AtomicUsize::new(0),
        breaks,
        refuses,
    })))
    .await;
    let client = Client::connect(config(&[fake.address.to_string()]))
        .await
        .unwrap();
    (fake, client)
}

fn from(key: &'static str, start_revision: i64) -> WatchCreateRequest {
    WatchCreateRequest {
        key: key.as_bytes().into(),
        start_revision,
        ..WatchCreateRequest::default()
    }
}

async fn revision(watch: &mut etcd_client::watch::Watch) -> i64 {
    let answer = watch.next().await.expect("an answer");
    answer.events[0].kv.as_ref().unwrap().mod_revision
}

#[tokio::test]
async fn a_watch_goes_on_behind_its_last_event_when_the_stream_broke() {
    let (_fake, client) = client(3, "").await;
    let mut watch = client.watch(from("k", 5)).await;
    for expected in 5..9 {
        assert_eq!(revision(&mut watch).await, expected);
    }
}

#[tokio::test]
async fn watches_share_a_stream_and_are_told_apart() {
    let (_fake, client) = client(0, "").await;
    let watcher = client.watcher(false);
    let mut one = watcher.watch(from("a", 3)).await;
    let mut two = watcher.watch(from("b", 4)).await;
    assert_eq!(revision(&mut one).await, 3);
    assert_eq!(revision(&mut two).await, 4);
}

#[tokio::test]
async fn a_watch_that_is_refused_says_why_and_ends() {
    let (_fake, client) = client(0, "etcdserver: permission denied").await;
    let mut watch = client.watch(from("k", 0)).await;
    let answer = watch.next().await.expect("the reason");
    assert!(answer.canceled);
    let error = answer.error().expect("an error");
    assert!(error.is(etcd_api::Error::PermissionDenied), "{error}");
    assert!(watch.next().await.is_none());
}
