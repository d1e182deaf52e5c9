//! A whole member: front, engine, log and store.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use etcd_api::{
    etcdserverpb as pb,
    v3electionpb::{
        CampaignRequest, CampaignResponse, LeaderRequest, LeaderResponse, ProclaimRequest,
        ProclaimResponse, ResignRequest, ResignResponse,
    },
    v3lockpb::{LockRequest, LockResponse, UnlockRequest, UnlockResponse},
};
use etcd_auth::{AuthConfig, TokenConfig};
use etcd_server::{
    Board, EngineConfig, EngineError, Front, Retention, Traffic,
    boot::{self, BootConfig, Booted},
    metrics::{Detail, Metrics},
};
use kit_http::{Shutdown, listen::Listener};
use pb::{
    compare::{CompareResult, CompareTarget, TargetUnion},
    request_op::Request,
    watch_request::RequestUnion,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::{
    client::{Client, body, framed, get, post, request, send},
    server::config,
};

const PUT: &str = "/etcdserverpb.KV/Put";
const RANGE: &str = "/etcdserverpb.KV/Range";

struct Member {
    address: SocketAddr,
    stop: Shutdown,
    worked: JoinHandle<Result<(), EngineError>>,
}

fn boot_config(folder: &Path) -> BootConfig {
    BootConfig {
        data_folder: folder.to_owned(),
        wal_folder: None,
        cluster_token: "etcd-cluster".to_owned(),
        peer_urls: vec!["http://localhost:2380".to_owned()],
        learners_max: 1,
        backend: etcd_backend::Options {
            size_max: 1 << 30,
            ..etcd_backend::Options::new("")
        },
        wal: etcd_wal::Options::default(),
        raft: etcd_raft::Config::default(),
        auth: AuthConfig {
            tokens: TokenConfig::Simple {
                ttl: Duration::from_secs(300),
            },
            bcrypt_cost: 4,
        },
        has_lease_checkpoints: false,
        persists_lease_checkpoints: false,
        engine: EngineConfig {
            name: "default".to_owned(),
            client_urls: vec!["http://localhost:2379".to_owned()],
            tick: Duration::from_millis(10),
            election_ticks: 10,
            request_bytes_max: 1_572_864,
            txn_ops_max: 128,
            quota_bytes: 0,
            has_client_cert_auth: false,
            snapshot_count: 10_000,
            compaction_batch: 1000,
            is_strict: true,
            retention: Retention::All,
            progress_pause: Duration::from_secs(600),
            compaction_rest: Duration::from_millis(10),
        },
    }
}

impl Member {
    async fn start(folder: &Path) -> Self {
        Self::start_with(boot_config(folder)).await
    }

    async fn start_with(boot: BootConfig) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test binds a port of its own")]
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let board = Arc::new(Board::default());
        let metrics = Metrics::new(Detail::Basic);
        let Booted {
            engine, published, ..
        } = boot::start(boot, board.clone(), metrics.clone()).unwrap();
        let (front, work) = Front::new(config(), board, metrics);
        let stop = Shutdown::new();
        let worked = tokio::spawn(engine.run(work, stop.clone()));
        published.await.unwrap();
        let token = stop.clone();
        tokio::spawn(async move {
            let listeners = vec![Listener::from(listener)];
            front.serve(listeners, None, Traffic::All, token).await
        });
        Self {
            address,
            stop,
            worked,
        }
    }

    async fn stop(self) {
        self.stop.trigger();
        self.worked.await.unwrap().unwrap();
    }
}

fn put(key: &str, value: &str) -> pb::PutRequest {
    pb::PutRequest {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: Bytes::copy_from_slice(value.as_bytes()),
        ..pb::PutRequest::default()
    }
}

fn range(key: &str) -> pb::RangeRequest {
    pb::RangeRequest {
        key: Bytes::copy_from_slice(key.as_bytes()),
        ..pb::RangeRequest::default()
    }
}

fn operation(request: Request) -> pb::RequestOp {
    pb::RequestOp {
        request: Some(request),
    }
}

