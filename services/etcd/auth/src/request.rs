//! The requests about users and roles, from entry to answer.
//!
//! Source: etcd server/etcdserver/apply/uber_applier.go `dispatch`, apply/auth.go, apply/backend.go.

use std::time::Instant;

use etcd_api::{
    Error,
    authpb::{self, permission::Type},
    etcdserverpb as pb,
};
use etcd_backend::Batch;

use crate::{AuthError, AuthStore, Issued, ROOT, Who, range_perm::OPEN, record::Permission};

macro_rules! requests {
    ($($name:ident($field:ident: $request:ident) -> $response:ident,)*) => {
        /// A request about users, as an entry holds it.
        #[derive(Clone, Copy, Debug)]
        pub enum Request<'a> {
            $(#[doc = concat!("`", stringify!($request), "`.")] $name(&'a pb::$request),)*
        }

        impl<'a> Request<'a> {
            /// Takes the request of an entry; `None` when it is about something else.
            #[must_use]
            pub fn of(entry: &'a pb::InternalRaftRequest) -> Option<Self> {
                $(if let Some(request) = &entry.$field {
                    return Some(Self::$name(request));
                })*
                None
            }
        }

        /// The answer to a request. Its header is left to the server.
        #[derive(Debug)]
        pub enum Response {
            $(#[doc = concat!("To `", stringify!($request), "`.")] $name(requests!(@ $response)),)*
        }
    };
    (@ Issued) => { Issued };
    (@ $response:ident) => { pb::$response };
}

requests! {
    Authenticate(authenticate: InternalAuthenticateRequest) -> Issued,
    Enable(auth_enable: AuthEnableRequest) -> AuthEnableResponse,
    Disable(auth_disable: AuthDisableRequest) -> AuthDisableResponse,
    Status(auth_status: AuthStatusRequest) -> AuthStatusResponse,
    UserAdd(auth_user_add: AuthUserAddRequest) -> AuthUserAddResponse,
    UserDelete(auth_user_delete: AuthUserDeleteRequest) -> AuthUserDeleteResponse,
    UserChangePassword(auth_user_change_password: AuthUserChangePasswordRequest) -> AuthUserChangePasswordResponse,
    UserGrantRole(auth_user_grant_role: AuthUserGrantRoleRequest) -> AuthUserGrantRoleResponse,
    UserGet(auth_user_get: AuthUserGetRequest) -> AuthUserGetResponse,
    UserRevokeRole(auth_user_revoke_role: AuthUserRevokeRoleRequest) -> AuthUserRevokeRoleResponse,
    RoleAdd(auth_role_add: AuthRoleAddRequest) -> AuthRoleAddResponse,
    RoleGrantPermission(auth_role_grant_permission: AuthRoleGrantPermissionRequest) -> AuthRoleGrantPermissionResponse,
    RoleGet(auth_role_get: AuthRoleGetRequest) -> AuthRoleGetResponse,
    RoleRevokePermission(auth_role_revoke_permission: AuthRoleRevokePermissionRequest) -> AuthRoleRevokePermissionResponse,
    RoleDelete(auth_role_delete: AuthRoleDeleteRequest) -> AuthRoleDeleteResponse,
    UserList(auth_user_list: AuthUserListRequest) -> AuthUserListResponse,
    RoleList(auth_role_list: AuthRoleListRequest) -> AuthRoleListResponse,
}

impl Request<'_> {
    /// Says whether only root may ask this while auth is enabled, whoever is concerned.
    fn needs_root(self) -> bool {
        !matches!(
            self,
            Self::Authenticate(_) | Self::Status(_) | Self::UserGet(_) | Self::RoleGet(_)
        )
    }
}

/// Where in the log a request stands, and when it is applied.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The index of the entry.
    pub index: u64,
    /// Now, from which a new token counts its time.
    pub now: Instant,
}

