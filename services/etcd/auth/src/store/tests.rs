use std::time::{Duration, Instant};

use etcd_api::{authpb::permission::Type, etcdserverpb as pb};
use etcd_backend::{Backend, Options};

use super::*;
use crate::{
    Credentials, Entry, Identified, Issued, Now, Request, Response, Who,
    test_util::{Member, TTL},
};

#[test]
fn a_new_store_is_disabled_and_at_revision_one() {
    let member = Member::new();
    assert!(!member.store.is_enabled());
    assert_eq!(member.store.revision(), 1);
    assert_eq!(member.restarted().store.revision(), 1);
}

#[test]
fn enabling_needs_a_root_user_with_the_root_role() {
    let mut member = Member::new();
    assert_eq!(member.enable().unwrap_err(), Error::RootUserNotExist.into());
    member.add_user("root", "secret").unwrap();
    assert_eq!(member.enable().unwrap_err(), Error::RootRoleNotExist.into());
    // The role root can be granted without ever being added.
    member.grant_role("root", "root").unwrap();
    member.enable().unwrap();
    assert!(member.store.is_enabled());
}

#[test]
fn every_change_counts_one_and_enabling_none() {
    let mut member = Member::new();
    member.add_user("root", "secret").unwrap();
    member.grant_role("root", "root").unwrap();
    assert_eq!(member.store.revision(), 3);
    member.grant_role("root", "root").unwrap();
    assert_eq!(
        member.store.revision(),
        3,
        "a role granted again changes nothing"
    );
    member.enable().unwrap();
    member.enable().unwrap();
    assert_eq!(member.store.revision(), 3);
    member.disable().unwrap();
    assert_eq!(member.store.revision(), 4);
    member.disable().unwrap();
    assert_eq!(member.store.revision(), 4, "there was nothing to disable");
}

#[test]
fn what_is_refused_changes_nothing_and_has_its_text() {
    let mut member = Member::with_root();
    member.add_role("r").unwrap();
    let before = member.store.revision();
    let refusals = [
        (
            member.add_user("", "x").unwrap_err(),
            "etcdserver: user name is empty",
        ),
        (
            member.add_user("root", "x").unwrap_err(),
            "etcdserver: user name already exists",
        ),
        (
            member.delete_user("nobody").unwrap_err(),
            "etcdserver: user name not found",
        ),
        (
            member.delete_user("root").unwrap_err(),
            "etcdserver: invalid auth management",
        ),
        (
            member.grant_role("nobody", "r").unwrap_err(),
            "etcdserver: user name not found",
        ),
        (
            member.grant_role("root", "x").unwrap_err(),
            "etcdserver: role name not found",
        ),
        (
            member.revoke_role("root", "root").unwrap_err(),
            "etcdserver: invalid auth management",
        ),
        (
            member.revoke_role("root", "r").unwrap_err(),
            "etcdserver: role is not granted to the user",
        ),
        (
            member.add_role("").unwrap_err(),
            "etcdserver: role name is empty",
        ),
        (
            member.add_role("r").unwrap_err(),
            "etcdserver: role name already exists",
        ),
        (
            member.delete_role("x").unwrap_err(),
            "etcdserver: role name not found",
        ),
        (
            member.delete_role("root").unwrap_err(),
            "etcdserver: invalid auth management",
        ),
        (
            member.grant("x", Type::Read, "a", "").unwrap_err(),
            "etcdserver: role name not found",
        ),
        (
            member.grant("r", Type::Read, "", "").unwrap_err(),
            "etcdserver: invalid auth management",
        ),
        (
            member.grant("r", Type::Read, "b", "a").unwrap_err(),
            "etcdserver: invalid auth management",
        ),
        (
            member.revoke("r", "a", "").unwrap_err(),
            "etcdserver: permission is not granted to the role",
        ),
    ];
    for (refusal, text) in refusals {
        assert_eq!(refusal.to_string(), text);
    }
    assert_eq!(member.store.revision(), before);
}

#[test]
fn a_permission_that_is_not_given_is_said_before_the_role_is_looked_for() {
    let mut member = Member::new();
    let request = pb::AuthRoleGrantPermissionRequest::default();
    let refusal = member.apply_as_root(Request::RoleGrantPermission(&request));
    assert_eq!(refusal.unwrap_err(), Error::PermissionNotGiven.into());
}

