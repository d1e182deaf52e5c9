//! Every unary call, with whether it may be repeated.
//!
//! Source: etcd v3.7 client/v3/retry.go.

use etcd_api::etcdserverpb::{
    AlarmRequest, AlarmResponse, AuthDisableRequest, AuthDisableResponse, AuthEnableRequest,
    AuthEnableResponse, AuthRoleAddRequest, AuthRoleAddResponse, AuthRoleDeleteRequest,
    AuthRoleDeleteResponse, AuthRoleGetRequest, AuthRoleGetResponse,
    AuthRoleGrantPermissionRequest, AuthRoleGrantPermissionResponse, AuthRoleListRequest,
    AuthRoleListResponse, AuthRoleRevokePermissionRequest, AuthRoleRevokePermissionResponse,
    AuthStatusRequest, AuthStatusResponse, AuthUserAddRequest, AuthUserAddResponse,
    AuthUserChangePasswordRequest, AuthUserChangePasswordResponse, AuthUserDeleteRequest,
    AuthUserDeleteResponse, AuthUserGetRequest, AuthUserGetResponse, AuthUserGrantRoleRequest,
    AuthUserGrantRoleResponse, AuthUserListRequest, AuthUserListResponse,
    AuthUserRevokeRoleRequest, AuthUserRevokeRoleResponse, AuthenticateRequest,
    AuthenticateResponse, CompactionRequest, CompactionResponse, DefragmentRequest,
    DefragmentResponse, DeleteRangeRequest, DeleteRangeResponse, DowngradeRequest,
    DowngradeResponse, HashKvRequest, HashKvResponse, HashRequest, HashResponse, LeaseGrantRequest,
    LeaseGrantResponse, LeaseLeasesRequest, LeaseLeasesResponse, LeaseRevokeRequest,
    LeaseRevokeResponse, LeaseTimeToLiveRequest, LeaseTimeToLiveResponse, MemberAddRequest,
    MemberAddResponse, MemberListRequest, MemberListResponse, MemberPromoteRequest,
    MemberPromoteResponse, MemberRemoveRequest, MemberRemoveResponse, MemberUpdateRequest,
    MemberUpdateResponse, MoveLeaderRequest, MoveLeaderResponse, PutRequest, PutResponse,
    RangeRequest, RangeResponse, StatusRequest, StatusResponse, TxnRequest, TxnResponse,
    auth_client::AuthClient, cluster_client::ClusterClient, kv_client::KvClient,
    lease_client::LeaseClient, maintenance_client::MaintenanceClient,
};

use crate::{
    Call, Client, Error,
    client::Rpc,
    retry::Policy::{Once, Repeatable},
};

macro_rules! calls {
    ($($service:literal $client:ident {
        $($path:literal $name:ident as $method:ident($request:ty) -> $response:ty, $policy:ident;)*
    })*) => {
        impl Client {$($(
            #[doc = concat!("Calls `", $service, "/", $path, "`.")]
            ///
            /// # Errors
            /// [`Error`]: what the server answers, or that it was not reached in time.
            pub async fn $name(&self, call: Call, request: $request) -> Result<$response, Error> {
                const RPC: Rpc<'static> = Rpc {
                    path: concat!("/", $service, "/", $path),
                    policy: $policy,
                };
                let limit = self.config().response_bytes_max;
                self.unary(call, &RPC, request, |connection, request| {
                    let mut client = $client::new(connection)
                        .max_decoding_message_size(limit)
                        .max_encoding_message_size(usize::MAX);
                    Box::pin(async move { client.$method(request).await })
                })
                .await
            }
        )*)*}
    };
}

