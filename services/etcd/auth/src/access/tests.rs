use std::collections::BTreeMap;

use etcd_api::{
    authpb::permission::Type,
    etcdserverpb::{Compare, DeleteRangeRequest, PutRequest, RangeRequest},
};

use super::*;
use crate::test_util::Member;

/// Leases and their keys.
struct Leases(BTreeMap<i64, Vec<&'static [u8]>>);

impl LeaseKeys for Leases {
    fn each_key(
        &self,
        lease: i64,
        visit: &mut dyn FnMut(&[u8]) -> Result<(), AuthError>,
    ) -> Result<(), AuthError> {
        let keys = self.0.get(&lease).into_iter().flatten();
        keys.copied().try_for_each(visit)
    }
}

fn no_leases() -> Leases {
    Leases(BTreeMap::new())
}

/// A member where alice reads [a, c), writes [b, d).
fn member() -> Member {
    let mut member = Member::with_root();
    member.add_user("alice", "x").unwrap();
    member.add_role("r").unwrap();
    member.grant_role("alice", "r").unwrap();
    member.grant("r", Type::Read, "a", "c").unwrap();
    member.grant("r", Type::Write, "b", "d").unwrap();
    member
}

fn alice(member: &Member) -> Who<'static> {
    Who {
        username: "alice",
        revision: member.store.revision(),
    }
}

#[track_caller]
fn refused(answer: Result<(), AuthError>, expected: Error) {
    assert_eq!(answer.unwrap_err(), expected.into());
}

#[test]
fn reading_and_writing_are_apart() {
    let member = member();
    let (store, who) = (&member.store, alice(&member));
    store.check_range(who, b"a", b"c").unwrap();
    store.check_write(who, b"b", b"d").unwrap();
    refused(store.check_range(who, b"a", b"d"), Error::PermissionDenied);
    refused(store.check_write(who, b"a", b""), Error::PermissionDenied);
}

#[test]
fn rights_of_an_older_revision_and_of_nobody_do_not_count() {
    let mut member = member();
    let before = alice(&member);
    member.add_role("other").unwrap();
    let store = &member.store;
    refused(store.check_range(before, b"a", b""), Error::AuthOldRevision);
    let nobody = crate::AuthInfo::nobody();
    refused(store.check_range(nobody.who(), b"a", b""), Error::UserEmpty);
    let gone = Who {
        username: "gone",
        revision: store.revision(),
    };
    refused(store.check_range(gone, b"a", b""), Error::PermissionDenied);
    refused(store.check_unchanged(before), Error::AuthOldRevision);
    store.check_unchanged(alice(&member)).unwrap();
    store.check_unchanged(nobody.who()).unwrap();
}

#[test]
fn root_may_do_everything_and_so_may_all_while_auth_is_disabled() {
    let mut member = member();
    let leases = no_leases();
    let root = member.store.root();
    member.store.check_range(root.who(), b"\0", b"\0").unwrap();
    member
        .store
        .check_put(root.who(), b"z", 0, true, &leases)
        .unwrap();
    member.disable().unwrap();
    let nobody = crate::AuthInfo::nobody();
    let store = &member.store;
    store.check_write(nobody.who(), b"z", b"").unwrap();
    store.check_admin(nobody.who()).unwrap();
    store.check_user(nobody.who()).unwrap();
    store
        .check_txn(nobody.who(), &TxnRequest::default(), &leases)
        .unwrap();
}

#[test]
fn a_change_of_roles_counts_at_once() {
    let mut member = member();
    member.store.check_range(alice(&member), b"a", b"").unwrap();
    member.revoke("r", "a", "c").unwrap();
    refused(
        member.store.check_range(alice(&member), b"a", b""),
        Error::PermissionDenied,
    );
    member.grant("r", Type::Read, "a", "").unwrap();
    member.store.check_range(alice(&member), b"a", b"").unwrap();
    member.revoke_role("alice", "r").unwrap();
    refused(
        member.store.check_range(alice(&member), b"a", b""),
        Error::PermissionDenied,
    );
}