#[test]
fn the_same_interval_changes_its_kind_and_others_stand_beside_it() {
    let mut member = Member::new();
    member.add_role("r").unwrap();
    member.grant("r", Type::Read, "b", "").unwrap();
    member.grant("r", Type::Read, "a", "z").unwrap();
    member.grant("r", Type::Read, "a", "y").unwrap();
    member.grant("r", Type::Readwrite, "a", "y").unwrap();
    assert_eq!(
        member.permissions("r"),
        ["a..z Read", "a..y Readwrite", "b.. Read"]
    );
    member.revoke("r", "a", "y").unwrap();
    assert_eq!(member.permissions("r"), ["a..z Read", "b.. Read"]);
}

#[test]
fn the_role_root_is_said_to_permit_everything() {
    let mut member = Member::new();
    assert_eq!(member.role("root").unwrap_err(), Error::RoleNotFound.into());
    member.add_role("root").unwrap();
    assert_eq!(member.permissions("root"), ["..\0 Readwrite"]);
}

#[test]
fn a_deleted_role_is_taken_from_all_who_held_it() {
    let mut member = Member::new();
    for user in ["alice", "bob"] {
        member.add_user(user, "x").unwrap();
    }
    for role in ["r", "q"] {
        member.add_role(role).unwrap();
        member.grant_role("alice", role).unwrap();
    }
    assert_eq!(member.roles_of("alice"), ["q", "r"]);
    member.delete_role("r").unwrap();
    assert_eq!(member.roles_of("alice"), ["q"]);
    assert_eq!(member.restarted().roles_of("alice"), ["q"]);
}

#[test]
fn a_user_sees_himself_and_his_roles_and_nobody_else() {
    let mut member = Member::with_root();
    member.add_user("alice", "x").unwrap();
    member.add_role("r").unwrap();
    member.add_role("q").unwrap();
    member.grant_role("alice", "r").unwrap();
    let revision = member.store.revision();
    let alice = Who {
        username: "alice",
        revision,
    };
    let user = |name: &str| pb::AuthUserGetRequest {
        name: name.to_owned(),
    };
    let role = |role: &str| pb::AuthRoleGetRequest {
        role: role.to_owned(),
    };
    member
        .apply(alice, Request::UserGet(&user("alice")))
        .unwrap();
    member.apply(alice, Request::RoleGet(&role("r"))).unwrap();
    let denied = AuthError::from(Error::PermissionDenied);
    let list = pb::AuthUserListRequest {};
    let asked = [
        member.apply(alice, Request::UserGet(&user("root"))),
        member.apply(alice, Request::RoleGet(&role("q"))),
        member.apply(alice, Request::UserList(&list)),
    ];
    for answer in asked {
        assert_eq!(answer.unwrap_err(), denied);
    }
    let nobody = Who {
        username: "",
        revision: 0,
    };
    let answer = member.apply(nobody, Request::UserList(&list));
    assert_eq!(answer.unwrap_err(), Error::UserEmpty.into());
    // A header may name somebody who is gone.
    let gone = Who {
        username: "gone",
        revision,
    };
    let answer = member.apply(gone, Request::UserList(&list));
    assert_eq!(answer.unwrap_err(), Error::UserNotFound.into());
}

#[test]
fn lists_are_sorted_and_the_status_needs_nobody() {
    let mut member = Member::with_root();
    member.add_user("alice", "x").unwrap();
    let list = member.apply_as_root(Request::UserList(&pb::AuthUserListRequest {}));
    let Response::UserList(list) = list.unwrap() else {
        panic!("another answer");
    };
    assert_eq!(list.users, ["alice", "root"]);
    let nobody = AuthInfo::nobody();
    let status = member.apply(nobody.who(), Request::Status(&pb::AuthStatusRequest {}));
    let Response::Status(status) = status.unwrap() else {
        panic!("another answer");
    };
    assert!(status.enabled);
    assert_eq!(status.auth_revision, member.store.revision());
}