#[tokio::test]
async fn keys_are_put_read_and_deleted() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let done: pb::PutResponse = client.unary(PUT, &put("a", "1")).await.unwrap();
    let header = done.header.unwrap();
    assert_eq!(header.revision, 2);
    assert!(header.cluster_id != 0 && header.member_id != 0 && header.raft_term >= 2);
    let again = pb::PutRequest {
        prev_kv: true,
        ..put("a", "2")
    };
    let done: pb::PutResponse = client.unary(PUT, &again).await.unwrap();
    assert_eq!(done.prev_kv.unwrap().value, "1");
    let found: pb::RangeResponse = client.unary(RANGE, &range("a")).await.unwrap();
    let kv = &found.kvs[0];
    assert_eq!(
        (
            &kv.value[..],
            kv.version,
            kv.create_revision,
            kv.mod_revision
        ),
        (&b"2"[..], 2, 2, 3)
    );
    let past = pb::RangeRequest {
        revision: 2,
        ..range("a")
    };
    let found: pb::RangeResponse = client.unary(RANGE, &past).await.unwrap();
    assert_eq!(
        (&found.kvs[0].value[..], found.header.unwrap().revision),
        (&b"1"[..], 3)
    );
    let delete = pb::DeleteRangeRequest {
        key: Bytes::from_static(b"a"),
        prev_kv: true,
        ..pb::DeleteRangeRequest::default()
    };
    let gone: pb::DeleteRangeResponse = client
        .unary("/etcdserverpb.KV/DeleteRange", &delete)
        .await
        .unwrap();
    assert_eq!((gone.deleted, &gone.prev_kvs[0].value[..]), (1, &b"2"[..]));
    let future = pb::RangeRequest {
        revision: 99,
        ..range("a")
    };
    let refused = client
        .unary::<pb::RangeResponse>(RANGE, &future)
        .await
        .unwrap_err();
    assert_eq!(
        refused.1,
        "etcdserver: mvcc: required revision is a future revision"
    );
    let keyless = client
        .unary::<pb::PutResponse>(PUT, &put("", ""))
        .await
        .unwrap_err();
    assert_eq!(
        keyless,
        ("3".to_owned(), "etcdserver: key is not provided".to_owned())
    );
    member.stop().await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    for key in 0..50 {
        client
            .unary::<pb::PutResponse>(PUT, &put(&key.to_string(), "value"))
            .await
            .unwrap();
    }
    member.stop().await;
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let all = pb::RangeRequest {
        range_end: Bytes::from_static(b"\0"),
        ..range("\0")
    };
    let found: pb::RangeResponse = client.unary(RANGE, &all).await.unwrap();
    assert_eq!((found.count, found.header.unwrap().revision), (50, 51));
    let done: pb::PutResponse = client.unary(PUT, &put("more", "")).await.unwrap();
    assert_eq!(done.header.unwrap().revision, 52);
    member.stop().await;
}

#[tokio::test]
async fn a_transaction_happens_whole_or_not_at_all() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let create = |key: &'static str| pb::Compare {
        result: CompareResult::Equal.into(),
        target: CompareTarget::Create.into(),
        key: Bytes::from_static(key.as_bytes()),
        target_union: Some(TargetUnion::CreateRevision(0)),
        ..pb::Compare::default()
    };
    let txn = pb::TxnRequest {
        compare: vec![create("a")],
        success: vec![
            operation(Request::RequestPut(put("a", "1"))),
            operation(Request::RequestRange(range("a"))),
        ],
        failure: vec![operation(Request::RequestRange(range("a")))],
    };
    let path = "/etcdserverpb.KV/Txn";
    let done: pb::TxnResponse = client.unary(path, &txn).await.unwrap();
    assert!(done.succeeded);
    assert_eq!(done.header.unwrap().revision, 2);
    let Some(pb::response_op::Response::ResponseRange(seen)) = &done.responses[1].response else {
        panic!("a range answers a range: {done:?}");
    };
    assert_eq!(
        (&seen.kvs[0].value[..], seen.header.unwrap().revision),
        (&b"1"[..], 2)
    );
    let done: pb::TxnResponse = client.unary(path, &txn).await.unwrap();
    assert!(!done.succeeded);
    assert_eq!(done.header.unwrap().revision, 2);
    let leased = pb::PutRequest {
        lease: 77,
        ..put("c", "")
    };
    let broken = pb::TxnRequest {
        success: vec![
            operation(Request::RequestPut(put("b", ""))),
            operation(Request::RequestPut(leased)),
        ],
        ..pb::TxnRequest::default()
    };
    let refused = client
        .unary::<pb::TxnResponse>(path, &broken)
        .await
        .unwrap_err();
    assert_eq!(refused.1, "etcdserver: requested lease not found");
    let found: pb::RangeResponse = client.unary(RANGE, &range("b")).await.unwrap();
    assert_eq!((found.count, found.header.unwrap().revision), (0, 2));
    member.stop().await;
}

