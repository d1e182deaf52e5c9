//! A member that has nothing but users, for tests.

use std::time::{Duration, Instant};

use etcd_api::{
    authpb::{self, permission::Type},
    etcdserverpb as pb,
};
use etcd_backend::{Backend, Batch, Options};

use crate::{
    AuthConfig, AuthError, AuthInfo, AuthStore, Credentials, Entry, Identified, Issued, Now,
    Request, Response, TokenConfig, Who, hash_changed_password, hash_new_user,
};

/// How long its tokens count.
pub(crate) const TTL: Duration = Duration::from_secs(300);

pub(crate) struct Member {
    pub(crate) store: AuthStore,
    pub(crate) backend: Backend,
    /// The entry that was applied last.
    pub(crate) index: u64,
    pub(crate) now: Instant,
    folder: std::sync::Arc<tempfile::TempDir>,
}

impl Member {
    pub(crate) fn new() -> Self {
        Self::with_tokens(TokenConfig::Simple { ttl: TTL })
    }

    pub(crate) fn with_tokens(tokens: TokenConfig) -> Self {
        let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
        let backend = Backend::open(&Options::new(folder.path())).unwrap();
        Self::load(backend, folder, tokens)
    }

    /// One whose auth is enabled.
    pub(crate) fn with_root() -> Self {
        let mut member = Self::new();
        member.add_user("root", "secret").unwrap();
        member.grant_role("root", "root").unwrap();
        member.enable().unwrap();
        member
    }

    /// What another process would find of what was written so far.
    pub(crate) fn restarted(&self) -> Self {
        let tokens = TokenConfig::Simple { ttl: TTL };
        Self::load(self.backend.clone(), self.folder.clone(), tokens)
    }

    fn load(
        backend: Backend,
        folder: std::sync::Arc<tempfile::TempDir>,
        tokens: TokenConfig,
    ) -> Self {
        let config = AuthConfig {
            tokens,
            bcrypt_cost: 4,
        };
        let mut batch = Batch::new();
        let store = AuthStore::load(&backend.view().unwrap(), config, &mut batch).unwrap();
        backend.write(batch);
        Self {
            store,
            backend,
            index: 10,
            now: Instant::now(),
            folder,
        }
    }

    pub(crate) fn apply(
        &mut self,
        who: Who<'_>,
        request: Request<'_>,
    ) -> Result<Response, AuthError> {
        self.index += 1;
        let entry = Entry {
            index: self.index,
            now: self.now,
        };
        let mut batch = Batch::new();
        let answer = self.store.apply(entry, who, request, &mut batch);
        assert!(answer.is_ok() || batch.is_empty());
        self.backend.write(batch);
        answer
    }

    pub(crate) fn apply_as_root(&mut self, request: Request<'_>) -> Result<Response, AuthError> {
        let root = self.store.root();
        self.apply(root.who(), request)
    }

    pub(crate) fn enable(&mut self) -> Result<(), AuthError> {
        self.apply_as_root(Request::Enable(&pb::AuthEnableRequest {}))
            .map(drop)
    }

    pub(crate) fn disable(&mut self) -> Result<(), AuthError> {
        self.apply_as_root(Request::Disable(&pb::AuthDisableRequest {}))
            .map(drop)
    }

    pub(crate) fn add_user(&mut self, name: &str, password: &str) -> Result<(), AuthError> {
        let mut request = pb::AuthUserAddRequest {
            name: name.to_owned(),
            password: password.to_owned(),
            ..Default::default()
        };
        hash_new_user(&mut request, self.store.bcrypt_cost())?;
        self.apply_as_root(Request::UserAdd(&request)).map(drop)
    }

    pub(crate) fn change_password(&mut self, name: &str, password: &str) -> Result<(), AuthError> {
        let mut request = pb::AuthUserChangePasswordRequest {
            name: name.to_owned(),
            password: password.to_owned(),
            ..Default::default()
        };
        hash_changed_password(&mut request, self.store.bcrypt_cost())?;
        self.apply_as_root(Request::UserChangePassword(&request))
            .map(drop)
    }

    pub(crate) fn delete_user(&mut self, name: &str) -> Result<(), AuthError> {
        let name = name.to_owned();
        let request = pb::AuthUserDeleteRequest { name };
        self.apply_as_root(Request::UserDelete(&request)).map(drop)
    }