#[test]
fn a_password_is_checked_and_a_login_gets_a_token_that_counts() {
    let mut member = Member::with_root();
    member.add_user("alice", "right").unwrap();
    let check = member.store.login("alice").unwrap();
    assert_eq!(check.verify("wrong").unwrap_err(), Error::AuthFailed.into());
    let check = member.store.login("alice").unwrap();
    assert_eq!(check.verify("right").unwrap(), member.store.revision());
    let unknown = member.store.login("nobody").unwrap_err();
    assert_eq!(unknown, Error::AuthFailed.into());

    let token = member.log_in("alice");
    let (letters, index) = token.split_once('.').unwrap();
    assert_eq!(letters.len(), 16);
    assert_eq!(index, member.index.to_string());
    assert_eq!(&*member.identify(&token).unwrap().username, "alice");
    let bearer = format!("Bearer {token}");
    assert_eq!(&*member.identify(&bearer).unwrap().username, "alice");
    let other = member.identify("QrDYGHPhCUKQGvoD.1").unwrap_err();
    assert_eq!(other, Error::InvalidAuthToken.into());
}

#[test]
fn a_token_waits_for_the_entry_that_makes_it() {
    let mut member = Member::with_root();
    let credentials = Credentials {
        token: Some("QrDYGHPhCUKQGvoD.900"),
        common_name: Some("alice"),
    };
    let now = Now {
        instant: Instant::now(),
        since_epoch: Duration::ZERO,
    };
    let found = member.store.identify(credentials, 899, now).unwrap();
    assert_eq!(found, Identified::After(900));
    let refusal = member.store.identify(credentials, 900, now).unwrap_err();
    assert_eq!(refusal, Error::InvalidAuthToken.into());
}

#[test]
fn the_name_of_a_certificate_counts_when_there_is_no_token() {
    let mut member = Member::with_root();
    let now = Now {
        instant: Instant::now(),
        since_epoch: Duration::ZERO,
    };
    let credentials = Credentials {
        token: None,
        common_name: Some("alice"),
    };
    let found = member.store.identify(credentials, 1, now).unwrap();
    let Identified::As(alice) = found else {
        panic!("waits");
    };
    assert_eq!(&*alice.username, "alice");
    assert_eq!(alice.revision, member.store.revision());
    let found = member
        .store
        .identify(Credentials::default(), 1, now)
        .unwrap();
    assert_eq!(found, Identified::As(AuthInfo::nobody()));
}

#[test]
fn tokens_end_with_a_new_password_with_the_user_and_with_auth() {
    let mut member = Member::with_root();
    member.add_user("alice", "x").unwrap();
    member.add_user("bob", "x").unwrap();
    let alice = member.log_in("alice");
    let bob = member.log_in("bob");
    let root = member.log_in("root");
    member.change_password("alice", "y").unwrap();
    assert!(member.identify(&alice).is_err());
    member.delete_user("bob").unwrap();
    assert!(member.identify(&bob).is_err());
    assert!(member.identify(&root).is_ok());
    member.disable().unwrap();
    member.enable().unwrap();
    assert!(member.identify(&root).is_err());
}

#[test]
fn a_token_ends_when_it_was_not_used_for_its_time() {
    let mut member = Member::with_root();
    let token = member.log_in("root");
    member.now += TTL;
    assert!(member.identify(&token).is_ok());
    member.now += TTL + Duration::from_millis(1);
    assert!(member.identify(&token).is_err());
}

#[test]
fn nobody_logs_in_with_a_password_whose_user_has_none() {
    let mut member = Member::with_root();
    let mut request = pb::AuthUserAddRequest {
        name: "cert".to_owned(),
        password: "ignored".to_owned(),
        options: Some(etcd_api::authpb::UserAddOptions { no_password: true }),
        ..Default::default()
    };
    crate::hash_new_user(&mut request, 4).unwrap();
    assert!(request.password.is_empty() && request.hashed_password.is_empty());
    member.apply_as_root(Request::UserAdd(&request)).unwrap();
    let refusal = member.store.login("cert").unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "auth: authentication failed, password was given for no password user"
    );
    let login = pb::InternalAuthenticateRequest {
        name: "cert".to_owned(),
        ..Default::default()
    };
    let refusal = member.apply_as_root(Request::Authenticate(&login));
    assert_eq!(refusal.unwrap_err(), Error::AuthFailed.into());
    member.change_password("cert", "x").unwrap();
    assert!(member.store.login("cert").is_err(), "it stays without one");
}

