//! Changes of users.
//!
//! Source: etcd server/auth/store.go, `User*`.

use std::sync::OnceLock;

use bytes::Bytes;
use etcd_api::{
    Error,
    etcdserverpb::{
        AuthUserAddRequest, AuthUserChangePasswordRequest, AuthUserDeleteRequest,
        AuthUserGrantRoleRequest, AuthUserRevokeRoleRequest,
    },
};
use etcd_backend::{Batch, Bucket};
use tracing::{info, warn};

use super::{AuthStore, ROOT};
use crate::{AuthError, password, record::User};

impl AuthStore {
    pub(crate) fn user_add(
        &mut self,
        request: &AuthUserAddRequest,
        batch: &mut Batch,
    ) -> Result<(), AuthError> {
        let name = &request.name;
        if name.is_empty() {
            return Err(Error::UserEmpty.into());
        }
        if self.users.contains_key(name) {
            return Err(Error::UserAlreadyExist.into());
        }
        let no_password = request
            .options
            .as_ref()
            .is_some_and(|options| options.no_password);
        let password = if no_password {
            Bytes::new()
        } else {
            password::of_entry(&request.password, &request.hashed_password)?
        };
        let user = User {
            password,
            no_password: Some(no_password),
            ..User::default()
        };
        batch.put(Bucket::AuthUsers, name.clone(), user.encode(name));
        self.users.insert(name.clone(), user);
        self.commit_revision(batch);
        info!("user-name" = name, "added a user"); // upstream's text
        Ok(())
    }

    pub(crate) fn user_delete(
        &mut self,
        request: &AuthUserDeleteRequest,
        batch: &mut Batch,
    ) -> Result<(), AuthError> {
        let name = &request.name;
        if self.enabled && name == ROOT {
            return Err(Error::InvalidAuthMgmt.into());
        }
        self.users.remove(name).ok_or(Error::UserNotFound)?;
        batch.delete(Bucket::AuthUsers, name.clone());
        self.commit_revision(batch);
        self.tokens.forget_user(name);
        info!("user-name" = name, "deleted a user"); // upstream's text
        Ok(())
    }

    pub(crate) fn user_change_password(
        &mut self,
        request: &AuthUserChangePasswordRequest,
        batch: &mut Batch,
    ) -> Result<(), AuthError> {
        let name = &request.name;
        let user = self.users.get_mut(name).ok_or(Error::UserNotFound)?;
        user.password = if user.has_password() {
            password::of_entry(&request.password, &request.hashed_password)?
        } else {
            Bytes::new()
        };
        batch.put(Bucket::AuthUsers, name.clone(), user.encode(name));
        self.commit_revision(batch);
        self.tokens.forget_user(name);
        info!("user-name" = name, "changed a password of a user"); // upstream's text
        Ok(())
    }

    pub(crate) fn user_grant_role(
        &mut self,
        request: &AuthUserGrantRoleRequest,
        batch: &mut Batch,
    ) -> Result<(), AuthError> {
        let (name, role) = (&request.user, &request.role);
        let user = self.users.get_mut(name).ok_or(Error::UserNotFound)?;
        if role != ROOT && !self.roles.contains_key(role) {
            return Err(Error::RoleNotFound.into());
        }
        let Err(at) = user.roles.binary_search(role) else {
            // Nothing changes, so the revision stays.
            warn!(
                "user-name" = name,
                "duplicate-role-name" = role,
                "ignored grant role request to a user" // upstream's text
            );
            return Ok(());
        };
        user.roles.insert(at, role.clone());
        self.put_changed_roles(name, batch);
        self.commit_revision(batch);
        info!(
            "user-name" = name,
            "added-role-name" = role,
            "granted a role to a user" // upstream's text
        );
        Ok(())
    }

    pub(crate) fn user_revoke_role(
        &mut self,
        request: &AuthUserRevokeRoleRequest,
        batch: &mut Batch,
    ) -> Result<(), AuthError> {
        let (name, role) = (&request.name, &request.role);
        if self.enabled && name == ROOT && role == ROOT {
            return Err(Error::InvalidAuthMgmt.into());
        }
        let user = self.users.get_mut(name).ok_or(Error::UserNotFound)?;
        if !user.has_role(role) {
            return Err(Error::RoleNotGranted.into());
        }
        user.roles.retain(|own| own != role);
        self.put_changed_roles(name, batch);
        self.commit_revision(batch);
        info!(
            "user-name" = name,
            "revoked-role-name" = role,
            "revoked a role from a user" // upstream's text
        );
        Ok(())
    }

    /// Stores a user whose roles have changed. What they permitted no longer counts.
    pub(super) fn put_changed_roles(&mut self, name: &str, batch: &mut Batch) {
        let user = self.users.get_mut(name).expect("the caller has changed it");
        user.merged = OnceLock::new();
        batch.put(Bucket::AuthUsers, name.to_owned(), user.encode(name));
    }
}