#[tokio::test]
async fn a_lease_takes_its_keys_with_it() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let grant = pb::LeaseGrantRequest { ttl: 60, id: 0 };
    let granted: pb::LeaseGrantResponse = client
        .unary("/etcdserverpb.Lease/LeaseGrant", &grant)
        .await
        .unwrap();
    assert!(granted.id > 0 && granted.ttl == 60);
    let leased = pb::PutRequest {
        lease: granted.id,
        ..put("k", "v")
    };
    client.unary::<pb::PutResponse>(PUT, &leased).await.unwrap();
    let look = pb::LeaseTimeToLiveRequest {
        id: granted.id,
        keys: true,
    };
    let left: pb::LeaseTimeToLiveResponse = client
        .unary("/etcdserverpb.Lease/LeaseTimeToLive", &look)
        .await
        .unwrap();
    assert_eq!((left.granted_ttl, &left.keys[0][..]), (60, &b"k"[..]));
    let (response, mut stream) = client
        .open(request("/etcdserverpb.Lease/LeaseKeepAlive"))
        .await;
    for id in [granted.id, 5] {
        send(
            &mut stream,
            framed(&pb::LeaseKeepAliveRequest { id }),
            id == 5,
        )
        .await;
    }
    let kept = crate::client::outcome(response.await.unwrap()).await;
    let renewed: Vec<_> = messages::<pb::LeaseKeepAliveResponse>(kept.data)
        .iter()
        .map(|it| it.ttl)
        .collect();
    assert_eq!(renewed, [60, 0]);
    let revoke = pb::LeaseRevokeRequest { id: granted.id };
    client
        .unary::<pb::LeaseRevokeResponse>("/etcdserverpb.Lease/LeaseRevoke", &revoke)
        .await
        .unwrap();
    let found: pb::RangeResponse = client.unary(RANGE, &range("k")).await.unwrap();
    assert_eq!(found.count, 0);
    member.stop().await;
}

fn messages<M: prost::Message + Default>(mut data: Bytes) -> Vec<M> {
    let mut all = Vec::new();
    while !data.is_empty() {
        let length = u32::from_be_bytes(data[1..5].try_into().unwrap()) as usize;
        all.push(M::decode(data.split_to(5 + length).slice(5..)).unwrap());
    }
    all
}

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
async fn a_lock_is_held_by_one_at_a_time() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let path = "/v3lockpb.Lock/Lock";
    let lock = LockRequest {
        name: Bytes::from_static(b"door"),
        lease: 0,
    };
    let first: LockResponse = client.unary(path, &lock).await.unwrap();
    assert!(first.key.starts_with(b"door/"));
    let (other, second) = (client.clone(), lock.clone());
    let waiting = tokio::spawn(async move { other.unary::<LockResponse>(path, &second).await });
    let both = pb::RangeRequest {
        range_end: Bytes::from_static(b"door0"),
        count_only: true,
        ..range("door/")
    };
    while client
        .unary::<pb::RangeResponse>(RANGE, &both)
        .await
        .unwrap()
        .count
        < 2
    {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished());
    let unlock = UnlockRequest {
        key: first.key.clone(),
    };
    client
        .unary::<UnlockResponse>("/v3lockpb.Lock/Unlock", &unlock)
        .await
        .unwrap();
    let second = waiting.await.unwrap().unwrap();
    assert!(second.key.starts_with(b"door/") && second.key != first.key);
    member.stop().await;
}

#[tokio::test]
async fn an_election_has_a_leader_who_says_something() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    let election = |name: &str| format!("/v3electionpb.Election/{name}");
    let name = Bytes::from_static(b"chair");
    let ask = LeaderRequest { name: name.clone() };
    let nobody = client
        .unary::<LeaderResponse>(&election("Leader"), &ask)
        .await
        .unwrap_err();
    assert_eq!(nobody, ("2".to_owned(), "election: no leader".to_owned()));
    let campaign = CampaignRequest {
        name,
        lease: 0,
        value: Bytes::from_static(b"first"),
    };
    let won: CampaignResponse = client
        .unary(&election("Campaign"), &campaign)
        .await
        .unwrap();
    let leader: LeaderResponse = client.unary(&election("Leader"), &ask).await.unwrap();
    assert_eq!(leader.kv.unwrap().value, "first");
    let proclaim = ProclaimRequest {
        leader: won.leader.clone(),
        value: Bytes::from_static(b"second"),
    };
    client
        .unary::<ProclaimResponse>(&election("Proclaim"), &proclaim)
        .await
        .unwrap();
    let leader: LeaderResponse = client.unary(&election("Leader"), &ask).await.unwrap();
    assert_eq!(leader.kv.unwrap().value, "second");
    let resign = ResignRequest { leader: won.leader };
    client
        .unary::<ResignResponse>(&election("Resign"), &resign)
        .await
        .unwrap();
    let refused = client
        .unary::<ProclaimResponse>(&election("Proclaim"), &proclaim)
        .await
        .unwrap_err();
    assert_eq!(refused.1, "election: not leader");
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