#[test]
fn nobody_logs_in_while_auth_is_disabled() {
    let mut member = Member::new();
    member.add_user("alice", "x").unwrap();
    let refusal = member.store.login("alice").unwrap_err();
    assert_eq!(refusal, Error::AuthNotEnabled.into());
    let login = pb::InternalAuthenticateRequest::default();
    let refusal = member.apply_as_root(Request::Authenticate(&login));
    assert_eq!(refusal.unwrap_err(), Error::AuthNotEnabled.into());
}

#[test]
fn a_hash_in_the_request_is_taken_when_no_password_is() {
    let mut member = Member::with_root();
    let mut request = pb::AuthUserChangePasswordRequest {
        name: "root".to_owned(),
        hashed_password: "bm90IGEgaGFzaA==".to_owned(),
        ..Default::default()
    };
    crate::hash_changed_password(&mut request, 4).unwrap();
    member
        .apply_as_root(Request::UserChangePassword(&request))
        .unwrap();
    let check = member.store.login("root").unwrap();
    assert_eq!(check.verify("x").unwrap_err(), Error::AuthFailed.into());
    request.hashed_password = "no base64".to_owned();
    let refusal = member.apply_as_root(Request::UserChangePassword(&request));
    assert_eq!(refusal.unwrap_err(), AuthError::NoPasswordUser);
    request.hashed_password = String::new();
    request.password = "plain".to_owned();
    let refusal = member.apply_as_root(Request::UserChangePassword(&request));
    assert_eq!(refusal.unwrap_err(), AuthError::PlainPassword);
}

#[test]
fn a_password_of_more_than_72_bytes_is_refused_in_gos_words() {
    let mut request = pb::AuthUserAddRequest {
        name: "alice".to_owned(),
        password: "x".repeat(73),
        ..Default::default()
    };
    let refusal = crate::hash_new_user(&mut request, 4).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "bcrypt: password length exceeds 72 bytes"
    );
}

#[test]
fn a_strength_that_bcrypt_does_not_have_means_the_default() {
    for (given, used) in [(3, 10), (4, 4), (31, 31), (32, 10)] {
        let backend = Member::new().backend;
        let config = AuthConfig {
            tokens: TokenConfig::Simple { ttl: TTL },
            bcrypt_cost: given,
        };
        let view = backend.view().unwrap();
        let store = AuthStore::load(&view, config, &mut Batch::new()).unwrap();
        assert_eq!(store.bcrypt_cost(), used);
    }
}

/// Upstream's issue: a member that took its users from a snapshot refused everybody, as it had not found out what their
/// roles permit; and one that ended between the writes of one request had only some of them.
#[test]
fn issue_14571_users_of_a_snapshot_have_their_rights_at_once() {
    let mut leader = Member::with_root();
    leader.add_user("alice", "x").unwrap();
    leader.add_role("r").unwrap();
    leader.grant_role("alice", "r").unwrap();
    leader.grant("r", Type::Readwrite, "a", "b").unwrap();

    let mut follower = Member::new();
    follower.add_user("alice", "x").unwrap();
    follower
        .store
        .recover(&leader.backend.view().unwrap())
        .unwrap();
    assert!(follower.store.is_enabled());
    assert_eq!(follower.store.revision(), leader.store.revision());
    let alice = Who {
        username: "alice",
        revision: leader.store.revision(),
    };
    follower.store.check_range(alice, b"a1", b"").unwrap();
    let denied = follower.store.check_range(alice, b"b", b"").unwrap_err();
    assert_eq!(denied, Error::PermissionDenied.into());
}

/// Every state a crash can leave is one that was between two requests: the writes of each are one batch.
#[test]
fn issue_14571_a_crash_leaves_a_state_between_two_requests() {
    let steps: [fn(&mut Member); 6] = [
        |member| member.add_user("root", "secret").unwrap(),
        |member| member.grant_role("root", "root").unwrap(),
        |member| member.enable().unwrap(),
        |member| member.add_user("alice", "x").unwrap(),
        |member| member.add_role("r").unwrap(),
        |member| member.grant_role("alice", "r").unwrap(),
    ];
    let mut member = Member::new();
    for step in steps {
        step(&mut member);
        let after = member.restarted();
        assert_eq!(after.store.is_enabled(), member.store.is_enabled());
        assert_eq!(after.store.revision(), member.store.revision());
        assert_eq!(after.names(), member.names());
    }
}