impl AuthStore {
    /// Applies the request of an entry. What it changes is in memory at once, and in the batch; a refused one changes
    /// nothing. `who` is what the header of the entry says.
    ///
    /// # Errors
    /// [`AuthError`], which is the answer to the request.
    pub fn apply(
        &mut self,
        entry: Entry,
        who: Who<'_>,
        request: Request<'_>,
        batch: &mut Batch,
    ) -> Result<Response, AuthError> {
        if request.needs_root() {
            self.check_admin(who)?;
        }
        Ok(match request {
            Request::Authenticate(request) => {
                Response::Authenticate(self.authenticate(request, entry)?)
            }
            Request::Enable(_) => {
                self.enable(batch)?;
                Response::Enable(pb::AuthEnableResponse::default())
            }
            Request::Disable(_) => {
                self.disable(batch);
                Response::Disable(pb::AuthDisableResponse::default())
            }
            Request::Status(_) => Response::Status(self.status()),
            Request::UserAdd(request) => {
                self.user_add(request, batch)?;
                Response::UserAdd(pb::AuthUserAddResponse::default())
            }
            Request::UserDelete(request) => {
                self.user_delete(request, batch)?;
                Response::UserDelete(pb::AuthUserDeleteResponse::default())
            }
            Request::UserChangePassword(request) => {
                self.user_change_password(request, batch)?;
                Response::UserChangePassword(pb::AuthUserChangePasswordResponse::default())
            }
            Request::UserGrantRole(request) => {
                self.user_grant_role(request, batch)?;
                Response::UserGrantRole(pb::AuthUserGrantRoleResponse::default())
            }
            Request::UserGet(request) => Response::UserGet(self.user_get(who, request)?),
            Request::UserRevokeRole(request) => {
                self.user_revoke_role(request, batch)?;
                Response::UserRevokeRole(pb::AuthUserRevokeRoleResponse::default())
            }
            Request::RoleAdd(request) => {
                self.role_add(request, batch)?;
                Response::RoleAdd(pb::AuthRoleAddResponse::default())
            }
            Request::RoleGrantPermission(request) => {
                self.role_grant_permission(request, batch)?;
                Response::RoleGrantPermission(pb::AuthRoleGrantPermissionResponse::default())
            }
            Request::RoleGet(request) => Response::RoleGet(self.role_get(who, request)?),
            Request::RoleRevokePermission(request) => {
                self.role_revoke_permission(request, batch)?;
                Response::RoleRevokePermission(pb::AuthRoleRevokePermissionResponse::default())
            }
            Request::RoleDelete(request) => {
                self.role_delete(request, batch)?;
                Response::RoleDelete(pb::AuthRoleDeleteResponse::default())
            }
            Request::UserList(_) => Response::UserList(pb::AuthUserListResponse {
                header: None,
                users: self.user_names().map(str::to_owned).collect(),
            }),
            Request::RoleList(_) => Response::RoleList(pb::AuthRoleListResponse {
                header: None,
                roles: self.role_names().map(str::to_owned).collect(),
            }),
        })
    }

    fn status(&self) -> pb::AuthStatusResponse {
        pb::AuthStatusResponse {
            header: None,
            enabled: self.is_enabled(),
            auth_revision: self.revision(),
        }
    }

    fn user_get(
        &self,
        who: Who<'_>,
        request: &pb::AuthUserGetRequest,
    ) -> Result<pb::AuthUserGetResponse, AuthError> {
        if who.username != request.name {
            self.check_admin(who)?;
        }
        let user = self.user(&request.name).ok_or(Error::UserNotFound)?;
        Ok(pb::AuthUserGetResponse {
            header: None,
            roles: user.roles.clone(),
        })
    }

    fn role_get(
        &self,
        who: Who<'_>,
        request: &pb::AuthRoleGetRequest,
    ) -> Result<pb::AuthRoleGetResponse, AuthError> {
        let holds = |name| {
            self.user(name)
                .is_some_and(|user| user.has_role(&request.role))
        };
        if !holds(who.username) {
            self.check_admin(who)?;
        }
        let role = self.role(&request.role).ok_or(Error::RoleNotFound)?;
        let perm = if request.role == ROOT {
            vec![everything()]
        } else {
            role.permissions.iter().map(Permission::to_wire).collect()
        };
        Ok(pb::AuthRoleGetResponse { header: None, perm })
    }
}

/// What the role `root` is said to permit.
fn everything() -> authpb::Permission {
    authpb::Permission {
        perm_type: Type::Readwrite.into(),
        key: bytes::Bytes::new(),
        range_end: bytes::Bytes::from_static(OPEN),
    }
}
