use std::time::Duration;

use etcd_api::{membershippb, raftpb::ConfChangeType};
use etcd_backend::{Backend, Options};

use super::*;

fn member(id: u64, name: &str) -> Member {
    Member {
        id,
        peer_urls: vec![format!("http://127.0.0.1:{}", 2380 + id)],
        name: name.to_owned(),
        ..Member::default()
    }
}

fn learner(id: u64) -> Member {
    Member {
        is_learner: true,
        ..member(id, "")
    }
}

/// A cluster whose first member is this one.
fn cluster(members: Vec<Member>) -> Cluster {
    Cluster::new(7, 1, 1, members)
}

fn attributes(id: u64, name: &str) -> ClusterMemberAttrSetRequest {
    ClusterMemberAttrSetRequest {
        member_id: id,
        member_attributes: Some(membershippb::Attributes {
            name: name.to_owned(),
            client_urls: vec!["http://a:1".to_owned()],
        }),
    }
}

#[test]
fn ids_are_those_upstream_comes_to() {
    // etcd with its defaults: member 8e9e05c52164694d of cluster cdf818194e3a8c32.
    let urls = ["http://localhost:2380".to_owned()];
    let id = bootstrap_id(&urls, "etcd-cluster");
    assert_eq!(format!("{id:x}"), "8e9e05c52164694d");
    assert_eq!(format!("{:x}", cluster_id([id])), "cdf818194e3a8c32");
}

#[test]
fn an_id_depends_on_the_set_of_urls_and_on_the_time() {
    let urls = |urls: &[&str]| urls.iter().map(|url| (*url).to_owned()).collect::<Vec<_>>();
    let id = added_id(&urls(&["http://b:1", "http://a:1"]), 5);
    assert_eq!(id, added_id(&urls(&["http://a:1", "http://b:1"]), 5));
    assert_ne!(id, added_id(&urls(&["http://a:1", "http://b:1"]), 6));
    assert_ne!(cluster_id([1, 2]), cluster_id([1, 3]));
    assert_eq!(cluster_id([1, 2]), cluster_id([2, 1]));
}

#[test]
fn urls_of_a_request_are_checked_and_sorted() {
    let urls = |urls: &[&str]| {
        let urls: Vec<String> = urls.iter().map(|url| (*url).to_owned()).collect();
        parse_urls(&urls)
    };
    assert_eq!(
        urls(&["http://b:1", "HTTP://a:1"]).unwrap(),
        ["http://a:1", "http://b:1"]
    );
    for wrong in [&[][..], &["localhost:1"], &["http://a"]] {
        assert_eq!(urls(wrong), Err(Error::MemberBadUrls));
    }
}

