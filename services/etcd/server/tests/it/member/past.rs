//! Faults that upstream once had, each by its number there. Crashes (14370, and 17780 at length) are `conformance-etcd crash`.

use h2::{RecvStream, SendStream};

use super::*;

const WATCH: &str = "/etcdserverpb.Watch/Watch";

/// A stream of watches, read message by message.
struct Watch {
    requests: SendStream<Bytes>,
    told: RecvStream,
    data: Vec<u8>,
}

impl Watch {
    async fn open(client: &Client, creates: &[pb::WatchCreateRequest]) -> Self {
        let (response, mut requests) = client.open(request(WATCH)).await;
        for create in creates {
            let union = RequestUnion::CreateRequest(create.clone());
            say(&mut requests, union).await;
        }
        Self {
            requests,
            told: response.await.unwrap().into_body(),
            data: Vec::new(),
        }
    }

    async fn ask_progress(&mut self) {
        let union = RequestUnion::ProgressRequest(pb::WatchProgressRequest {});
        say(&mut self.requests, union).await;
    }

    async fn next(&mut self) -> pb::WatchResponse {
        loop {
            if let Some(head) = self.data.first_chunk::<5>() {
                let end = 5 + u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
                if self.data.len() >= end {
                    let message: Vec<u8> = self.data.drain(..end).collect();
                    return messages(Bytes::from(message)).remove(0);
                }
            }
            let within = Duration::from_secs(20);
            let piece = tokio::time::timeout(within, self.told.data());
            let piece = piece.await.expect("something comes").unwrap().unwrap();
            self.told
                .flow_control()
                .release_capacity(piece.len())
                .unwrap();
            self.data.extend_from_slice(&piece);
        }
    }

    /// Returns the next `count` events.
    async fn events(&mut self, count: usize) -> Vec<etcd_api::mvccpb::Event> {
        let mut events = Vec::new();
        while events.len() < count {
            let said = self.next().await;
            assert!(!said.canceled, "{said:?}");
            events.extend(said.events);
        }
        events
    }
}

async fn say(requests: &mut SendStream<Bytes>, union: RequestUnion) {
    let message = pb::WatchRequest {
        request_union: Some(union),
    };
    send(requests, framed(&message), false).await;
}

fn from(key: &str, start_revision: i64) -> pb::WatchCreateRequest {
    pb::WatchCreateRequest {
        key: Bytes::copy_from_slice(key.as_bytes()),
        start_revision,
        ..pb::WatchCreateRequest::default()
    }
}

async fn write(client: &Client, key: &str, value: &str) -> i64 {
    let done: pb::PutResponse = client.unary(PUT, &put(key, value)).await.unwrap();
    done.header.unwrap().revision
}

async fn compact(client: &Client, revision: i64) {
    let compact = pb::CompactionRequest {
        revision,
        physical: true,
    };
    client
        .unary::<pb::CompactionResponse>("/etcdserverpb.KV/Compact", &compact)
        .await
        .unwrap();
}

async fn delete(client: &Client, key: &str) {
    let delete = pb::DeleteRangeRequest {
        key: Bytes::copy_from_slice(key.as_bytes()),
        ..pb::DeleteRangeRequest::default()
    };
    client
        .unary::<pb::DeleteRangeResponse>("/etcdserverpb.KV/DeleteRange", &delete)
        .await
        .unwrap();
}

/// Stops the member as a crash would: nothing is made durable that is not yet.
async fn crash(member: Member) {
    member.worked.abort();
    let _ = member.worked.await;
    member.stop.trigger();
}

#[tokio::test]
async fn issue_14571_users_still_count_after_a_crash() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let auth = |name: &str| format!("/etcdserverpb.Auth/{name}");
    let add = pb::AuthUserAddRequest {
        name: "root".to_owned(),
        password: "secret".to_owned(),
        ..pb::AuthUserAddRequest::default()
    };
    client
        .unary::<pb::AuthUserAddResponse>(&auth("UserAdd"), &add)
        .await
        .unwrap();
    let role = pb::AuthRoleAddRequest {
        name: "root".to_owned(),
    };
    client
        .unary::<pb::AuthRoleAddResponse>(&auth("RoleAdd"), &role)
        .await
        .unwrap();
    let grant = pb::AuthUserGrantRoleRequest {
        user: "root".to_owned(),
        role: "root".to_owned(),
    };
    client
        .unary::<pb::AuthUserGrantRoleResponse>(&auth("UserGrantRole"), &grant)
        .await
        .unwrap();
    client
        .unary::<pb::AuthEnableResponse>(&auth("AuthEnable"), &pb::AuthEnableRequest {})
        .await
        .unwrap();
    crash(member).await;
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let refused = client.unary::<pb::PutResponse>(PUT, &put("a", "")).await;
    assert_eq!(
        refused.unwrap_err().1,
        "etcdserver: user name is empty",
        "the store of users is as it was"
    );
    let login = pb::AuthenticateRequest {
        name: "root".to_owned(),
        password: "secret".to_owned(),
    };
    let login: pb::AuthenticateResponse =
        client.unary(&auth("Authenticate"), &login).await.unwrap();
    let with_token = request(PUT).header("token", login.token);
    let done = client.call(with_token, framed(&put("a", ""))).await;
    assert_eq!(done.code, "0");
    member.stop().await;
}

