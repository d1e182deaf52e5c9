//! Users and roles: as they live in memory, and as they are stored.
//!
//! Source: etcd server/storage/schema/auth.go, auth_users.go, auth_roles.go.

use std::sync::OnceLock;

use bytes::Bytes;
use etcd_api::authpb;
use prost::Message as _;

use crate::range_perm::RangePermissions;

/// A user.
#[derive(Debug, Default)]
pub(crate) struct User {
    /// The bcrypt hash; empty for none.
    pub(crate) password: Bytes,
    /// Sorted.
    pub(crate) roles: Vec<String>,
    /// Whether the user logs in with a certificate only; `None` for a user written before etcd 3.4, who has a password.
    pub(crate) no_password: Option<bool>,
    /// What the roles permit, made at the first check and dropped when a role changes.
    pub(crate) merged: OnceLock<RangePermissions>,
}

/// A role.
#[derive(Debug, Default)]
pub(crate) struct Role {
    /// Sorted by key.
    pub(crate) permissions: Vec<Permission>,
}

/// A right on an interval of keys.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Permission {
    /// [`authpb::permission::Type`], or a number no version knows yet, which is kept.
    pub(crate) kind: i32,
    pub(crate) key: Box<[u8]>,
    pub(crate) range_end: Box<[u8]>,
}

impl User {
    pub(crate) fn has_password(&self) -> bool {
        self.no_password != Some(true)
    }

    pub(crate) fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }

    pub(crate) fn encode(&self, name: &str) -> Bytes {
        let options = self
            .no_password
            .map(|no_password| authpb::UserAddOptions { no_password });
        let user = authpb::User {
            name: Bytes::copy_from_slice(name.as_bytes()),
            password: self.password.clone(),
            roles: self.roles.clone(),
            options,
        };
        user.encode_to_vec().into()
    }

    pub(crate) fn decode(value: &[u8]) -> Result<Self, prost::DecodeError> {
        let stored = authpb::User::decode(value)?;
        Ok(Self {
            password: Bytes::copy_from_slice(&stored.password),
            roles: stored.roles,
            no_password: stored.options.map(|options| options.no_password),
            merged: OnceLock::new(),
        })
    }
}

impl Role {
    pub(crate) fn encode(&self, name: &str) -> Bytes {
        let role = authpb::Role {
            name: Bytes::copy_from_slice(name.as_bytes()),
            key_permission: self.permissions.iter().map(Permission::to_wire).collect(),
        };
        role.encode_to_vec().into()
    }

    pub(crate) fn decode(value: &[u8]) -> Result<Self, prost::DecodeError> {
        let stored = authpb::Role::decode(value)?;
        let permissions = stored.key_permission.iter().map(Permission::of);
        Ok(Self {
            permissions: permissions.collect(),
        })
    }
}

impl Permission {
    /// Copies a permission out of the request that brought it.
    pub(crate) fn of(wire: &authpb::Permission) -> Self {
        Self {
            kind: wire.perm_type,
            key: wire.key.as_ref().into(),
            range_end: wire.range_end.as_ref().into(),
        }
    }

    pub(crate) fn to_wire(&self) -> authpb::Permission {
        authpb::Permission {
            perm_type: self.kind,
            key: Bytes::copy_from_slice(&self.key),
            range_end: Bytes::copy_from_slice(&self.range_end),
        }
    }
}
