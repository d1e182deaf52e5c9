//! Tokens that run out.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use etcd_api::etcdserverpb::{
    AuthDisableRequest, AuthDisableResponse, AuthEnableRequest, AuthEnableResponse,
    AuthRoleAddRequest, AuthRoleAddResponse, AuthRoleDeleteRequest, AuthRoleDeleteResponse,
    AuthRoleGetRequest, AuthRoleGetResponse, AuthRoleGrantPermissionRequest,
    AuthRoleGrantPermissionResponse, AuthRoleListRequest, AuthRoleListResponse,
    AuthRoleRevokePermissionRequest, AuthRoleRevokePermissionResponse, AuthStatusRequest,
    AuthStatusResponse, AuthUserAddRequest, AuthUserAddResponse, AuthUserChangePasswordRequest,
    AuthUserChangePasswordResponse, AuthUserDeleteRequest, AuthUserDeleteResponse,
    AuthUserGetRequest, AuthUserGetResponse, AuthUserGrantRoleRequest, AuthUserGrantRoleResponse,
    AuthUserListRequest, AuthUserListResponse, AuthUserRevokeRoleRequest,
    AuthUserRevokeRoleResponse, AuthenticateRequest, AuthenticateResponse,
    auth_server::{Auth, AuthServer},
};
use etcd_client::{Call, Client, Credentials};
use tonic::{Request, Response, Status};

use crate::fake::{Fake, config, unasked};

/// Hands out numbered tokens, of which only the second is taken.
#[derive(Default)]
struct Picky {
    handed_out: AtomicUsize,
}

macro_rules! unasked {
    ($($name:ident($request:ty) -> $response:ty;)*) => {$(
        fn $name<'a, 'b>(
            &'a self,
            _: Request<$request>,
        ) -> std::pin::Pin<
            Box<dyn Future<Output = Result<Response<$response>, Status>> + Send + 'b>,
        >
        where
            'a: 'b,
            Self: 'b,
        {
            Box::pin(async { unasked() })
        }
    )*};
}

#[tonic::async_trait]
impl Auth for Picky {
    async fn authenticate(
        &self,
        request: Request<AuthenticateRequest>,
    ) -> Result<Response<AuthenticateResponse>, Status> {
        if request.get_ref().password != "right" {
            return Err(etcd_api::Error::AuthFailed.into());
        }
        let number = self.handed_out.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(Response::new(AuthenticateResponse {
            token: format!("token{number}"),
            ..AuthenticateResponse::default()
        }))
    }

    async fn role_list(
        &self,
        request: Request<AuthRoleListRequest>,
    ) -> Result<Response<AuthRoleListResponse>, Status> {
        match request
            .metadata()
            .get("token")
            .map(|token| token.as_bytes())
        {
            Some(b"token2") => Ok(Response::new(AuthRoleListResponse::default())),
            _ => Err(etcd_api::Error::InvalidAuthToken.into()),
        }
    }

    unasked! {
        auth_enable(AuthEnableRequest) -> AuthEnableResponse;
        auth_disable(AuthDisableRequest) -> AuthDisableResponse;
        auth_status(AuthStatusRequest) -> AuthStatusResponse;
        user_add(AuthUserAddRequest) -> AuthUserAddResponse;
        user_get(AuthUserGetRequest) -> AuthUserGetResponse;
        user_list(AuthUserListRequest) -> AuthUserListResponse;
        user_delete(AuthUserDeleteRequest) -> AuthUserDeleteResponse;
        user_change_password(AuthUserChangePasswordRequest) -> AuthUserChangePasswordResponse;
        user_grant_role(AuthUserGrantRoleRequest) -> AuthUserGrantRoleResponse;
        user_revoke_role(AuthUserRevokeRoleRequest) -> AuthUserRevokeRoleResponse;
        role_add(AuthRoleAddRequest) -> AuthRoleAddResponse;
        role_get(AuthRoleGetRequest) -> AuthRoleGetResponse;
        role_delete(AuthRoleDeleteRequest) -> AuthRoleDeleteResponse;
        role_grant_permission(AuthRoleGrantPermissionRequest) -> AuthRoleGrantPermissionResponse;
        role_revoke_permission(AuthRoleRevokePermissionRequest) -> AuthRoleRevokePermissionResponse;
    }
}

async fn connect(credentials: Credentials) -> (Fake, Result<Client, etcd_client::Error>) {
    let fake = Fake::serve(AuthServer::from_arc(Arc::new(Picky::default()))).await;
    let mut config = config(&[fake.address.to_string()]);
    config.credentials = credentials;
    let client = Client::connect(config).await;
    (fake, client)
}

fn password(password: &str) -> Credentials {
    Credentials::Password {
        user: "u".to_owned(),
        password: password.to_owned(),
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_fetched_again() {
    let (_fake, client) = connect(password("right")).await;
    let answer = client
        .unwrap()
        .role_list(Call::unlimited(), AuthRoleListRequest {})
        .await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn a_wrong_password_ends_the_start() {
    let (_fake, client) = connect(password("wrong")).await;
    assert!(client.unwrap_err().is(etcd_api::Error::AuthFailed));
}

#[tokio::test]
async fn a_token_from_elsewhere_is_never_renewed() {
    let (_fake, client) = connect(Credentials::Token("token1".to_owned())).await;
    let answer = client
        .unwrap()
        .role_list(Call::unlimited(), AuthRoleListRequest {})
        .await;
    assert!(answer.unwrap_err().is(etcd_api::Error::InvalidAuthToken));
}
