//! Answers in many messages: watches, ranges, copies of the store.

use super::*;

#[tokio::test]
async fn watchers_are_told_of_the_past_and_of_what_happens() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    client
        .unary::<pb::PutResponse>(PUT, &put("a", "past"))
        .await
        .unwrap();
    let (response, mut stream) = client.open(request("/etcdserverpb.Watch/Watch")).await;
    let create = pb::WatchRequest {
        request_union: Some(RequestUnion::CreateRequest(pb::WatchCreateRequest {
            key: Bytes::from_static(b"a"),
            start_revision: 1,
            ..pb::WatchCreateRequest::default()
        })),
    };
    send(&mut stream, framed(&create), false).await;
    let mut told = response.await.unwrap().into_body();
    client
        .unary::<pb::PutResponse>(PUT, &put("a", "now"))
        .await
        .unwrap();
    let mut data = Vec::new();
    let mut values: Vec<Bytes> = Vec::new();
    while values.len() < 2 {
        let piece = told.data().await.unwrap().unwrap();
        told.flow_control().release_capacity(piece.len()).unwrap();
        data.extend_from_slice(&piece);
        let seen = messages::<pb::WatchResponse>(Bytes::from(data.clone()));
        assert!(seen[0].created);
        let events = seen.into_iter().flat_map(|response| response.events);
        values = events.map(|event| event.kv.unwrap().value).collect();
    }
    assert_eq!(values, ["past", "now"]);
    member.stop().await;
}

#[tokio::test]
async fn a_range_may_be_a_stream_and_may_be_large() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let value = "v".repeat(100_000);
    for key in 0..30 {
        client
            .unary::<pb::PutResponse>(PUT, &put(&format!("{key:03}"), &value))
            .await
            .unwrap();
    }
    let all = pb::RangeRequest {
        range_end: Bytes::from_static(b"\0"),
        ..range("\0")
    };
    let whole: pb::RangeResponse = client.unary(RANGE, &all).await.unwrap();
    assert_eq!(
        (whole.count, whole.kvs.len(), whole.header.unwrap().revision),
        (30, 30, 31)
    );
    let streamed = client
        .call(request("/etcdserverpb.KV/RangeStream"), framed(&all))
        .await;
    assert_eq!((&*streamed.code, &*streamed.message), ("0", ""));
    let chunks: Vec<_> = messages::<pb::RangeStreamResponse>(streamed.data)
        .into_iter()
        .map(|chunk| chunk.range_response.unwrap())
        .collect();
    assert!(chunks.len() > 1 && chunks[0].header.is_none() && chunks[0].kvs.len() == 10);
    let last = chunks.last().unwrap();
    assert_eq!((last.count, last.header.unwrap().revision), (30, 31));
    let kvs: Vec<_> = chunks.into_iter().flat_map(|chunk| chunk.kvs).collect();
    assert_eq!(kvs, whole.kvs);
    let sorted = pb::RangeRequest {
        sort_order: 2,
        ..all
    };
    let refused = client
        .call(request("/etcdserverpb.KV/RangeStream"), framed(&sorted))
        .await;
    assert_eq!(
        refused.message,
        "RangeStream does not support custom sort orders"
    );
    member.stop().await;
}

#[tokio::test]
async fn a_copy_of_the_store_is_a_file_with_its_digest_behind_it() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    client
        .unary::<pb::PutResponse>(PUT, &put("a", &"b".repeat(100_000)))
        .await
        .unwrap();
    let path = "/etcdserverpb.Maintenance/Snapshot";
    let copied = client
        .call(request(path), framed(&pb::SnapshotRequest {}))
        .await;
    assert_eq!((&*copied.code, &*copied.message), ("0", ""));
    let mut parts = messages::<pb::SnapshotResponse>(copied.data);
    let digest = parts.pop().unwrap();
    assert_eq!((digest.remaining_bytes, &*digest.version), (0, "3.7.0"));
    let file: Vec<u8> = parts.iter().flat_map(|part| part.blob.to_vec()).collect();
    assert_eq!(file.len() % 512, 0);
    assert_eq!(
        usize::try_from(parts[0].remaining_bytes).unwrap() + parts[0].blob.len(),
        file.len()
    );
    assert_eq!(digest.blob[..], crypto::digest::sha256(&file));
    member.stop().await;
}