calls! {
    "etcdserverpb.KV" KvClient {
        "Range" range as range(RangeRequest) -> RangeResponse, Repeatable;
        "Put" put as put(PutRequest) -> PutResponse, Once;
        "DeleteRange" delete_range as delete_range(DeleteRangeRequest) -> DeleteRangeResponse, Once;
        "Txn" txn as txn(TxnRequest) -> TxnResponse, Once;
        "Compact" compact as compact(CompactionRequest) -> CompactionResponse, Once;
    }
    "etcdserverpb.Lease" LeaseClient {
        "LeaseGrant" lease_grant as lease_grant(LeaseGrantRequest) -> LeaseGrantResponse, Repeatable;
        "LeaseRevoke" lease_revoke as lease_revoke(LeaseRevokeRequest) -> LeaseRevokeResponse, Repeatable;
        "LeaseTimeToLive" lease_time_to_live as lease_time_to_live(LeaseTimeToLiveRequest) -> LeaseTimeToLiveResponse, Repeatable;
        "LeaseLeases" lease_leases as lease_leases(LeaseLeasesRequest) -> LeaseLeasesResponse, Repeatable;
    }
    "etcdserverpb.Cluster" ClusterClient {
        "MemberAdd" member_add as member_add(MemberAddRequest) -> MemberAddResponse, Once;
        "MemberRemove" member_remove as member_remove(MemberRemoveRequest) -> MemberRemoveResponse, Once;
        "MemberUpdate" member_update as member_update(MemberUpdateRequest) -> MemberUpdateResponse, Once;
        "MemberList" member_list as member_list(MemberListRequest) -> MemberListResponse, Repeatable;
        "MemberPromote" member_promote as member_promote(MemberPromoteRequest) -> MemberPromoteResponse, Once;
    }
    "etcdserverpb.Maintenance" MaintenanceClient {
        "Alarm" alarm as alarm(AlarmRequest) -> AlarmResponse, Repeatable;
        "Status" status as status(StatusRequest) -> StatusResponse, Repeatable;
        "Defragment" defragment as defragment(DefragmentRequest) -> DefragmentResponse, Once;
        "Hash" hash as hash(HashRequest) -> HashResponse, Repeatable;
        "HashKV" hash_kv as hash_kv(HashKvRequest) -> HashKvResponse, Repeatable;
        "MoveLeader" move_leader as move_leader(MoveLeaderRequest) -> MoveLeaderResponse, Repeatable;
        "Downgrade" downgrade as downgrade(DowngradeRequest) -> DowngradeResponse, Once;
    }
    "etcdserverpb.Auth" AuthClient {
        "AuthEnable" auth_enable as auth_enable(AuthEnableRequest) -> AuthEnableResponse, Once;
        "AuthDisable" auth_disable as auth_disable(AuthDisableRequest) -> AuthDisableResponse, Once;
        "AuthStatus" auth_status as auth_status(AuthStatusRequest) -> AuthStatusResponse, Once;
        "Authenticate" authenticate as authenticate(AuthenticateRequest) -> AuthenticateResponse, Once;
        "UserAdd" user_add as user_add(AuthUserAddRequest) -> AuthUserAddResponse, Once;
        "UserGet" user_get as user_get(AuthUserGetRequest) -> AuthUserGetResponse, Repeatable;
        "UserList" user_list as user_list(AuthUserListRequest) -> AuthUserListResponse, Repeatable;
        "UserDelete" user_delete as user_delete(AuthUserDeleteRequest) -> AuthUserDeleteResponse, Once;
        "UserChangePassword" user_change_password as user_change_password(AuthUserChangePasswordRequest) -> AuthUserChangePasswordResponse, Once;
        "UserGrantRole" user_grant_role as user_grant_role(AuthUserGrantRoleRequest) -> AuthUserGrantRoleResponse, Once;
        "UserRevokeRole" user_revoke_role as user_revoke_role(AuthUserRevokeRoleRequest) -> AuthUserRevokeRoleResponse, Once;
        "RoleAdd" role_add as role_add(AuthRoleAddRequest) -> AuthRoleAddResponse, Once;
        "RoleGet" role_get as role_get(AuthRoleGetRequest) -> AuthRoleGetResponse, Repeatable;
        "RoleList" role_list as role_list(AuthRoleListRequest) -> AuthRoleListResponse, Repeatable;
        "RoleDelete" role_delete as role_delete(AuthRoleDeleteRequest) -> AuthRoleDeleteResponse, Once;
        "RoleGrantPermission" role_grant_permission as role_grant_permission(AuthRoleGrantPermissionRequest) -> AuthRoleGrantPermissionResponse, Once;
        "RoleRevokePermission" role_revoke_permission as role_revoke_permission(AuthRoleRevokePermissionRequest) -> AuthRoleRevokePermissionResponse, Once;
    }
}
