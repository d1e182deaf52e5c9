//! Changes of roles.
//!
//! Source: etcd server/auth/store.go, `Role*`.

use std::sync::OnceLock;

use etcd_api::{
    Error,
    etcdserverpb::{
        AuthRoleAddRequest, AuthRoleDeleteRequest, AuthRoleGrantPermissionRequest,
        AuthRoleRevokePermissionRequest,
    },
};
use etcd_backend::{Batch, Bucket};
use tracing::info;

use super::{AuthStore, ROOT};
use crate::{
    AuthError,
    range_perm::is_valid_permission_range,
    record::{Permission, Role},
};

impl AuthStore {
    pub(crate) fn role_add(
        &mut self,
        request: &AuthRoleAddRequest,
        batch: &mut Batch,
    ) -> Result<(), AuthError> {
        let name = &request.name;
        if name.is_empty() {
            return Err(Error::RoleEmpty.into());
        }
        if self.roles.contains_key(name) {
            return Err(Error::RoleAlreadyExist.into());
        }
        self.roles.insert(name.clone(), Role::default());
        self.put_changed_permissions(name, batch);
        info!("role-name" = name, "created a role"); // upstream's text
        Ok(())
    }

    pub(crate) fn role_delete(
        &mut self,
        request: &AuthRoleDeleteRequest,
        batch: &mut Batch,
    ) -> Result<(), AuthError> {
        let name = &request.role;
        if self.enabled && name == ROOT {
            return Err(Error::InvalidAuthMgmt.into());
        }
        self.roles.remove(name).ok_or(Error::RoleNotFound)?;
        batch.delete(Bucket::AuthRoles, name.clone());
        let holders = self
            .users
            .iter_mut()
            .filter(|(_, user)| user.has_role(name));
        let holders: Vec<String> = holders
            .map(|(user_name, user)| {
                user.roles.retain(|own| own != name);
                user_name.clone()
            })
            .collect();
        for holder in &holders {
            self.put_changed_roles(holder, batch);
        }
        self.commit_revision(batch);
        info!("role-name" = name, "deleted a role"); // upstream's text
        Ok(())
    }

    /// Grants a permission, or changes the kind of the one on the same interval. (Upstream looks at the first of those
    /// with the same key only, and stores a second one beside it when the end of that one differs.)
    pub(crate) fn role_grant_permission(
        &mut self,
        request: &AuthRoleGrantPermissionRequest,
        batch: &mut Batch,
    ) -> Result<(), AuthError> {
        let granted = request.perm.as_ref().ok_or(Error::PermissionNotGiven)?;
        if !is_valid_permission_range(&granted.key, &granted.range_end) {
            return Err(Error::InvalidAuthMgmt.into());
        }
        let role = self.roles.get_mut(&request.name);
        let permissions = &mut role.ok_or(Error::RoleNotFound)?.permissions;
        let granted = Permission::of(granted);
        let same = permissions
            .iter_mut()
            .find(|own| own.key == granted.key && own.range_end == granted.range_end);
        if let Some(own) = same {
            own.kind = granted.kind;
        } else {
            let at = permissions.partition_point(|own| own.key <= granted.key);
            permissions.insert(at, granted);
        }
        self.put_changed_permissions(&request.name, batch);
        info!(
            "role-name" = request.name,
            "granted/updated a permission to a user" // upstream's text
        );
        Ok(())
    }

    pub(crate) fn role_revoke_permission(
        &mut self,
        request: &AuthRoleRevokePermissionRequest,
        batch: &mut Batch,
    ) -> Result<(), AuthError> {
        let role = self.roles.get_mut(&request.role);
        let permissions = &mut role.ok_or(Error::RoleNotFound)?.permissions;
        let before = permissions.len();
        permissions.retain(|own| *own.key != *request.key || *own.range_end != *request.range_end);
        if permissions.len() == before {
            return Err(Error::PermissionNotGranted.into());
        }
        self.put_changed_permissions(&request.role, batch);
        info!(
            "role-name" = request.role,
            "revoked a permission on range" // upstream's text
        );
        Ok(())
    }

    /// Stores a role that has changed. What its holders may do is found out anew.
    fn put_changed_permissions(&mut self, name: &str, batch: &mut Batch) {
        let role = self.roles.get(name).expect("the caller has changed it");
        batch.put(Bucket::AuthRoles, name.to_owned(), role.encode(name));
        for user in self.users.values_mut() {
            if user.has_role(name) {
                user.merged = OnceLock::new();
            }
        }
        self.commit_revision(batch);
    }
}
