//! The store of users and roles: what is in memory, and how it comes from and goes to the backend.
//!
//! `users` and `roles` change it, `access` asks it, `request` leads to both.
//!
//! Source: etcd server/auth/store.go; server/storage/schema/auth.go.

mod load;
mod roles;
mod users;

use std::collections::BTreeMap;

use bytes::Bytes;
use etcd_api::Error;
use etcd_backend::{Batch, Bucket};
use tracing::info;

use crate::{
    AuthError, AuthInfo, PasswordCheck, TokenConfig,
    record::{Role, User},
    token::Tokens,
};

/// How users log in.
#[derive(Debug)]
pub struct AuthConfig {
    /// The kind of tokens (`--auth-token`, `--auth-token-ttl`).
    pub tokens: TokenConfig,
    /// The strength of new hashes, 4 to 31 (`--bcrypt-cost`); any other number means [`BCRYPT_COST_DEFAULT`].
    pub bcrypt_cost: u32,
}

/// Users, roles, the auth revision, and who is logged in.
#[derive(Debug)]
pub struct AuthStore {
    enabled: bool,
    revision: u64,
    users: BTreeMap<String, User>,
    roles: BTreeMap<String, Role>,
    pub(crate) tokens: Tokens,
    bcrypt_cost: u32,
}

impl AuthStore {
    /// Says whether requests need a user.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Returns the number of changes so far, the first being 1.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Returns the strength of new hashes.
    #[must_use]
    pub fn bcrypt_cost(&self) -> u32 {
        self.bcrypt_cost
    }

    /// Returns who acts when the member itself does, as for leases that expire; nobody while auth is disabled.
    #[must_use]
    pub fn root(&self) -> AuthInfo {
        if !self.enabled {
            return AuthInfo::nobody();
        }
        AuthInfo {
            username: ROOT.into(),
            revision: self.revision,
        }
    }

    /// Begins to log a user in. The password is then compared on another thread.
    ///
    /// # Errors
    /// [`Error::AuthNotEnabled`]; [`Error::AuthFailed`] for a user who does not exist; [`AuthError::NoPasswordUser`].
    ///
    /// Source: etcd server/auth/store.go `CheckPassword`.
    pub fn login(&self, username: &str) -> Result<PasswordCheck, AuthError> {
        if !self.enabled {
            return Err(Error::AuthNotEnabled.into());
        }
        let user = self.users.get(username).ok_or(Error::AuthFailed)?;
        if !user.has_password() {
            return Err(AuthError::NoPasswordUser);
        }
        Ok(PasswordCheck {
            username: username.to_owned(),
            hash: user.password.clone(),
            revision: self.revision,
        })
    }

    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.users.get(name)
    }

    pub(crate) fn user_names(&self) -> impl Iterator<Item = &str> {
        self.users.keys().map(String::as_str)
    }

    pub(crate) fn role(&self, name: &str) -> Option<&Role> {
        self.roles.get(name)
    }

    pub(crate) fn role_names(&self) -> impl Iterator<Item = &str> {
        self.roles.keys().map(String::as_str)
    }

    pub(crate) fn enable(&mut self, batch: &mut Batch) -> Result<(), AuthError> {
        if self.enabled {
            info!("authentication is already enabled; ignored auth enable request"); // upstream's text
            return Ok(());
        }
        let root = self.users.get(ROOT).ok_or(Error::RootUserNotExist)?;
        if !root.has_role(ROOT) {
            return Err(Error::RootRoleNotExist.into());
        }
        batch.put(Bucket::Auth, ENABLED_KEY, ENABLED);
        self.enabled = true;
        info!("enabled authentication"); // upstream's text
        Ok(())
    }

    pub(crate) fn disable(&mut self, batch: &mut Batch) {
        if !self.enabled {
            return;
        }
        batch.put(Bucket::Auth, ENABLED_KEY, DISABLED);
        self.commit_revision(batch);
        self.enabled = false;
        self.tokens.clear();
        info!("disabled authentication"); // upstream's text
    }

    fn commit_revision(&mut self, batch: &mut Batch) {
        self.revision += 1;
        batch.put(
            Bucket::Auth,
            REVISION_KEY,
            Bytes::copy_from_slice(&self.revision.to_be_bytes()),
        );
    }
}

/// The user, and the role, that may do everything.
pub const ROOT: &str = "root";

/// The strength of new hashes when nobody chose one.
pub const BCRYPT_COST_DEFAULT: u32 = 10;

const ENABLED_KEY: &[u8] = b"authEnabled";
const REVISION_KEY: &[u8] = b"authRevision";
const ENABLED: &[u8] = &[1];
const DISABLED: &[u8] = &[0];

#[cfg(test)]
mod tests;