#[test]
fn what_is_stored_has_upstreams_bytes() {
    let mut member = Member::new();
    member.add_role("r").unwrap();
    member.grant("r", Type::Readwrite, "k", "").unwrap();
    let mut request = pb::AuthUserAddRequest {
        name: "u".to_owned(),
        hashed_password: "aA==".to_owned(),
        ..Default::default()
    };
    member.apply_as_root(Request::UserAdd(&request)).unwrap();
    request.name = "root".to_owned();
    member.apply_as_root(Request::UserAdd(&request)).unwrap();
    member.grant_role("root", "root").unwrap();
    member.enable().unwrap();
    let view = member.backend.view().unwrap();
    let stored = |bucket, key: &str| view.get(bucket, key.as_bytes()).unwrap().unwrap().to_vec();
    // name, password, and options that are there and empty.
    assert_eq!(
        stored(Bucket::AuthUsers, "u"),
        b"\x0a\x01u\x12\x01h\x22\x00"
    );
    assert_eq!(
        stored(Bucket::AuthUsers, "root"),
        b"\x0a\x04root\x12\x01h\x1a\x04root\x22\x00"
    );
    assert_eq!(
        stored(Bucket::AuthRoles, "r"),
        b"\x0a\x01r\x12\x05\x08\x02\x12\x01k"
    );
    assert_eq!(stored(Bucket::Auth, "authEnabled"), [1]);
    assert_eq!(stored(Bucket::Auth, "authRevision"), 6u64.to_be_bytes());
}

#[test]
fn a_damaged_user_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::open(&Options::new(folder.path())).unwrap();
    let mut batch = Batch::new();
    batch.put(Bucket::AuthUsers, "alice", &b"\xff\xff"[..]);
    backend.write(batch);
    let config = AuthConfig {
        tokens: TokenConfig::None,
        bcrypt_cost: 4,
    };
    let view = backend.view().unwrap();
    let refusal = AuthStore::load(&view, config, &mut Batch::new()).unwrap_err();
    assert_eq!(refusal.to_string(), "decode user \"alice\"");
}

#[test]
fn without_tokens_nobody_gets_one() {
    let mut member = Member::with_tokens(TokenConfig::None);
    member.add_user("root", "secret").unwrap();
    member.grant_role("root", "root").unwrap();
    member.enable().unwrap();
    let login = pb::InternalAuthenticateRequest {
        name: "root".to_owned(),
        ..Default::default()
    };
    assert_eq!(member.store.token_prefix(), "");
    let refusal = member.apply_as_root(Request::Authenticate(&login));
    assert_eq!(refusal.unwrap_err(), Error::AuthFailed.into());
    assert_eq!(
        member.identify("x").unwrap_err(),
        Error::InvalidAuthToken.into()
    );
}

#[test]
fn an_entry_about_something_else_is_none_of_ours() {
    let entry = pb::InternalRaftRequest {
        put: Some(pb::PutRequest::default()),
        ..Default::default()
    };
    assert!(Request::of(&entry).is_none());
    let entry = pb::InternalRaftRequest {
        auth_disable: Some(pb::AuthDisableRequest {}),
        ..Default::default()
    };
    assert!(matches!(Request::of(&entry), Some(Request::Disable(_))));
}

#[test]
fn a_login_of_an_entry_gets_the_index_of_the_entry() {
    let mut member = Member::with_root();
    let login = pb::InternalAuthenticateRequest {
        name: "root".to_owned(),
        simple_token: "abcdefghijklmnop".to_owned(),
        ..Default::default()
    };
    let entry = Entry {
        index: 77,
        now: member.now,
    };
    let nobody = AuthInfo::nobody();
    let answer = member.store.apply(
        entry,
        nobody.who(),
        Request::Authenticate(&login),
        &mut Batch::new(),
    );
    let Ok(Response::Authenticate(Issued::Token(token))) = answer else {
        panic!("another answer: {answer:?}");
    };
    assert_eq!(token, "abcdefghijklmnop.77");
}
