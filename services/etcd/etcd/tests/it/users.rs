//! Users: the walk-through of the guide, with tokens of both kinds.

use std::{path::Path, time::Duration};

use crypto::sign::{KeyKind, PrivateKey};
use etcd_api::{
    authpb::{Permission, permission::Type},
    etcdserverpb::{
        AuthEnableRequest, AuthRoleAddRequest, AuthRoleGrantPermissionRequest, AuthUserAddRequest,
        AuthUserGrantRoleRequest,
    },
};
use etcd_client::{Call, Client, Credentials};

use crate::program::{Member, connect, file, get, put};

fn soon() -> Call {
    Call::within(Duration::from_secs(20))
}

async fn user(client: &Client, name: &str, password: &str, role: &str) {
    let added = AuthUserAddRequest {
        name: name.to_owned(),
        password: password.to_owned(),
        ..AuthUserAddRequest::default()
    };
    client.user_add(soon(), added).await.unwrap();
    client
        .role_add(
            soon(),
            AuthRoleAddRequest {
                name: role.to_owned(),
            },
        )
        .await
        .unwrap();
    let granted = AuthUserGrantRoleRequest {
        user: name.to_owned(),
        role: role.to_owned(),
    };
    client.user_grant_role(soon(), granted).await.unwrap();
}

/// Goes the way of the guide on a member with these flags.
async fn walk_through(folder: &Path, flags: &[&str]) {
    drop(crypto::install(&crypto::Settings::default())); // once per process: later calls may refuse
    let member = Member::start(folder, flags);
    let anybody = member.client().await;
    user(&anybody, "root", "a long password", "root").await;
    user(&anybody, "alice", "another password", "readers").await;
    let permission = AuthRoleGrantPermissionRequest {
        name: "readers".to_owned(),
        perm: Some(Permission {
            perm_type: Type::Read.into(),
            key: "a".into(),
            range_end: "b".into(),
        }),
    };
    anybody
        .role_grant_permission(soon(), permission)
        .await
        .unwrap();
    anybody
        .auth_enable(soon(), AuthEnableRequest::default())
        .await
        .unwrap();
    assert_eq!(
        put(&anybody, "a", "1").await.unwrap_err(),
        "etcdserver: user name is empty"
    );

    let endpoint = format!("http://{}", member.address);
    let as_user = |user: &str, password: &str| {
        let (user, password) = (user.to_owned(), password.to_owned());
        let endpoint = endpoint.clone();
        async move { connect(&endpoint, Credentials::Password { user, password }, None).await }
    };
    let refused = as_user("root", "wrong").await.unwrap_err();
    assert_eq!(
        refused,
        "etcdserver: authentication failed, invalid user ID or password"
    );
    let root = as_user("root", "a long password").await.unwrap();
    put(&root, "a", "1").await.unwrap();
    let alice = as_user("alice", "another password").await.unwrap();
    assert_eq!(get(&alice, "a").await.unwrap().as_deref(), Some("1"));
    assert_eq!(
        get(&alice, "c").await.unwrap_err(),
        "etcdserver: permission denied"
    );
    assert_eq!(
        put(&alice, "a", "2").await.unwrap_err(),
        "etcdserver: permission denied"
    );
    member.crash();

    let member = Member::start(folder, flags);
    let anybody = member.client().await;
    assert_eq!(
        get(&anybody, "a").await.unwrap_err(),
        "etcdserver: user name is empty"
    );
    let credentials = Credentials::Password {
        user: "alice".to_owned(),
        password: "another password".to_owned(),
    };
    let alice = connect(&format!("http://{}", member.address), credentials, None)
        .await
        .unwrap();
    assert_eq!(get(&alice, "a").await.unwrap().as_deref(), Some("1"));
}

#[tokio::test]
async fn users_log_in_with_simple_tokens() {
    let folder = tempfile::tempdir().unwrap();
    walk_through(folder.path(), &[]).await;
}

#[tokio::test]
async fn users_log_in_with_signed_tokens() {
    drop(crypto::install(&crypto::Settings::default())); // once per process: later calls may refuse
    let folder = tempfile::tempdir().unwrap();
    let key = PrivateKey::generate(KeyKind::P256).unwrap();
    let private = file(folder.path(), "jwt.key", &*key.to_pkcs8_pem());
    let tokens = format!("--auth-token=jwt,priv-key={private},sign-method=ES256,ttl=10m");
    walk_through(folder.path(), &[&tokens]).await;
}