    pub(crate) fn grant_role(&mut self, user: &str, role: &str) -> Result<(), AuthError> {
        let request = pb::AuthUserGrantRoleRequest {
            user: user.to_owned(),
            role: role.to_owned(),
        };
        self.apply_as_root(Request::UserGrantRole(&request))
            .map(drop)
    }

    pub(crate) fn revoke_role(&mut self, user: &str, role: &str) -> Result<(), AuthError> {
        let request = pb::AuthUserRevokeRoleRequest {
            name: user.to_owned(),
            role: role.to_owned(),
        };
        self.apply_as_root(Request::UserRevokeRole(&request))
            .map(drop)
    }

    pub(crate) fn roles_of(&mut self, user: &str) -> Vec<String> {
        let name = user.to_owned();
        let request = pb::AuthUserGetRequest { name };
        match self.apply_as_root(Request::UserGet(&request)) {
            Ok(Response::UserGet(answer)) => answer.roles,
            other => panic!("another answer: {other:?}"),
        }
    }

    pub(crate) fn add_role(&mut self, name: &str) -> Result<(), AuthError> {
        let name = name.to_owned();
        let request = pb::AuthRoleAddRequest { name };
        self.apply_as_root(Request::RoleAdd(&request)).map(drop)
    }

    pub(crate) fn delete_role(&mut self, role: &str) -> Result<(), AuthError> {
        let role = role.to_owned();
        let request = pb::AuthRoleDeleteRequest { role };
        self.apply_as_root(Request::RoleDelete(&request)).map(drop)
    }

    pub(crate) fn grant(
        &mut self,
        role: &str,
        kind: Type,
        key: &str,
        range_end: &str,
    ) -> Result<(), AuthError> {
        let request = pb::AuthRoleGrantPermissionRequest {
            name: role.to_owned(),
            perm: Some(authpb::Permission {
                perm_type: kind.into(),
                key: key.to_owned().into(),
                range_end: range_end.to_owned().into(),
            }),
        };
        self.apply_as_root(Request::RoleGrantPermission(&request))
            .map(drop)
    }

    pub(crate) fn revoke(
        &mut self,
        role: &str,
        key: &str,
        range_end: &str,
    ) -> Result<(), AuthError> {
        let request = pb::AuthRoleRevokePermissionRequest {
            role: role.to_owned(),
            key: key.to_owned().into(),
            range_end: range_end.to_owned().into(),
        };
        self.apply_as_root(Request::RoleRevokePermission(&request))
            .map(drop)
    }

    pub(crate) fn role(&mut self, role: &str) -> Result<Vec<authpb::Permission>, AuthError> {
        let role = role.to_owned();
        let request = pb::AuthRoleGetRequest { role };
        match self.apply_as_root(Request::RoleGet(&request))? {
            Response::RoleGet(answer) => Ok(answer.perm),
            other => panic!("another answer: {other:?}"),
        }
    }

    /// The permissions of a role, as `key..end kind`.
    pub(crate) fn permissions(&mut self, role: &str) -> Vec<String> {
        let permissions = self.role(role).unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let permissions = permissions.iter().map(|own| {
            let (key, end) = (text(&own.key), text(&own.range_end));
            format!("{key}..{end} {:?}", own.perm_type())
        });
        permissions.collect()
    }

    /// The names of all users, then of all roles.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = self.store.user_names().chain(self.store.role_names());
        names.map(str::to_owned).collect()
    }

    pub(crate) fn log_in(&mut self, name: &str) -> String {
        let request = pb::InternalAuthenticateRequest {
            name: name.to_owned(),
            simple_token: self.store.token_prefix(),
            ..Default::default()
        };
        let nobody = AuthInfo::nobody();
        match self.apply(nobody.who(), Request::Authenticate(&request)) {
            Ok(Response::Authenticate(Issued::Token(token))) => token,
            other => panic!("another answer: {other:?}"),
        }
    }

    pub(crate) fn identify(&mut self, token: &str) -> Result<AuthInfo, AuthError> {
        let credentials = Credentials {
            token: Some(token),
            common_name: None,
        };
        let now = Now {
            instant: self.now,
            since_epoch: Duration::ZERO,
        };
        match self.store.identify(credentials, self.index, now)? {
            Identified::As(info) => Ok(info),
            Identified::After(index) => panic!("waits for {index}"),
        }
    }
}
