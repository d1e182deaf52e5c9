//! Users and their rights.

use super::*;

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
    // A token that counts from an entry which never comes.
    let invented = request(PUT)
        .header("token", "AAAAAAAAAAAAAAAA.9999999")
        .header("grpc-timeout", "30m");
    let refused = client.call(invented, framed(&put("a", ""))).await;
    assert_eq!(refused.message, "etcdserver: invalid auth token");
    let nobody = "etcdserver: user name is empty";
    let revoke = pb::LeaseRevokeRequest { id: 7 };
    let about = pb::LeaseTimeToLiveRequest { id: 7, keys: false };
    for (name, message) in [
        ("LeaseGrant", framed(&pb::LeaseGrantRequest::default())),
        ("LeaseRevoke", framed(&revoke)),
        ("LeaseTimeToLive", framed(&about)),
        ("LeaseLeases", framed(&pb::LeaseLeasesRequest {})),
        (
            "LeaseKeepAlive",
            framed(&pb::LeaseKeepAliveRequest { id: 7 }),
        ),
    ] {
        let refused = client
            .call(request(&format!("/etcdserverpb.Lease/{name}")), message)
            .await;
        assert_eq!(refused.message, nobody, "{name}");
    }
    let health = get(member.address, "/health").await;
    assert_eq!(body(&health), r#"{"health":"true","reason":""}"#);
    member.stop().await;
}
