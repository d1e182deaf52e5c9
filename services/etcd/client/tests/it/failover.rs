//! Endpoints that are not there, come up late, or are something else.

use std::{sync::Arc, time::Duration};

use etcd_api::etcdserverpb::{
    CompactionRequest, CompactionResponse, DeleteRangeRequest, DeleteRangeResponse, PutRequest,
    PutResponse, RangeRequest, RangeResponse, RangeStreamResponse, TxnRequest, TxnResponse,
    kv_server::{Kv, KvServer},
};
use etcd_client::{Call, Client, Error};
use tokio::{io::AsyncWriteExt, net::TcpListener, sync::Mutex};
use tokio_stream::Empty;
use tonic::{Request, Response, Status};

use crate::fake::{Fake, config, unasked};

/// Answers ranges with the statuses it is given, then with its count, and never a put.
#[derive(Default)]
pub(crate) struct Counting {
    pub(crate) first: Mutex<Vec<Status>>,
    count: i64,
}

#[tonic::async_trait]
impl Kv for Counting {
    type RangeStreamStream = Empty<Result<RangeStreamResponse, Status>>;

    async fn range(&self, _: Request<RangeRequest>) -> Result<Response<RangeResponse>, Status> {
        if let Some(status) = self.first.lock().await.pop() {
            return Err(status);
        }
        Ok(Response::new(RangeResponse {
            count: self.count,
            ..RangeResponse::default()
        }))
    }
    async fn put(&self, _: Request<PutRequest>) -> Result<Response<PutResponse>, Status> {
        Err(Status::unavailable("gone"))
    }
    async fn delete_range(
        &self,
        _: Request<DeleteRangeRequest>,
    ) -> Result<Response<DeleteRangeResponse>, Status> {
        unasked()
    }
    async fn txn(&self, _: Request<TxnRequest>) -> Result<Response<TxnResponse>, Status> {
        unasked()
    }
    async fn compact(
        &self,
        _: Request<CompactionRequest>,
    ) -> Result<Response<CompactionResponse>, Status> {
        unasked()
    }
    async fn range_stream(
        &self,
        _: Request<RangeRequest>,
    ) -> Result<Response<Self::RangeStreamStream>, Status> {
        unasked()
    }
}

fn kv(count: i64, first: Vec<Status>) -> KvServer<Counting> {
    KvServer::from_arc(Arc::new(Counting {
        first: Mutex::new(first),
        count,
    }))
}

/// An address where nobody listens.
async fn nobody() -> String {
    let fake = Fake::serve(kv(0, Vec::new())).await;
    fake.address.to_string()
}

async fn count(client: &Client) -> i64 {
    let call = Call::within(Duration::from_secs(10));
    let answer = client.range(call, RangeRequest::default()).await;
    answer.unwrap().count
}

#[tokio::test]
async fn calls_go_to_the_endpoints_that_are_there_in_turn() {
    let (one, two) = (
        Fake::serve(kv(1, Vec::new())).await,
        Fake::serve(kv(2, Vec::new())).await,
    );
    let endpoints = [
        nobody().await,
        one.address.to_string(),
        two.address.to_string(),
    ];
    let client = Client::connect(config(&endpoints)).await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 2 {
        seen.insert(count(&client).await);
    }
    assert_eq!(Vec::from_iter(seen), [1, 2]);
}

#[tokio::test]
async fn a_read_is_tried_again_until_the_server_is_there() {
    let first = vec![
        Status::unavailable("x"),
        Status::from(etcd_api::Error::NoLeader),
    ];
    let fake = Fake::serve(kv(7, first)).await;
    let client = Client::connect(config(&[fake.address.to_string()]))
        .await
        .unwrap();
    assert_eq!(count(&client).await, 7);
}

#[tokio::test]
async fn a_write_is_not_tried_again_once_it_was_sent() {
    let fake = Fake::serve(kv(0, Vec::new())).await;
    let client = Client::connect(config(&[fake.address.to_string()]))
        .await
        .unwrap();
    let answer = client.put(Call::unlimited(), PutRequest::default()).await;
    assert_eq!(
        answer.unwrap_err().to_string(),
        "rpc error: code = Unavailable desc = gone"
    );
}

#[tokio::test]
async fn an_error_of_etcd_is_its_text() {
    let fake = Fake::serve(kv(0, vec![Status::from(etcd_api::Error::Compacted)])).await;
    let client = Client::connect(config(&[fake.address.to_string()]))
        .await
        .unwrap();
    let answer = client
        .range(Call::unlimited(), RangeRequest::default())
        .await;
    assert!(answer.unwrap_err().is(etcd_api::Error::Compacted));
}

#[tokio::test]
async fn a_connection_that_broke_is_made_again() {
    let fake = Fake::serve(kv(1, Vec::new())).await;
    let address = fake.address;
    let client = Client::connect(config(&[address.to_string()]))
        .await
        .unwrap();
    assert_eq!(count(&client).await, 1);
    fake.stop().await;
    let _again = Fake::serve_on(address, kv(2, Vec::new())).await;
    while count(&client).await != 2 {}
}

#[tokio::test]
async fn a_server_that_speaks_something_else_takes_no_calls() {
    #[expect(clippy::disallowed_methods, reason = "a test's server on port 0")]
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(b"HTTP/1.1 400 Bad\r\n\r\n").await.unwrap();
        }
    });
    let client = Client::connect(config(&[address.to_string()]))
        .await
        .unwrap();
    let call = Call::within(Duration::from_millis(300));
    let answer = client.range(call, RangeRequest::default()).await;
    assert!(matches!(answer, Err(Error::DeadlineExceeded)));
    task.abort();
}

#[tokio::test]
async fn a_request_above_the_limit_is_not_sent() {
    let fake = Fake::serve(kv(0, Vec::new())).await;
    let mut config = config(&[fake.address.to_string()]);
    config.request_bytes_max = 4;
    let client = Client::connect(config).await.unwrap();
    let request = PutRequest {
        key: b"abcdef".as_slice().into(),
        ..PutRequest::default()
    };
    let answer = client.put(Call::unlimited(), request).await;
    assert_eq!(
        answer.unwrap_err().to_string(),
        "rpc error: code = ResourceExhausted desc = trying to send message larger than max (8 vs. 4)"
    );
}

#[tokio::test]
async fn nobody_to_ask_and_limits_that_cross_are_refused() {
    assert!(matches!(
        Client::connect(config(&[])).await,
        Err(Error::NoEndpoints)
    ));
    let mut crossed = config(&["a:1".to_owned()]);
    crossed.response_bytes_max = 1;
    assert!(matches!(
        Client::connect(crossed).await,
        Err(Error::Limits { .. })
    ));
}