#[tokio::test]
async fn users_are_let_in_by_their_rights() {
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
    let refused = client
        .unary::<pb::PutResponse>(PUT, &put("a", ""))
        .await
        .unwrap_err();
    assert_eq!(refused.1, "etcdserver: user name is empty");
    let wrong = pb::AuthenticateRequest {
        name: "root".to_owned(),
        password: "wrong".to_owned(),
    };
    let refused = client
        .unary::<pb::AuthenticateResponse>(&auth("Authenticate"), &wrong)
        .await
        .unwrap_err();
    assert_eq!(
        refused.1,
        "etcdserver: authentication failed, invalid user ID or password"
    );
    let right = pb::AuthenticateRequest {
        password: "secret".to_owned(),
        ..wrong
    };
    let login: pb::AuthenticateResponse =
        client.unary(&auth("Authenticate"), &right).await.unwrap();
    let with_token = request(PUT).header("token", login.token);
    assert_eq!(
        client.call(with_token, framed(&put("a", ""))).await.code,
        "0"
    );
    let health = get(member.address, "/health").await;
    assert_eq!(body(&health), r#"{"health":"true","reason":""}"#);
    member.stop().await;
}

#[tokio::test]
async fn a_full_store_raises_the_alarm_and_takes_no_more() {
    let folder = TempDir::new().unwrap();
    let mut config = boot_config(folder.path());
    config.engine.quota_bytes = 1;
    let member = Member::start_with(config).await;
    let client = Client::connect(member.address).await;
    let refused = client
        .unary::<pb::PutResponse>(PUT, &put("a", ""))
        .await
        .unwrap_err();
    assert_eq!(
        refused,
        (
            "8".to_owned(),
            "etcdserver: mvcc: database space exceeded".to_owned()
        )
    );
    let list = pb::AlarmRequest::default();
    let alarms: pb::AlarmResponse = client
        .unary("/etcdserverpb.Maintenance/Alarm", &list)
        .await
        .unwrap();
    assert_eq!(alarms.alarms[0].alarm, i32::from(pb::AlarmType::Nospace));
    let health = get(member.address, "/health").await;
    assert_eq!(
        body(&health),
        "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}\n"
    );
    client
        .unary::<pb::RangeResponse>(RANGE, &range("a"))
        .await
        .unwrap();
    member.stop().await;
}

#[tokio::test]
async fn a_member_tells_how_it_is() {
    let folder = TempDir::new().unwrap();
    let member = Member::start(folder.path()).await;
    let client = Client::connect(member.address).await;
    client
        .unary::<pb::PutResponse>(PUT, &put("a", "b"))
        .await
        .unwrap();
    let status: pb::StatusResponse = client
        .unary("/etcdserverpb.Maintenance/Status", &pb::StatusRequest {})
        .await
        .unwrap();
    assert_eq!(
        (&*status.version, &*status.storage_version),
        ("3.7.3", "3.7.0")
    );
    assert_eq!(status.leader, status.header.unwrap().member_id);
    assert_eq!((status.db_size_quota, status.errors.len()), (2 << 30, 0));
    let list = pb::MemberListRequest { linearizable: true };
    let members: pb::MemberListResponse = client
        .unary("/etcdserverpb.Cluster/MemberList", &list)
        .await
        .unwrap();
    assert_eq!(
        (&*members.members[0].name, members.header.unwrap().revision),
        ("default", 0)
    );
    let version = get(member.address, "/version").await;
    assert_eq!(
        body(&version),
        r#"{"etcdserver":"3.7.3","etcdcluster":"3.7.0","storage":"3.7.0"}"#
    );
    let hash: pb::HashKvResponse = client
        .unary(
            "/etcdserverpb.Maintenance/HashKV",
            &pb::HashKvRequest { revision: 0 },
        )
        .await
        .unwrap();
    assert_eq!((hash.hash_revision, hash.compact_revision), (2, -1));
    client
        .unary::<pb::PutResponse>(PUT, &put("a", "c"))
        .await
        .unwrap();
    let compact = pb::CompactionRequest {
        revision: 3,
        physical: true,
    };
    client
        .unary::<pb::CompactionResponse>("/etcdserverpb.KV/Compact", &compact)
        .await
        .unwrap();
    let past = pb::RangeRequest {
        revision: 2,
        ..range("a")
    };
    let refused = client
        .unary::<pb::RangeResponse>(RANGE, &past)
        .await
        .unwrap_err();
    assert_eq!(
        refused.1,
        "etcdserver: mvcc: required revision has been compacted"
    );
    let put = post(
        member.address,
        "/v3/kv/put",
        r#"{"key":"YQ==","value":"Yg=="}"#,
    )
    .await;
    assert!(put.starts_with("HTTP/1.1 200 OK"), "{put}");
    member.stop().await;
}