#[test]
fn a_put_needs_the_key_the_old_value_and_all_keys_of_its_lease() {
    let member = member();
    let (store, who) = (&member.store, alice(&member));
    let leases = Leases(BTreeMap::from([
        (1, vec![&b"b1"[..]]),
        (2, vec![&b"b1"[..], b"x"]),
    ]));
    store.check_put(who, b"b", 0, true, &leases).unwrap();
    store.check_put(who, b"c", 0, false, &leases).unwrap();
    refused(
        store.check_put(who, b"c", 0, true, &leases),
        Error::PermissionDenied,
    );
    store.check_put(who, b"b", 1, false, &leases).unwrap();
    refused(
        store.check_put(who, b"b", 2, false, &leases),
        Error::PermissionDenied,
    );
    store.check_put(who, b"b", 3, false, &leases).unwrap();
}

#[test]
fn a_lease_is_revoked_by_who_writes_its_keys_and_listed_by_who_reads_them() {
    let member = member();
    let (store, who) = (&member.store, alice(&member));
    let leases = Leases(BTreeMap::from([(1, vec![&b"a"[..]]), (2, vec![&b"c"[..]])]));
    refused(
        store.check_lease_write(who, 1, &leases),
        Error::PermissionDenied,
    );
    store.check_lease_write(who, 2, &leases).unwrap();
    store.check_lease_read(who, 1, &leases).unwrap();
    refused(
        store.check_lease_read(who, 2, &leases),
        Error::PermissionDenied,
    );
}

fn range(key: &'static [u8]) -> request_op::Request {
    request_op::Request::RequestRange(RangeRequest {
        key: key.into(),
        ..Default::default()
    })
}

fn put(key: &'static [u8]) -> request_op::Request {
    request_op::Request::RequestPut(PutRequest {
        key: key.into(),
        ..Default::default()
    })
}

fn delete(key: &'static [u8], prev_kv: bool) -> request_op::Request {
    request_op::Request::RequestDeleteRange(DeleteRangeRequest {
        key: key.into(),
        prev_kv,
        ..Default::default()
    })
}

fn operations(requests: Vec<request_op::Request>) -> Vec<RequestOp> {
    let wrap = |request| RequestOp {
        request: Some(request),
    };
    requests.into_iter().map(wrap).collect()
}

#[test]
fn a_transaction_needs_all_its_comparisons_and_both_branches() {
    let member = member();
    let (store, who) = (&member.store, alice(&member));
    let leases = no_leases();
    let check = |compare: &[&'static [u8]], success, failure| {
        let compare = compare.iter().map(|key| Compare {
            key: (*key).into(),
            ..Default::default()
        });
        let request = TxnRequest {
            compare: compare.collect(),
            success: operations(success),
            failure: operations(failure),
        };
        store.check_txn(who, &request, &leases)
    };
    check(
        &[b"a"],
        vec![range(b"a"), put(b"c")],
        vec![delete(b"b", true)],
    )
    .unwrap();
    refused(check(&[b"c"], vec![], vec![]), Error::PermissionDenied);
    refused(check(&[], vec![put(b"a")], vec![]), Error::PermissionDenied);
    refused(
        check(&[], vec![], vec![range(b"c")]),
        Error::PermissionDenied,
    );
    check(&[], vec![delete(b"c", false)], vec![]).unwrap();
    refused(
        check(&[], vec![delete(b"c", true)], vec![]),
        Error::PermissionDenied,
    );
    let inner = TxnRequest {
        success: operations(vec![put(b"a")]),
        ..Default::default()
    };
    let nested = request_op::Request::RequestTxn(inner);
    refused(check(&[], vec![nested], vec![]), Error::PermissionDenied);
}

#[test]
fn the_administrator_is_who_has_the_role_root_whatever_his_revision() {
    let mut member = member();
    member.add_user("boss", "x").unwrap();
    member.grant_role("boss", "root").unwrap();
    let store = &member.store;
    let old = |username| Who {
        username,
        revision: 1,
    };
    store.check_admin(old("boss")).unwrap();
    refused(store.check_admin(old("alice")), Error::PermissionDenied);
    refused(store.check_admin(old("gone")), Error::UserNotFound);
    refused(store.check_admin(old("")), Error::UserEmpty);
    refused(store.check_user(old("")), Error::UserEmpty);
    store.check_user(old("alice")).unwrap();
}