#[test]
fn a_member_is_written_as_go_writes_it() {
    let written = Member {
        id: 9_372_538_179_322_589_801,
        peer_urls: vec!["http://a:1?x=<&>".to_owned()],
        is_learner: true,
        name: "n".to_owned(),
        client_urls: vec!["http://b:1".to_owned()],
    };
    assert_eq!(
        written.to_json(),
        r#"{"id":9372538179322589801,"peerURLs":["http://a:1?x=\u003c\u0026\u003e"],"isLearner":true,"name":"n","clientURLs":["http://b:1"]}"#
    );
    assert_eq!(Member::default().to_json(), r#"{"id":0,"peerURLs":[]}"#);
}

#[test]
fn changes_are_proposed_as_upstream_proposes_them_and_read_again() {
    let added = Member {
        name: String::new(),
        ..member(2, "")
    };
    let table = [
        (
            Change::Add(added),
            ConfChangeType::ConfChangeAddNode,
            r#"{"id":2,"peerURLs":["http://127.0.0.1:2382"]}"#,
        ),
        (
            Change::Add(learner(3)),
            ConfChangeType::ConfChangeAddLearnerNode,
            r#"{"id":3,"peerURLs":["http://127.0.0.1:2383"],"isLearner":true}"#,
        ),
        (
            Change::Promote(3),
            ConfChangeType::ConfChangeAddNode,
            r#"{"id":3,"peerURLs":null,"isPromote":true}"#,
        ),
        (
            Change::Update {
                id: 2,
                peer_urls: vec!["http://x:1".to_owned()],
            },
            ConfChangeType::ConfChangeUpdateNode,
            r#"{"id":2,"peerURLs":["http://x:1"]}"#,
        ),
        (Change::Remove(2), ConfChangeType::ConfChangeRemoveNode, ""),
    ];
    for (change, kind, context) in table {
        let entry = change.to_entry(77);
        assert_eq!(entry.id(), 77);
        assert_eq!(entry.node_id(), change.member_id());
        assert_eq!(entry.r#type(), kind);
        assert_eq!(entry.context(), context.as_bytes());
        assert_eq!(Change::of(&entry).unwrap(), change);
    }
}

#[test]
fn a_change_that_cannot_be_followed_is_no_answer_to_anybody() {
    let mut entry = Change::Add(member(2, "")).to_entry(1);
    entry.node_id = Some(3);
    let error = Change::of(&entry).unwrap_err();
    assert!(
        error.to_string().starts_with("got different member ID"),
        "{error}"
    );
    entry.context = Some("{".into());
    assert!(matches!(Change::of(&entry), Err(ChangeError::Context(_))));
    entry.r#type = Some(9);
    assert!(matches!(Change::of(&entry), Err(ChangeError::Type(9))));
}

#[test]
fn a_change_is_checked_against_the_members_there_are() {
    let mut cluster = cluster(vec![member(1, "a"), member(2, "b"), learner(3)]);
    cluster.apply(Change::Remove(2), &mut Batch::new());
    let update = |id, url: &str| Change::Update {
        id,
        peer_urls: vec![url.to_owned()],
    };
    let add = |id, url: &str| {
        Change::Add(Member {
            peer_urls: vec![url.to_owned()],
            ..member(id, "")
        })
    };
    let table = [
        (add(4, "http://new:1"), Ok(())),
        (add(1, "http://new:1"), Err(Error::MemberExists)),
        (add(2, "http://new:1"), Err(Error::MemberNotFound)),
        (add(4, "http://127.0.0.1:2381"), Err(Error::PeerUrlExists)),
        // Its URLs are free again.
        (add(4, "http://127.0.0.1:2382"), Ok(())),
        (Change::Add(learner(4)), Err(Error::TooManyLearners)),
        (Change::Promote(3), Ok(())),
        (Change::Promote(1), Err(Error::MemberNotLearner)),
        (Change::Promote(9), Err(Error::MemberNotFound)),
        (Change::Remove(1), Ok(())),
        (Change::Remove(2), Err(Error::MemberNotFound)),
        (Change::Remove(9), Err(Error::MemberNotFound)),
        (update(1, "http://new:1"), Ok(())),
        (update(1, "http://127.0.0.1:2381"), Ok(())),
        (
            update(1, "http://127.0.0.1:2383"),
            Err(Error::PeerUrlExists),
        ),
        (update(9, "http://new:1"), Err(Error::MemberNotFound)),
    ];
    for (change, expected) in table {
        assert_eq!(cluster.check(&change), expected, "{change:?}");
    }
}

fn backend() -> (tempfile::TempDir, Backend) {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::open(&Options::new(folder.path())).unwrap();
    (folder, backend)
}

#[test]
fn what_is_stored_is_found_again_and_has_upstreams_form() {
    let (_folder, backend) = backend();
    let mut batch = Batch::new();
    let mut cluster = cluster(vec![]);
    cluster.apply(Change::Add(member(255, "")), &mut batch);
    cluster.apply(Change::Add(learner(3)), &mut batch);
    cluster.apply(Change::Promote(3), &mut batch);
    cluster.apply(Change::Add(member(4, "")), &mut batch);
    cluster.apply(Change::Remove(4), &mut batch);
    cluster
        .set_attributes(&attributes(255, "x"), &mut batch)
        .unwrap();
    cluster.set_version("3.6.0", &mut batch).unwrap();
    let downgrade = Downgrade {
        target: Some(Version::new(3, 5, 0)),
    };
    cluster.set_downgrade(downgrade, &mut batch);
    backend.write(batch);

    let view = backend.view().unwrap();
    let stored = |bucket, key: &str| {
        let value = view.get(bucket, key.as_bytes()).unwrap().unwrap();
        String::from_utf8(value.to_vec()).unwrap()
    };
    assert_eq!(
        stored(Bucket::Members, "ff"),
        r#"{"id":255,"peerURLs":["http://127.0.0.1:2635"],"name":"x","clientURLs":["http://a:1"]}"#
    );
    assert_eq!(stored(Bucket::MembersRemoved, "4"), "removed");
    assert_eq!(stored(Bucket::Cluster, "clusterVersion"), "3.6.0");
    assert_eq!(
        stored(Bucket::Cluster, "downgrade"),
        r#"{"target-version":"3.5.0","enabled":true}"#
    );
    let found = Cluster::load(&view, 7, 255, 1).unwrap();
    assert_eq!(found.members, cluster.members);
    assert_eq!(found.removed, cluster.removed);
    assert_eq!(found.version(), Some(Version::new(3, 6, 0)));
    assert_eq!(found.downgrade(), cluster.downgrade());
    assert_eq!(found.to_wire().len(), 2);
    assert!(!found.is_local_learner());
    assert!(found.is_removed(4));
}

#[test]
fn a_damaged_member_is_refused() {
    let refuse = |bucket, key: &'static str, value: &'static str| {
        let (_folder, backend) = backend();
        let mut batch = Batch::new();
        batch.put(bucket, key, value);
        backend.write(batch);
        let view = backend.view().unwrap();
        Cluster::load(&view, 7, 1, 1).unwrap_err().to_string()
    };
    assert_eq!(
        refuse(Bucket::Members, "ff", "{"),
        "couldn't read member ff from backend"
    );
    assert_eq!(
        refuse(Bucket::Members, "x", "{}"),
        "failed to parse member id \"x\" from key"
    );
    assert_eq!(
        refuse(Bucket::Cluster, "clusterVersion", "3"),
        "the stored cluster version \"3\" is not a version"
    );
    assert!(refuse(Bucket::Cluster, "clusterVersion", "3.8.0").contains("is lower than"));
    assert!(refuse(Bucket::Cluster, "downgrade", "{").contains("downgrade information"));
}

#[test]
fn attributes_of_a_removed_member_are_passed_over_and_of_an_unknown_one_are_fatal() {
    let mut cluster = cluster(vec![member(1, "a"), member(2, "b")]);
    cluster.apply(Change::Remove(2), &mut Batch::new());
    let mut batch = Batch::new();
    cluster
        .set_attributes(&attributes(2, "x"), &mut batch)
        .unwrap();
    assert!(batch.is_empty());
    let error = cluster
        .set_attributes(&attributes(9, "x"), &mut batch)
        .unwrap_err();
    assert!(matches!(error, ChangeError::UnknownMember(9)));
}

const LONG: Option<Duration> = Some(Duration::from_secs(6));
const SHORT: Option<Duration> = Some(Duration::from_secs(5));

#[test]
fn one_member_may_become_two() {
    let alone = cluster(vec![member(1, "a")]);
    assert_eq!(alone.may_add(false, &|_| None), Ok(()));
    assert_eq!(alone.may_add(true, &|_| None), Ok(()));
    // And not none.
    let refused = alone.may_remove(1, &|_| None);
    assert_eq!(refused, Err(Error::MemberNotEnoughStarted));
    assert_eq!(
        alone.may_remove(9, &|_| None),
        Ok(()),
        "raft's answer is the last word"
    );
}

#[test]
fn a_voter_is_added_while_enough_have_started_and_are_connected() {
    let unstarted = cluster(vec![member(1, "a"), member(2, "")]);
    let refused = Err(Error::MemberNotEnoughStarted);
    assert_eq!(unstarted.may_add(false, &|_| LONG), refused);
    assert_eq!(
        unstarted.may_add(true, &|_| LONG),
        Ok(()),
        "a learner has no vote"
    );
    let three = cluster(vec![member(1, "a"), member(2, "b"), member(3, "c")]);
    assert_eq!(three.may_add(false, &|_| LONG), Ok(()));
    assert_eq!(three.may_add(false, &|_| SHORT), Err(Error::Unhealthy));
    assert_eq!(three.may_add(true, &|_| None), Err(Error::Unhealthy));
    let without_one = |id| if id == 2 { None } else { LONG };
    assert_eq!(three.may_add(false, &without_one), Err(Error::Unhealthy));
}

#[test]
fn a_voter_is_removed_while_the_rest_can_go_on() {
    let three = cluster(vec![
        member(1, "a"),
        member(2, "b"),
        member(3, "c"),
        learner(4),
    ]);
    assert_eq!(three.may_remove(2, &|_| LONG), Ok(()));
    let without = |down: u64| move |id| if id == down { None } else { LONG };
    assert_eq!(three.may_remove(2, &without(2)), Ok(()), "it is down");
    assert_eq!(three.may_remove(2, &without(3)), Err(Error::Unhealthy));
    assert_eq!(
        three.may_remove(4, &|_| None),
        Ok(()),
        "a learner has no vote"
    );
    let unstarted = cluster(vec![member(1, "a"), member(2, "b"), member(3, "")]);
    let refused = Err(Error::MemberNotEnoughStarted);
    assert_eq!(unstarted.may_remove(2, &|_| LONG), refused);
}

#[test]
fn a_learner_is_promoted_while_enough_have_started() {
    let one = cluster(vec![member(1, "a"), learner(2)]);
    assert_eq!(one.may_promote(), Ok(()));
    let unstarted = cluster(vec![member(1, ""), member(2, ""), learner(3)]);
    assert_eq!(unstarted.may_promote(), Err(Error::MemberNotEnoughStarted));
}

#[test]
fn versions_are_read_as_upstream_reads_them() {
    for (text, expected) in [
        ("3.7.0", Some(Version::new(3, 7, 0))),
        ("3.7.0-rc.1+git", Some(Version::new(3, 7, 0))),
        ("3.7", None),
        ("3.7.0.1", None),
        ("3.-7.0", None),
        ("3.7.0-", None),
        ("v3.7.0", None),
        ("3.7.9223372036854775808", None),
        ("", None),
    ] {
        assert_eq!(text.parse::<Version>().ok(), expected, "{text:?}");
    }
    assert_eq!(Version::parse_target("3.6"), Some(Version::new(3, 6, 0)));
    assert_eq!(Version::parse_target("3.6.5"), Some(Version::new(3, 6, 0)));
    assert_eq!(Version::parse_target("3"), None);
}

#[test]
fn a_cluster_speaks_what_the_lowest_member_speaks() {
    let mut cluster = cluster(vec![member(1, "a")]);
    let v = |minor, patch| Some(Version::new(3, minor, patch));
    assert_eq!(cluster.next_version(None), Ok(v(0, 0)));
    assert_eq!(cluster.next_version(v(7, 3)), Ok(v(7, 0)));
    cluster.set_version("3.6.0", &mut Batch::new()).unwrap();
    assert_eq!(cluster.next_version(None), Ok(None));
    assert_eq!(cluster.next_version(v(6, 9)), Ok(None));
    assert_eq!(cluster.next_version(v(7, 3)), Ok(v(7, 0)));
    assert_eq!(cluster.next_version(v(5, 0)), Ok(None));
    let refused = cluster.set_version("3.8.0", &mut Batch::new());
    assert!(matches!(refused, Err(ChangeError::TooOld(_))));
    let refused = cluster.set_version("x", &mut Batch::new());
    assert!(matches!(refused, Err(ChangeError::Version(_))));
}

#[test]
fn a_downgrade_leads_one_minor_below() {
    let mut cluster = cluster(vec![member(1, "a")]);
    let v = |minor| Version::new(3, minor, 0);
    let refused = cluster.check_downgrade("x");
    assert_eq!(refused, Err(Error::WrongDowngradeVersionFormat));
    assert_eq!(
        cluster.check_downgrade("3.6"),
        Err(Error::ClusterVersionUnavailable)
    );
    cluster.set_version("3.7.0", &mut Batch::new()).unwrap();
    assert_eq!(cluster.check_downgrade("3.6"), Ok((v(6), v(7))));
    assert_eq!(cluster.check_downgrade("3.6.9"), Ok((v(6), v(7))));
    for other in ["3.5", "3.7", "3.8", "2.6"] {
        let refused = cluster.check_downgrade(other);
        assert_eq!(
            refused,
            Err(Error::InvalidDowngradeTargetVersion),
            "{other}"
        );
    }
    let downgrade = Downgrade { target: Some(v(6)) };
    cluster.set_downgrade(downgrade, &mut Batch::new());
    assert_eq!(
        cluster.check_downgrade("3.6"),
        Err(Error::DowngradeInProcess)
    );
    assert_eq!(
        cluster.next_version(Some(Version::new(3, 7, 3))),
        Ok(Some(v(6)))
    );
    cluster.set_version("3.6.0", &mut Batch::new()).unwrap();
    assert_eq!(
        cluster.next_version(Some(Version::new(3, 7, 3))),
        Ok(None),
        "there already"
    );
    cluster.set_downgrade(Downgrade::default(), &mut Batch::new());
    assert_eq!(cluster.check_downgrade("3.5"), Ok((v(5), v(6))));
}