#[tokio::test]
async fn issue_15271_and_19179_a_watch_from_the_compacted_revision_on_misses_nothing() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    write(&client, "a", "1").await;
    write(&client, "a", "2").await;
    delete(&client, "a").await;
    compact(&client, 4).await;
    write(&client, "a", "3").await;
    let mut watch = Watch::open(&client, &[from("a", 4)]).await;
    let events = watch.events(2).await;
    let seen: Vec<_> = events
        .iter()
        .map(|event| (event.r#type, event.kv.as_ref().unwrap().mod_revision))
        .collect();
    assert_eq!(seen, [(1, 4), (0, 5)], "the end of its first life is told");
    member.stop().await;
}

#[tokio::test]
async fn issue_18089_a_watch_that_comes_too_late_for_a_compaction_is_told_so() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    for number in 0..10 {
        write(&client, "a", &number.to_string()).await;
    }
    compact(&client, 8).await;
    let mut watch = Watch::open(&client, &[from("a", 7)]).await;
    assert!(watch.next().await.created);
    let end = watch.next().await;
    assert!(
        end.canceled && end.compact_revision == 8 && end.events.is_empty(),
        "{end:?}"
    );
    member.stop().await;
}

#[tokio::test]
async fn issue_15220_progress_never_comes_before_the_events_it_speaks_of() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    for number in 0..200 {
        write(&client, "a", &number.to_string()).await;
    }
    let mut watch = Watch::open(&client, &[from("a", 2)]).await;
    let writer = tokio::spawn({
        let client = client.clone();
        async move {
            for number in 0..300 {
                write(&client, "a", &number.to_string()).await;
            }
        }
    });
    let (mut last, mut notices) = (1, 0);
    while last < 501 || notices == 0 {
        watch.ask_progress().await;
        let said = watch.next().await;
        if said.events.is_empty() && !said.created {
            let revision = said.header.unwrap().revision;
            assert_eq!(revision, last, "all before it was told");
            notices += 1;
        }
        for event in said.events {
            let revision = event.kv.unwrap().mod_revision;
            assert_eq!(revision, last + 1);
            last = revision;
        }
    }
    writer.await.unwrap();
    member.stop().await;
}

#[tokio::test]
async fn issue_17780_revisions_do_not_go_back_when_all_of_them_were_compacted() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    write(&client, "a", "1").await;
    delete(&client, "a").await;
    write(&client, "b", "1").await;
    delete(&client, "b").await;
    compact(&client, 5).await;
    crash(member).await;
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    assert_eq!(write(&client, "c", "1").await, 6);
    member.stop().await;
}

#[tokio::test]
async fn issue_18667_a_transaction_does_not_read_what_was_compacted() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    for number in 0..5 {
        write(&client, "a", &number.to_string()).await;
    }
    compact(&client, 4).await;
    let txn = pb::TxnRequest {
        success: vec![
            operation(Request::RequestPut(put("b", "1"))),
            operation(Request::RequestRange(pb::RangeRequest {
                revision: 3,
                ..range("a")
            })),
        ],
        ..pb::TxnRequest::default()
    };
    let refused = client
        .unary::<pb::TxnResponse>("/etcdserverpb.KV/Txn", &txn)
        .await
        .unwrap_err();
    let text = "etcdserver: mvcc: required revision has been compacted";
    assert_eq!(refused, ("11".to_owned(), text.to_owned()));
    let found: pb::RangeResponse = client.unary(RANGE, &range("b")).await.unwrap();
    assert_eq!((found.count, found.header.unwrap().revision), (0, 6));
    member.stop().await;
}

#[tokio::test]
async fn issue_20221_a_watch_on_a_revision_to_come_is_told_from_there_on() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let mut watch = Watch::open(&client, &[from("a", 10)]).await;
    assert!(watch.next().await.created);
    for number in 0..15 {
        write(&client, "a", &number.to_string()).await;
    }
    let events = watch.events(7).await;
    let revisions: Vec<_> = events
        .into_iter()
        .map(|event| event.kv.unwrap().mod_revision)
        .collect();
    assert_eq!(revisions, (10..=16).collect::<Vec<_>>());
    member.stop().await;
}

#[tokio::test]
async fn issue_17529_and_15402_one_watcher_does_not_starve_behind_thousands() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    for number in 0..50 {
        write(&client, "a", &number.to_string()).await;
    }
    let many = vec![from("a", 2); 3000];
    let other = Client::connect(member.address).await;
    // Nobody reads it.
    let _behind = Watch::open(&other, &many).await;
    let mut watch = Watch::open(&client, &[from("a", 2)]).await;
    assert_eq!(watch.events(50).await.len(), 50);
    write(&client, "a", "last").await;
    assert_eq!(watch.events(1).await[0].kv.as_ref().unwrap().value, "last");
    member.stop().await;
}
