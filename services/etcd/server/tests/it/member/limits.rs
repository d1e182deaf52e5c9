//! How long requests and streams last: as long as the client says, and as somebody leads.

use std::time::Instant;

use super::*;

/// Adds a voter that nobody starts, so that from now on nothing is agreed on.
async fn lose_the_quorum(client: &Client) {
    let add = pb::MemberAddRequest {
        peer_ur_ls: vec!["http://127.0.0.1:1".to_owned()],
        is_learner: false,
    };
    let added: pb::MemberAddResponse = client
        .unary("/etcdserverpb.Cluster/MemberAdd", &add)
        .await
        .unwrap();
    assert_eq!(added.members.len(), 2);
}

#[tokio::test]
async fn a_clients_limit_counts_to_the_millisecond() {
    let folder = TempDir::new().unwrap();
    let mut boot = boot_config(folder.path());
    // Ticks are far apart, so that it is not them that end the waiting.
    boot.engine.tick = Duration::from_millis(500);
    let member = Member::start_with(boot).await;
    let client = Client::connect(member.address).await;
    lose_the_quorum(&client).await;
    for (method, message) in [(PUT, framed(&put("a", "1"))), (RANGE, framed(&range("a")))] {
        let began = Instant::now();
        let asked = request(method).header("grpc-timeout", "40m");
        let outcome = client.call(asked, message).await;
        let took = began.elapsed();
        assert_eq!(
            (&outcome.code[..], &outcome.message[..]),
            ("4", "context deadline exceeded")
        );
        assert!(took >= Duration::from_millis(40), "{took:?}");
        assert!(took < Duration::from_millis(250), "{took:?}");
    }
    member.stop().await;
}

#[tokio::test]
async fn a_stream_ends_at_its_clients_limit() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let asked = request("/etcdserverpb.Lease/LeaseKeepAlive").header("grpc-timeout", "30m");
    let (response, _stream) = client.open(asked).await;
    let ended = crate::client::outcome(response.await.unwrap()).await;
    assert_eq!(ended.message, "context deadline exceeded");
    member.stop().await;
}

#[tokio::test]
async fn streams_that_want_a_leader_end_when_nobody_leads() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let create = pb::WatchRequest {
        request_union: Some(RequestUnion::CreateRequest(pb::WatchCreateRequest {
            key: Bytes::from_static(b"a"),
            ..pb::WatchCreateRequest::default()
        })),
    };
    let watch = "/etcdserverpb.Watch/Watch";
    let (wanting, mut first) = client
        .open(request(watch).header("hasleader", "true"))
        .await;
    send(&mut first, framed(&create), false).await;
    let wanting = wanting.await.unwrap();
    let (patient, mut second) = client.open(request(watch)).await;
    send(&mut second, framed(&create), false).await;
    let mut patient = patient.await.unwrap().into_body();
    patient.data().await.unwrap().unwrap();
    lose_the_quorum(&client).await;
    let ended = crate::client::outcome(wanting).await;
    assert_eq!(
        (&ended.code[..], &ended.message[..]),
        ("14", "etcdserver: no leader")
    );
    let more = tokio::time::timeout(Duration::from_millis(50), patient.data()).await;
    assert!(more.is_err(), "{more:?}");
    let refused = client
        .call(request(watch).header("hasleader", "true"), framed(&create))
        .await;
    assert_eq!(refused.message, "etcdserver: no leader");
    member.stop().await;
}
