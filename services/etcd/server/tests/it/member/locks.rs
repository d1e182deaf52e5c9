//! Leases, and what stands on them: locks and elections.

use super::*;

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
