//! The store as the backend has it: at the start of a member, and after a snapshot of another one.

use std::collections::BTreeMap;

use etcd_backend::{Batch, Bucket, View};
use tracing::warn;

use super::{AuthConfig, AuthStore, BCRYPT_COST_DEFAULT, ENABLED, ENABLED_KEY, REVISION_KEY};
use crate::{
    LoadError,
    record::{Role, User},
    token::Tokens,
};

impl AuthStore {
    /// Reads what is stored. A store without a revision gets its first one through the batch.
    ///
    /// # Errors
    /// [`LoadError`] when what is stored cannot be understood.
    ///
    /// Source: etcd server/auth/store.go `NewAuthStore`.
    pub fn load(view: &View, config: AuthConfig, batch: &mut Batch) -> Result<Self, LoadError> {
        let mut store = Self {
            enabled: false,
            revision: 0,
            users: BTreeMap::new(),
            roles: BTreeMap::new(),
            tokens: Tokens::new(config.tokens),
            bcrypt_cost: bcrypt_cost(config.bcrypt_cost),
        };
        store.read(view)?;
        if store.revision == 0 {
            store.commit_revision(batch);
        }
        Ok(store)
    }

    /// Replaces everything by what another store holds: users, roles, their rights, the revision, and whether auth is
    /// enabled. Whoever is logged in stays so, if auth is.
    ///
    /// # Errors
    /// As [`AuthStore::load`]; the store is then unchanged.
    ///
    /// Source: etcd server/auth/store.go `Recover`.
    pub fn recover(&mut self, view: &View) -> Result<(), LoadError> {
        self.read(view)?;
        if !self.enabled {
            self.tokens.clear();
        }
        Ok(())
    }

    fn read(&mut self, view: &View) -> Result<(), LoadError> {
        let mut users = BTreeMap::new();
        for entry in view.iter(Bucket::AuthUsers)? {
            let (name, value) = entry?;
            let name = text(&name)?;
            let user = User::decode(&value).map_err(|source| LoadError::User {
                name: name.clone(),
                source,
            })?;
            users.insert(name, user);
        }
        let mut roles = BTreeMap::new();
        for entry in view.iter(Bucket::AuthRoles)? {
            let (name, value) = entry?;
            let name = text(&name)?;
            let role = Role::decode(&value).map_err(|source| LoadError::Role {
                name: name.clone(),
                source,
            })?;
            roles.insert(name, role);
        }
        let revision = match view.get(Bucket::Auth, REVISION_KEY)? {
            Some(value) => u64::from_be_bytes(
                (*value)
                    .try_into()
                    .map_err(|_| LoadError::Revision(value.len()))?,
            ),
            None => 0,
        };
        let enabled = view.get(Bucket::Auth, ENABLED_KEY)?;
        self.enabled = enabled.is_some_and(|value| *value == *ENABLED);
        self.revision = revision;
        self.users = users;
        self.roles = roles;
        Ok(())
    }
}

fn text(name: &[u8]) -> Result<String, LoadError> {
    String::from_utf8(name.to_vec()).map_err(|_| LoadError::Name(name.to_vec()))
}

fn bcrypt_cost(given: u32) -> u32 {
    if (BCRYPT_COST_MIN..=BCRYPT_COST_MAX).contains(&given) {
        return given;
    }
    warn!(
        "min-cost" = BCRYPT_COST_MIN,
        "max-cost" = BCRYPT_COST_MAX,
        "default-cost" = BCRYPT_COST_DEFAULT,
        "given-cost" = given,
        "use default bcrypt cost instead of the invalid given cost" // upstream's text
    );
    BCRYPT_COST_DEFAULT
}

const BCRYPT_COST_MIN: u32 = 4;
const BCRYPT_COST_MAX: u32 = 31;
